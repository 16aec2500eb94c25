import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import Database from "better-sqlite3";
import { beforeAll, describe, expect, test } from "vitest";
import {
  chinook,
  copyOf,
  get,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
} from "../support/server.ts";

/** Large enough for a table to be worth an index. */
const TRACKS = 6_000;

let shipped: string;
beforeAll(async () => {
  shipped = await makeCatalogue(TRACKS);
}, 180_000);

function without(index: string): string {
  const database = copyOf(shipped);
  const db = new Database(database);
  db.exec(`DROP INDEX ${index}`);
  db.close();
  return database;
}

/** What listeners ask for, with what is spread over the catalogue. */
async function browse(server: TestServer): Promise<void> {
  for (let i = 1; i <= 30; i++) {
    const id = 1 + ((i * 197) % TRACKS);
    for (const path of [
      `/v1/tracks/${id}`,
      `/v1/albums/${i}/tracks`,
      `/v1/artists/${i}/albums`,
      `/v1/tracks?sort=name&limit=20`,
      `/v1/tracks?sort=milliseconds&limit=20`,
      `/v1/tracks?genre_id=${1 + (i % 5)}&sort=name`,
      `/v1/tracks?album_id=${i}`,
      `/v1/playlists/${1 + (i % 3)}/tracks`,
      "/v1/charts/tracks?window=7d",
      "/v1/search/suggestions?q=lo",
    ])
      await get(server, path);
  }
}

const serving = (database: string) => startServer({ CHINOOK_CACHE_MB: "0" }, { database });

interface Proposed {
  readonly table: string;
  readonly columns: readonly string[];
  readonly sql: string;
  readonly bytes: number;
  readonly gains: readonly {
    readonly read: string | null;
    readonly without_ms: number;
    readonly with_ms: number;
  }[];
}

describe.each([
  ["tracks_album", "tracks", "album_id"],
  ["tracks_genre_name", "tracks", "genre_id"],
  ["tracks_milliseconds", "tracks", "milliseconds"],
  ["tracks_name", "tracks", "name"],
])("without %s", (index, table, column) => {
  test("the adviser proposes it and states the gain", async () => {
    await using server = await serving(without(index));
    await browse(server);
    const { status, json } = await post(server, "/admin/advice", { seconds: 60 });
    expect(status, JSON.stringify(json)).toBe(200);
    const found = (json.proposals as Proposed[]).find(
      (one) => one.table === table && one.columns[0] === column,
    );
    expect(found, JSON.stringify(json)).toBeDefined();
    expect(found!.bytes).toBeGreaterThan(4_096);
    for (const { without_ms, with_ms } of found!.gains) expect(with_ms).toBeLessThan(without_ms / 2);
    expect(json.complete).toBe(true);
  }, 120_000);
});

describe("the shipped schema", () => {
  test("needs no further index for listeners' requests", async () => {
    await using server = await serving(copyOf(shipped));
    await browse(server);
    const { json } = await post(server, "/admin/advice", { seconds: 60 });
    expect(json.proposals).toEqual([]);
    expect(json.statements).toBeGreaterThan(8);
    const left = readdirSync(dirname(server.database)).filter((name) => name.includes(".advised"));
    expect(left).toEqual([]);
  }, 120_000);
});

test("custom SQL gets advice with and without a server, without changing the database", async () => {
  const database = copyOf(shipped);
  const sql = "SELECT name FROM tracks WHERE bytes = 5";
  const alone = await chinook(["query", "advise", sql, "--json"], { CHINOOK_DATABASE: database });
  expect(JSON.parse(alone.stdout).proposals[0]).toMatchObject({ table: "tracks", columns: ["bytes"] });
  await using server = await serving(database);
  const through = await chinook(["query", "advise", sql], { CHINOOK_DATABASE: database });
  expect(through.stdout).toContain("CREATE INDEX tracks_bytes ON tracks (bytes)");
  const { json } = await post(server, "/admin/sql", {
    sql: "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%bytes%'",
  });
  expect(json.rows).toEqual([[0]]);
  const refused = await post(server, "/admin/advice", { sql: "DELETE FROM tracks" });
  expect(refused.json.code).toBe("sql_refused");
  expect((await post(server, "/admin/advice", { id: "00000000" })).status).toBe(404);
  expect(
    readdirSync(dirname(database)).filter((name) => name.startsWith(`${basename(database)}.advised`)),
  ).toEqual([]);
}, 120_000);

test("a dropped index named by INDEXED BY is reported as missing", async () => {
  await using server = await serving(without("tracks_milliseconds"));
  await get(server, "/v1/tracks?milliseconds_min=1&milliseconds_max=1000000&sort=milliseconds");
  const { json } = await get(server, "/admin/queries/slow?limit=50");
  const steps = json.data.flatMap(
    ({ plan }: { plan: { findings: { kind: string; step: string }[] } }) => plan.findings,
  );
  expect(steps).toContainEqual(
    expect.objectContaining({ kind: "unusable", step: "no such index: tracks_milliseconds" }),
  );
}, 60_000);
