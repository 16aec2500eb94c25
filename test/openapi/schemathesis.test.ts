import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyOf, type Json, makeCatalogue, startServer, temporaryFolder } from "../support/server.ts";
import { findProgram } from "../support/tools.ts";

/**
 * Schemathesis makes requests of the description, good ones and bad, and holds the answers against it, with all of
 * its checks. What it may find is listed, each with its reason; anything else fails the test.
 */

const schemathesis = findProgram("schemathesis", "SCHEMATHESIS");
const reason =
  schemathesis === undefined ? " (skipped: no schemathesis on the PATH, none named by SCHEMATHESIS)" : "";

/** Requests for each operation and way of making them. SCHEMATHESIS_EXAMPLES=100 looks closer. */
const EXAMPLES = process.env.SCHEMATHESIS_EXAMPLES ?? "4";
const SEED = process.env.SCHEMATHESIS_SEED ?? "1";

/** Milliseconds for all of it: what was found by then is judged. */
const BUDGET_MS = 120_000;

/** They empty what the other requests are tried on. */
const UNTRIED = "^/admin/(bulk|backups|sql|queries|explain|advice|tables|indexes)";

interface Finding {
  readonly operation: string;
  readonly check: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly detail: string;
}

/** Refusals of requests that fit the description: the state decides, and no schema can say it. */
const LISTED: readonly { readonly code: string; readonly because: string; readonly detail?: RegExp }[] = [
  { code: "precondition_failed", because: "an If-Match that was made up is no ETag of the entity's" },
  { code: "cursor_invalid", because: "a cursor is opaque: one that was made up is none" },
  { code: "reference_unknown", because: "an id that was made up is of nothing" },
  { code: "password_refused", because: "a password that was made up is too weak" },
  { code: "link_invalid", because: "a link's token that was made up is of no link" },
  { code: "idempotency_mismatch", because: "the same key was tried with two requests" },
  {
    code: "invalid",
    detail:
      /letter|at least two characters|a minute in the future|it has no direction|control characters|at most two decimals|a scope twice/,
    because:
      "a word without letters, a time in the future, a vector of almost zeros, a control character, a third decimal, a scope given twice",
  },
];

/** A malformed If-Match is refused, too, but as one that does not match. */
const isMismatch = ({ check, code }: Finding): boolean =>
  check === "negative_data_rejection" && code === "precondition_failed";

/** The server is open, as on a loopback: credentials make no difference. Test files of accounts try the other one. */
const isOpen = ({ check }: Finding): boolean => check === "ignored_auth";

/** Says nothing of whether there is such an account, whatever it is asked. */
const isDiscreet = ({ operation, status }: Finding): boolean =>
  operation === "POST /v1/password-resets" && status === 202;

const isRefusal = ({ check, code, detail }: Finding): boolean =>
  check === "positive_data_acceptance" &&
  LISTED.some((listed) => listed.code === code && (listed.detail?.test(detail) ?? true));

const EXPECTED = [isRefusal, isMismatch, isOpen, isDiscreet];

/** The failed checks of a run, from its report of events. */
function findingsIn(file: string): { findings: Finding[]; requests: number } {
  const scenarios = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .flatMap((line) => (JSON.parse(line) as Json).ScenarioFinished ?? [])
    .flatMap(({ recorder }: Json) => (recorder?.checks === undefined ? [] : [recorder]));
  const findings = scenarios.flatMap(failuresOf);
  const requests = scenarios.reduce((sum, { interactions }) => sum + Object.keys(interactions).length, 0);
  return { findings, requests };
}

const failuresOf = ({ label, checks, interactions }: Json): Finding[] =>
  Object.entries(checks as Record<string, Json[]>).flatMap(([id, results]) =>
    results
      .filter(({ status }) => status === "failure")
      .map(({ name }) => ({ operation: label, check: name, ...answerOf(interactions[id]?.response) })),
  );

function answerOf(response: Json): Pick<Finding, "status" | "code" | "detail"> {
  const text = Buffer.from(response?.content?.$base64 ?? "", "base64").toString();
  const problem = text.startsWith("{") ? JSON.parse(text) : {};
  const detail = (problem.errors ?? []).map((error: Json) => Object.values(error).join(" ")).join("; ");
  return { status: response?.status_code ?? 0, code: problem.code, detail: detail || text.slice(0, 300) };
}

test.skipIf(schemathesis === undefined)(
  `schemathesis finds only the listed exceptions${reason}`,
  async () => {
    await using server = await startServer({}, { database: copyOf(await makeCatalogue()) });
    const folder = temporaryFolder();
    const report = join(folder, "events.ndjson");
    const how = ["--checks", "all", "--continue-on-failure", "--max-examples", EXAMPLES, "--seed", SEED];
    const limits = ["--exclude-path-regex", UNTRIED, "--suppress-health-check", "all", "--no-shrink"];
    const { stdout: said } = spawnSync(
      schemathesis!,
      ["run", `${server.url}/openapi.json`, ...how, ...limits, "--report-ndjson-path", report],
      { cwd: folder, encoding: "utf8", timeout: BUDGET_MS, killSignal: "SIGINT" },
    );
    const { findings, requests } = findingsIn(report);
    expect(requests, said.slice(-2_000)).toBeGreaterThan(100);
    expect(findings.filter((finding) => !EXPECTED.some((is) => is(finding)))).toEqual([]);
    expect(server.stderr()).not.toContain('"code":"internal"');
    expect(said).not.toMatch(/\d+ errored|Network Error/);
  },
  2 * BUDGET_MS,
);
