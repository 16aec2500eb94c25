import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseOptions } from "../bench/options.ts";
import { estimate, trialsOf } from "../bench/plan.ts";
import { changesBetween } from "../bench/report/compare.ts";
import type { Figures, Row } from "../bench/report/figures.ts";
import { SCENARIOS, type ScenarioName, scenarioOf } from "../bench/scenarios/index.ts";
import { specOf } from "../bench/servers/specs.ts";

const run = promisify(execFile);
const BENCH = join(import.meta.dirname, "..", "bench", "run.ts");
const directory = mkdtempSync(join(tmpdir(), "chinook-bench-test-"));
const json = join(directory, "figures.json");
const html = join(directory, "report.html");

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ROW_NUMBERS = ["connections", "requests_per_second", "p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms"];

const { BENCH_POSTGRES_URL: _, ...withoutPostgres } = process.env;

/** Every number in it, with the path that leads to it. */
function* numbersIn(value: unknown, path = ""): Generator<readonly [string, number]> {
  if (typeof value === "number") yield [path, value];
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) yield* numbersIn(part, `${path}/${key}`);
}

describe("a minimal bench run", () => {
  let stdout = "";
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what is tested
  let figures: any;

  beforeAll(async () => {
    const args = [BENCH, "--smoke", "--json", json, "--report", html, "--directory", directory];
    ({ stdout } = await run(process.execPath, args, { env: withoutPostgres }));
    figures = JSON.parse(readFileSync(json, "utf8"));
  }, 300_000);

  test("writes the documented JSON", () => {
    expect(figures).toMatchObject({
      machine: { node: process.version },
      settings: { generator: "autocannon" },
    });
    expect(figures.settings).toMatchObject({ catalogue: "generated", tracks: 300, repeats: 1 });
    for (const row of figures.scenarios) {
      expect(row).toMatchObject({ scenario: expect.any(String), server: expect.any(String) });
      for (const name of ROW_NUMBERS) expect(row[name], name).toEqual(expect.any(Number));
      expect(row).toHaveProperty("rate");
      expect(row.repeats).toHaveLength(1);
    }
    expect(Object.keys(figures.ratios)).toContain("cached_get_to_bare");
  });

  test("writes only finite numbers; null means not measured", () => {
    for (const [path, value] of numbersIn(figures)) expect(Number.isFinite(value), path).toBe(true);
    for (const [name, ratio] of Object.entries(figures.ratios)) expect(ratio, name).toBeGreaterThan(0);
  });

  test("verifies every answer on every server", () => {
    const names = figures.scenarios.map(
      (row: { scenario: string; server: string; point: { value: number } | null }) =>
        [row.scenario, row.server, row.point?.value].filter((part) => part !== undefined).join(" "),
    );
    expect(names).toEqual([
      "cached-get bare",
      "cached-get in-handler",
      "cached-get chinook",
      "durable-post echo",
      "durable-post in-handler",
      "durable-post several-writers",
      "durable-post chinook",
      "durable-post in-handler 0.5",
      "durable-post chinook 0.5",
      "durable-post in-handler 1",
      "durable-post chinook 1",
      "points-beside-scans in-handler",
      "points-beside-scans chinook",
    ]);
    expect(figures.failures).toEqual([]);
    for (const { scenario, server, errors, busy, checked, repeats } of figures.scenarios) {
      const problems = repeats.flatMap((round: { problems: string[] }) => round.problems);
      expect({ scenario, server, errors, busy, problems }).toMatchObject({
        errors: 0,
        busy: 0,
        problems: [],
      });
      expect(checked).toBeGreaterThan(0);
    }
  });

  test("derives open-loop rates from the closed-loop maximum", () => {
    const shares = figures.scenarios.filter((row: { point: unknown }) => row.point !== null);
    for (const server of ["in-handler", "chinook"]) {
      const [half, whole] = shares.filter((row: { server: string }) => row.server === server);
      expect(whole).toMatchObject({ generator: "undici", rate: null, point: { value: 1 } });
      const rate = Math.round(whole.requests_per_second / 2);
      expect(half).toMatchObject({ generator: "paced", rate, point: { value: 0.5 } });
    }
    expect(stdout).toContain("100 %: closed loop, undici");
  });

  test("prints a table on standard output", () => {
    for (const word of ["requests/s", "p99 ms", "chinook", "in-handler"]) expect(stdout).toContain(word);
  });

  test("reports the server's internal metrics", () => {
    const own = figures.scenarios.find(
      (row: { scenario: string; server: string }) =>
        row.scenario === "durable-post" && row.server === "chinook",
    );
    const { inside, curve, slices, database_bytes } = own.repeats[0];
    expect(inside.write_batch_mean).toBeGreaterThanOrEqual(1);
    expect(inside.commit_p99_ms).toBeGreaterThan(0);
    expect(curve.length).toBeGreaterThan(3);
    expect(slices).toEqual(expect.any(Array));
    expect(database_bytes).toBeGreaterThan(0);
  });

  test("writes a self-contained HTML report", () => {
    const page = readFileSync(html, "utf8");
    expect(page).toContain("<svg");
    expect(page).not.toMatch(/<script|<link|src=|NaN|Infinity|undefined/);
    for (const [, reference] of page.matchAll(/href="([^"]*)"/g)) expect(reference).toMatch(/^#\w+$/);
  });

  test("resumes from its JSON, and compares it with itself without measuring again", async () => {
    const again = [BENCH, "--smoke", "--resume", "--json", json, "--compare", json, "--directory", directory];
    const { stdout: compared, stderr } = await run(process.execPath, again, { env: withoutPostgres });
    expect(stderr).toContain("0 trials");
    expect(compared).toContain("0.0 %");
    expect(compared).not.toMatch(/ better| worse/);
  });
});

