import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const BENCH = join(import.meta.dirname, "..", "bench", "run.ts");
const directory = mkdtempSync(join(tmpdir(), "chinook-bench-test-"));
const json = join(directory, "figures.json");

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ROW_NUMBERS = ["connections", "requests_per_second", "p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms"];

/** Every number in it, with the path that leads to it. */
function* numbersIn(value: unknown, path = ""): Generator<readonly [string, number]> {
  if (typeof value === "number") yield [path, value];
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) yield* numbersIn(part, `${path}/${key}`);
}

describe("a bench too short to measure anything", () => {
  let stdout = "";
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what is tested
  let figures: any;

  beforeAll(async () => {
    const args = [BENCH, "--smoke", "--json", json, "--directory", directory];
    ({ stdout } = await run(process.execPath, args));
    figures = JSON.parse(readFileSync(json, "utf8"));
  }, 120_000);

  test("writes the contract's shape", () => {
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

  test("has finite numbers only: JSON would make null of the others, and null is for what cannot be measured", () => {
    for (const [path, value] of numbersIn(figures)) expect(Number.isFinite(value), path).toBe(true);
    for (const [name, ratio] of Object.entries(figures.ratios)) expect(ratio, name).toBeGreaterThan(0);
  });

  test("finds every answer right, on every server", () => {
    expect(
      figures.scenarios.map((row: { scenario: string; server: string }) => `${row.scenario} ${row.server}`),
    ).toEqual([
      "cached-get bare",
      "cached-get in-handler",
      "cached-get chinook",
      "durable-post echo",
      "durable-post in-handler",
      "durable-post chinook",
      "points-beside-scans in-handler",
      "points-beside-scans chinook",
    ]);
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

  test("prints a table on standard output", () => {
    for (const word of ["requests/s", "p99 ms", "chinook", "in-handler"]) expect(stdout).toContain(word);
  });
});

test.each([
  [["--scenario", "cached"], "--scenario: expected cached-get"],
  [["--repeats", "none"], "--repeats: expected a number from 1 to 100, got none"],
  [["--fast"], "--fast"],
])("wrong usage %j says what was expected", async (args, message) => {
  const failure = await run(process.execPath, [BENCH, ...args]).catch((error) => error);
  expect(failure).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});
