import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Counters } from "../../src/main/features/vitals/counters.ts";
import { History } from "../../src/main/features/vitals/history.ts";
import { reportHtml } from "../../src/main/features/vitals/report-html.ts";
import { quantileMs, type Sample, sampleOf } from "../../src/main/features/vitals/sample.ts";
import { cut, screen, sparkline } from "../../src/main/features/vitals/screen.ts";
import { summaryOf } from "../../src/main/features/vitals/summary.ts";
import { RESOLUTIONS, type Resolution } from "../../src/shared/history.ts";
import {
  chinook,
  copyOf,
  get,
  makeCatalogue,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal's colours begin with
const COLOUR = /\u001b\[\d+m/g;
const OK = { status: "ok", failing: [] } as const;

function counters(changed: Partial<Counters> = {}): Counters {
  const none = { buckets: [0, 0, 0], sum: 0 };
  return {
    ...{
      at: Date.UTC(2026, 0, 1),
      steady: 0,
      bounds: [0.001, 0.01],
      http: {},
      reads: {},
      waits: {},
      readBatches: {},
    },
    ...{
      writes: {},
      writeWait: none,
      writeBatches: none,
      commits: none,
      failures: {},
      rejected: {},
      lookUps: 0,
      hits: 0,
      invalidations: 0,
      checkpoints: {},
      busyReaders: { point: 0, scan: 0 },
    },
    ...{
      busy: 0,
      idle: 0,
      processor: 0,
      queues: { point: 0, scan: 0, write: 0 },
      wal_bytes: 0,
      database_bytes: 0,
    },
    ...{ cache_bytes: 0, cache_entries: 0, resident_bytes: 0, heap_bytes: 0, uptime_seconds: 0 },
    ...changed,
  };
}

describe("a vitals sample", () => {
  test("holds what happened between two moments, not before", () => {
    const before = counters({ http: { 200: { buckets: [100, 0, 0], sum: 0.1 } }, hits: 10, lookUps: 20 });
    const after = counters({
      ...{
        steady: 10_000,
        hits: 40,
        lookUps: 60,
        busy: 1_000,
        idle: 9_000,
        processor: 5e6,
        failures: { invalid: 2 },
      },
      http: { 200: { buckets: [100, 50, 0], sum: 0.6 }, 500: { buckets: [0, 0, 10], sum: 20 } },
      reads: { "tracks.get": { buckets: [4, 0, 0], sum: 0.002 }, search: { buckets: [0, 2, 0], sum: 0.01 } },
    });
    const sample = sampleOf(before, after, OK);
    expect(sample).toMatchObject({
      seconds: 10,
      requests: 6,
      errors: 1,
      cache_hit_ratio: 0.75,
      loop: 0.1,
      processors: 0.5,
    });
    expect(sample.http_p50_ms).toBeGreaterThan(1);
    expect(sample.reads.map(({ name }) => name)).toEqual(["search", "tracks.get"]);
    expect(sample.troubles).toEqual({ invalid: 2, 500: 10 });
  });

  test("of an idle interval has no ratio and no infinity", () => {
    const sample = sampleOf(counters(), counters({ steady: 10_000 }), OK);
    expect(sample.cache_hit_ratio).toBeNull();
    expect(JSON.stringify(sample)).not.toMatch(/Infinity|NaN/);
  });

  test("has quantiles within their bucket", () => {
    expect(quantileMs({ buckets: [0, 10, 0], sum: 0 }, [0.001, 0.01], 0.5)).toBeCloseTo(5.5);
    expect(quantileMs({ buckets: [0, 0, 10], sum: 0 }, [0.001, 0.01], 0.5)).toBe(10);
    expect(quantileMs({ buckets: [], sum: 0 }, [], 0.5)).toBe(0);
  });
});

const sampleAt = (at: number, changed: Partial<Sample> = {}): Sample => ({
  ...sampleOf(counters(), counters({ at, steady: 10_000 }), OK),
  ...changed,
});

describe("the history", () => {
  const read = async (history: History, resolution: Resolution) =>
    JSON.parse(await history.read({ resolution, from: 0, to: 1e15, limit: 100_000 })) as Sample[];

  test("keeps its configured number of latest samples in one small file", async () => {
    const database = join(temporaryFolder(), "database.sqlite");
    const history = new History(database);
    const { kept } = RESOLUTIONS.fine;
    for (let from = 0; from < kept + 100; from += 1_000) {
      const many = Array.from({ length: 1_000 }, (_, i) => ["fine", sampleAt((from + i) * 10_000)] as const);
      await history.append(many);
    }
    await history.append([["coarse", sampleAt(5)]]);
    const samples = await read(history, "fine");
    expect(samples.length).toBe(kept);
    expect(Date.parse(samples.at(-1)!.at)).toBe(8_999 * 10_000);
    expect((await read(history, "coarse")).length).toBe(1);
    await history.close();
  }, 60_000);

  test("moves a damaged file aside and starts a new one", async () => {
    const database = join(temporaryFolder(), "database.sqlite");
    const file = database.replace(".sqlite", "-history.sqlite");
    writeFileSync(file, "this is no database".repeat(1_000));
    const history = new History(database);
    await history.append([["fine", sampleAt(1)]]);
    expect((await read(history, "fine")).length).toBe(1);
    expect(existsSync(`${file}.damaged`)).toBe(true);
    await history.close();
  });
});

describe("the report", () => {
  const day = Date.UTC(2026, 0, 1);
  const samples = [
    sampleAt(day, { requests: 10, http_p99_ms: 3 }),
    sampleAt(day + 10_000, {
      requests: 20,
      http_p99_ms: 300,
      status: "warn",
      failing: ["wal"],
      errors: 2,
      troubles: { 500: 20, "<b>": 1 },
    }),
    sampleAt(day + 600_000, {
      reads: [{ name: "search", count: 50, total_ms: 9_000, p99_ms: 400 }],
      commands: [{ name: "plays.create", count: 5, total_ms: 1, p99_ms: 1 }],
    }),
  ];
  const summary = summaryOf(samples);

  test("sums up, finds the worst intervals and gives advice", () => {
    expect(summary).toMatchObject({
      requests: 300,
      troubles: { 500: 20 },
      kinds: [{ kind: "plays", writes: 5 }],
    });
    expect(summary.worst.http_p99_ms).toBe(300);
    expect(summary.changes.map(({ what }) => what)).toEqual([
      "warn wal",
      expect.stringContaining("580 s"),
      "ok",
    ]);
    expect(summary.recommendations.join(" ")).toMatch(/query advise/);
    expect(summary.recommendations.join(" ")).toMatch(/500/);
    expect(summaryOf([sampleAt(day)]).recommendations).toEqual([]);
  });

  test("as HTML has charts and tables, runs no script, loads nothing and escapes its content", () => {
    const html = reportHtml("A & B", summary, samples, [
      { id: "x", read: null, sql: "SELECT '<i>'", count: 1, total_ms: 1, p99_ms: 1 },
    ]);
    expect(html.match(/<svg/g)!.length).toBe(10);
    expect(html).toContain("A &amp; B");
    expect(html).toContain("&lt;b&gt;");
    expect(html).not.toMatch(/<script|<link|src=|@import|url\(|<i>'|NaN|undefined|Infinity/);
    expect(html).toContain("prefers-color-scheme:dark");
  });
});

describe("the live view in a terminal", () => {
  test("has a line per figure and fits any width", () => {
    const lines = screen("http://x", 3_700, [
      sampleAt(1),
      sampleAt(2, { requests: 1_234, troubles: { overloaded: 3 } }),
    ]);
    const text = lines.join("\n");
    for (const name of [
      "requests",
      "point reads",
      "scans",
      "writes",
      "commits",
      "cache",
      "WAL",
      "memory",
      "main thread",
    ])
      expect(text).toContain(name);
    expect(text).toContain("1,234/s");
    expect(text).toContain("overloaded 3");
    for (const line of lines)
      expect(cut(`\u001b[31m${line}\u001b[39m`, 20).replaceAll(COLOUR, "").length).toBeLessThanOrEqual(20);
  });

  test("draws a sparkline's maximum as a full bar and zero as empty", () => {
    expect(sparkline([0, 1, 2], 5)).toBe("  ▁▅█");
    expect(sparkline([0, 0], 2)).toBe("▁▁");
  });
});

describe("of a running server", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({}, { database: copyOf(await makeCatalogue()) });
  }, 120_000);
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  test("monitor prints one sample, as text or JSON", async () => {
    const settings = { CHINOOK_DATABASE: server.database };
    const plain = await chinook(["monitor"], settings);
    expect(plain.code).toBe(0);
    expect(stripVTControlCharacters(plain.stdout)).toMatch(/^requests/m);
    expect(plain.stdout).not.toContain("\u001b[?1049h");
    const { stdout } = await chinook(["monitor", "--json"], settings);
    expect(JSON.parse(stdout)).toMatchObject({ status: expect.stringMatching(/^(ok|warn)$/), errors: 0 });
    expect((await chinook(["monitor", "--watch", "x"], settings)).code).toBe(2);
  }, 30_000);

  test("samples are kept, served and reported, also after the server stopped", async () => {
    const answered = async () => (await get(server, "/admin/history?hours=1")).json.data as Sample[];
    while ((await answered()).length === 0) await delay(500);
    expect((await answered())[0]).toMatchObject({ seconds: expect.closeTo(10, -1) });
    // The health of a machine that runs other tests in parallel is irrelevant here.
    expect((await answered())[0]!.status).toMatch(/^(ok|warn|fail)$/);
    const { json } = await get(server, "/admin/history?hours=1&resolution=coarse");
    expect(json).toMatchObject({ resolution: "coarse", seconds: 300, data: [] });
    expect((await get(server, "/admin/history?hours=0")).status).toBe(422);
    const settings = { CHINOOK_DATABASE: server.database };
    const page = join(temporaryFolder(), "report.html");
    expect((await chinook(["report", "--hours", "1", "--html", page], settings)).code).toBe(0);
    expect(readFileSync(page, "utf8")).toContain("Statements with the highest total time");
    await server.stop();
    const { stdout } = await chinook(["report", "--json"], settings);
    expect(JSON.parse(stdout).samples).toBeGreaterThan(0);
  }, 60_000);

  test("a database that was never served has no report", async () => {
    const { code, stderr } = await chinook(["report"], { CHINOOK_DATABASE: copyOf(await makeCatalogue()) });
    expect([code, stderr]).toEqual([1, expect.stringContaining("nothing is known")]);
  }, 30_000);
});