describe("the comparison's verdict", () => {
  const row = (...values: number[]) =>
    ({
      scenario: "cached-get",
      server: "chinook",
      point: null,
      connections: 100,
      rate: null,
      requests_per_second: values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)],
      repeats: values.map((requests_per_second) => ({ requests_per_second })),
    }) as unknown as Row;
  const figuresWith = (...values: number[]) => ({ scenarios: [row(...values)] }) as unknown as Figures;
  const verdict = (before: number[], after: number[]) =>
    changesBetween(figuresWith(...before), figuresWith(...after))[0]!.verdict;

  test.each([
    [[98, 100, 102], [118, 120, 122], "better"],
    [[98, 100, 102], [78, 80, 82], "worse"],
    [[80, 100, 120], [100, 120, 140], undefined],
    [[100, 100, 100], [102, 102, 102], undefined],
    [[100], [109], undefined],
    [[100], [121], "better"],
  ] as const)("%j to %j: %s", (before, after, expected) => {
    expect(verdict([...before], [...after])).toBe(expected);
  });

  test("uses the noise of rows with several repeats for rows with one", () => {
    const run = (value: number, ...others: number[]) =>
      ({ scenarios: [{ ...row(value), server: "bare" }, row(...others)] }) as unknown as Figures;
    const [change] = changesBetween(run(100, 98, 100, 102), run(109, 96, 100, 104));
    expect(change).toMatchObject({ verdict: "better" });
    expect(change!.noise).toBeCloseTo(0.06);
  });
});

describe("bench scenarios", () => {
  test("name servers that support their operations", () => {
    for (const name of Object.keys(SCENARIOS) as ScenarioName[]) {
      const { load, servers, ratesOf = [], sweep } = scenarioOf(name);
      expect(new Set(servers).size, name).toBe(servers.length);
      for (const server of ratesOf) expect(servers, name).toContain(server);
      if (sweep !== undefined) expect(new Set(sweep.values).size, name).toBe(sweep.values.length);
      const able = servers.filter(
        (server) => load === undefined || !specOf(server).lacks?.includes(load.traffic),
      );
      expect(able, name).toContainEqual(expect.stringMatching(/^(step-all|chinook.*)$/));
    }
  });

  test("fit the documented duration", () => {
    for (const [args, minutes] of [
      [[], 50],
      [["--quick"], 2],
    ] as const) {
      const options = parseOptions(args, {}, directory)!;
      const trials = options.scenarios.flatMap((name) => trialsOf(name, options));
      expect(estimate(trials, options) / 60, args.join()).toBeLessThan(minutes);
    }
  });

  test("measure the closed-loop maximum before its fractions", () => {
    const options = parseOptions(["--scenario", "uncached-get"], {}, directory)!;
    const values = trialsOf("uncached-get", options).map(({ point }) => point?.value ?? 0);
    expect([...new Set(values)]).toEqual([0, 1, 0.5, 0.7, 0.9]);
    expect(values.lastIndexOf(1)).toBeLessThan(values.indexOf(0.5));
  });

  test("start each repeat with another server", () => {
    const options = parseOptions(["--scenario", "list", "--repeats", "3"], {}, directory)!;
    const firsts = [1, 2, 3].map((n) => trialsOf("list", options).find(({ repeat }) => repeat === n)!.server);
    expect(new Set(firsts).size).toBe(3);
  });
});

test.each([
  [["--scenario", "cached"], "--scenario: expected cached-get"],
  [["--repeats", "none"], "--repeats: expected a number from 1 to 100, got none"],
  [["--server", "ours"], "--server: expected bare"],
  [["--resume"], "--resume: expected --json FILE"],
  [["--from", "package.json"], "--from: package.json: expected figures"],
  [["--fast"], "--fast"],
])("usage error %j names the expected values", async (args, message) => {
  const failure = await run(process.execPath, [BENCH, ...args]).catch((error) => error);
  expect(failure).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});
