import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Durations, quantile } from "../../src/shared/durations.ts";
import { StatementMeter } from "../../src/shared/statement-meter.ts";
import {
  chinook,
  copyOf,
  get,
  type Json,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
} from "../support/server.ts";

describe("durations", () => {
  test("quantiles are accurate within a tenth", () => {
    const durations = new Durations();
    for (let i = 1; i <= 10_000; i++) durations.observe(i / 100);
    for (const share of [0.5, 0.95, 0.99]) {
      const wanted = share * 100;
      expect(Math.abs(quantile(durations.counts, share) - wanted) / wanted).toBeLessThan(0.1);
    }
    expect(durations.counts).toMatchObject({ count: 10_000, maxMs: 100 });
  });

  test("zero, tiny and huge durations have buckets", () => {
    const durations = new Durations();
    expect(quantile(durations.counts, 0.99)).toBe(0);
    for (const ms of [0, 1e-9, 1e9]) durations.observe(ms);
    expect(quantile(durations.counts, 0.5)).toBeLessThan(0.002);
    expect(durations.counts.buckets.reduce((a, b) => a + b)).toBe(3);
  });
});

describe("the statement meter", () => {
  test("keeps the statements with the most total time, up to its limit", () => {
    const meter = new StatementMeter(3);
    for (const [sql, ms] of [
      ["a", 5],
      ["b", 1],
      ["c", 7],
      ["d", 2],
      ["e", 3],
    ] as const) {
      meter.of(sql, null).ran(ms, {}, 1, 0, 0);
    }
    expect(meter.costs.map(({ sql }) => sql)).toEqual(["a", "c", "e"]);
  });

  test("keeps the parameters of the slowest run, unless they are long", () => {
    const meter = new StatementMeter(3);
    const cost = meter.of("a", "r");
    cost.ran(1, { x: 1 }, 1, 0, 0);
    cost.ran(3, { x: 3 }, 1, 0, 0);
    cost.ran(2, { x: 2 }, 1, 0, 0);
    expect(meter.costs[0]).toMatchObject({ params: { x: 3 }, rows: 3, read: "r" });
    cost.ran(9, { x: "y".repeat(100_000) }, 1, 0, 0);
    expect(meter.costs[0]!.params).toEqual({});
  });
});

describe("statistics of a running server", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ CHINOOK_CACHE_MB: "0" }, { database: copyOf(await makeCatalogue()) });
    for (let id = 1; id <= 20; id++) await get(server, `/v1/tracks/${id}`);
    await get(server, "/v1/tracks?sort=name&limit=5");
    await post(server, "/v1/plays", { track_id: 1, user_id: 77_777 });
    await post(server, "/v1/plays", { track_id: 999_999 });
  }, 120_000);
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  const all = async () => (await get(server, "/admin/queries?limit=500")).json.data as Json[];

  test("each statement counts all its runs, without parameter values", async () => {
    const [track] = (await all()).filter(({ read }) => read === "tracks.get");
    expect(track).toMatchObject({ count: 20, failures: 0, rows: 20, changes: 0 });
    expect(track!.sql).toContain("WHERE t.id = likely(@id)");
    for (const [below, above] of [
      ["p50_ms", "p95_ms"],
      ["p95_ms", "p99_ms"],
      ["p99_ms", "max_ms"],
    ] as const)
      expect(Number(track![below])).toBeLessThanOrEqual(Number(track![above]));
    expect(JSON.stringify(await all())).not.toMatch(/77777|999999/);
  });

  test("statements of commands are included, even of refused ones", async () => {
    const plays = (await all()).filter(({ sql }) => /INSERT INTO plays\b/.test(sql));
    expect(plays.length).toBeGreaterThan(0);
    expect(plays.some(({ changes }) => changes === 1)).toBe(true);
  });

  test("a statement by id has its plan", async () => {
    const { id } = (await all()).find(({ read }) => read === "tracks.get")!;
    const { json } = await get(server, `/admin/queries/${id}`);
    expect(json.plan.steps[0]).toContain("SEARCH t USING INTEGER PRIMARY KEY");
    expect(json.plan.findings).toEqual([]);
    expect((await get(server, "/admin/queries/00000000")).status).toBe(404);
    expect((await get(server, "/admin/queries/x")).status).toBe(422);
  });

  test("slow statements name the problems of their plans", async () => {
    const { json } = await get(server, "/admin/queries/slow?limit=50");
    const totals = json.data.map(({ total_ms }: { total_ms: number }) => total_ms);
    expect(totals).toEqual(totals.toSorted((a: number, b: number) => b - a));
    expect(
      json.data.every(({ plan }: { plan: { findings: { kind: string }[] } }) =>
        plan.findings.every(({ kind }) => kind !== "unusable"),
      ),
    ).toBe(true);
  });

  test("every statement of the server can be explained", async () => {
    const unusable = [];
    for (const { id, sql } of await all()) {
      const { json } = await get(server, `/admin/queries/${id}`);
      if (json.plan.findings.some(({ kind }: { kind: string }) => kind === "unusable")) unusable.push(sql);
    }
    expect(unusable).toEqual([]);
  });

  test("the plan of custom SQL names the table and its row count", async () => {
    const { json } = await post(server, "/admin/explain", {
      sql: "SELECT * FROM tracks x ORDER BY x.bytes",
    });
    expect(json.findings).toEqual([
      { kind: "full_scan", table: "tracks", rows: 500, step: "SCAN x" },
      { kind: "sort", table: null, rows: null, step: "USE TEMP B-TREE FOR ORDER BY" },
    ]);
    const refused = await post(server, "/admin/explain", { sql: "DELETE FROM tracks" });
    expect([refused.status, refused.json.code]).toEqual([422, "sql_refused"]);
  });

  test("tables and indexes are listed with their sizes", async () => {
    const { json: sizes } = await get(server, "/admin/tables");
    const tracks = sizes.tables.find(({ name }: { name: string }) => name === "tracks");
    expect(tracks).toMatchObject({ rows: 500 });
    expect(tracks.bytes).toBeGreaterThan(4_096);
    const { json: indexes } = await get(server, "/admin/indexes");
    const named = (name: string) => indexes.data.find((index: { name: string }) => index.name === name);
    expect(named("tracks_name")).toMatchObject({ table: "tracks", columns: ["name"], covered_by: null });
    expect(named("tracks_name").used_by).toBeGreaterThan(0);
    expect(named("tracks_genre")).toMatchObject({ needed_for: "foreign_key" });
    expect(named("tracks_genre").covered_by).toMatch(/^tracks_genre_/);
  });

  test("the commands print the same", async () => {
    const settings = { CHINOOK_DATABASE: server.database };
    const slow = await chinook(["query", "slow", "--json"], settings);
    expect(JSON.parse(slow.stdout).data.length).toBe(10);
    expect((await chinook(["query", "slow"], settings)).stdout).toMatch(/runs, .* ms in all/);
    expect((await chinook(["query", "tables"], settings)).stdout).toMatch(/VACUUM would free/);
    expect((await chinook(["query", "indexes"], settings)).stdout).toContain("keeps values unique");
    const wrong = await chinook(["query", "slow", "--limit", "0"], settings);
    expect(wrong.code).toBe(2);
  }, 60_000);
});
