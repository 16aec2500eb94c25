import Database from "better-sqlite3";
import { expect, test, vi } from "vitest";
import { loadVectors } from "../../src/shared/database/sqlite.ts";
import { chinook, copyOf, get, makeCatalogue, patch, post, startServer } from "../support/server.ts";
import { GENERATING, generated } from "./support.ts";

// Real servers, started and stopped: more than the default allows on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const catalogue = async () => copyOf(await makeCatalogue());

function withDatabase<T>(file: string, action: (db: Database.Database) => T): T {
  const db = new Database(file);
  try {
    loadVectors(db);
    return action(db);
  } finally {
    db.close();
  }
}

test("every track gets its vectors, and a change recomputes only the affected kinds", async () => {
  await using server = await startServer(GENERATING, { database: await catalogue() });
  const { tracks, kinds, model } = await generated(server);
  expect(kinds.lyric.completed).toBe(tracks);
  expect(kinds.metadata.completed).toBe(tracks);
  expect(model).toEqual({ version: 1, tracks });

  const before = (await get(server, "/v1/tracks/7/vectors")).json;
  await patch(server, "/v1/tracks/7", { name: "An Entirely Other Name" });
  await generated(server);
  const renamed = (await get(server, "/v1/tracks/7/vectors")).json;
  expect(renamed.lyric).not.toEqual(before.lyric);
  expect(renamed.metadata).toEqual(before.metadata);

  const { genre_id } = (await get(server, "/v1/tracks/7")).json;
  await patch(server, `/v1/genres/${genre_id}`, { name: "Something Else" });
  await generated(server);
  const regrouped = (await get(server, "/v1/tracks/7/vectors")).json;
  expect(regrouped.metadata).not.toEqual(before.metadata);
  expect(regrouped.lyric).toEqual(renamed.lyric);

  const { artist_id } = (await get(server, "/v1/tracks/7")).json;
  await patch(server, `/v1/artists/${artist_id}`, { name: "Nobody" });
  await generated(server);
  const credited = (await get(server, "/v1/tracks/7/vectors")).json;
  expect(credited.metadata).not.toEqual(regrouped.metadata);
  expect(credited.lyric).not.toEqual(regrouped.lyric);
});

test("a new track gets its vectors automatically", async () => {
  await using server = await startServer(GENERATING, { database: await catalogue() });
  const media = (await get(server, "/v1/media-types?limit=1")).json.data[0].id;
  const track = { name: "Harbour Lights", media_type_id: media, milliseconds: 200_000, unit_price: 0.99 };
  const { id } = (await post(server, "/v1/tracks", track)).json;
  await generated(server);
  const { json } = await get(server, `/v1/tracks/${id}/vectors`);
  expect(json.lyric).toHaveLength(384);
  expect(json.metadata).toHaveLength(64);
});

test("the same catalogue gives the same vectors", async () => {
  const vectors = async () => {
    await using server = await startServer(GENERATING, { database: await catalogue() });
    await generated(server);
    return (await get(server, "/v1/tracks/11/vectors")).text;
  };
  expect(await vectors()).toBe(await vectors());
});

test("the next process retries the work of a dead one, a limited number of times", async () => {
  const database = await catalogue();
  await (await startServer({}, { database })).stop();
  withDatabase(database, (db) => {
    db.exec("UPDATE vector_queue SET state = 'processing', attempts = 1 WHERE track_id < 100");
    db.exec("UPDATE vector_queue SET attempts = 3 WHERE track_id = 5 AND kind = 'metadata'");
    // Nothing is asked for as a whole, which would try the failed one again.
    db.exec("DELETE FROM vector_spread");
  });
  await using server = await startServer(GENERATING, { database });
  const { tracks, kinds } = await generated(server);
  expect(kinds.metadata).toMatchObject({ completed: tracks - 1, failed: 1, processing: 0 });
  expect(kinds.lyric).toMatchObject({ completed: tracks, failed: 0, processing: 0 });
});

test("the next server finishes the generation of a killed one", async () => {
  const database = await catalogue();
  const first = await startServer(GENERATING, { database });
  await first.kill();
  await using server = await startServer(GENERATING, { database });
  const { tracks, kinds } = await generated(server);
  expect(kinds.lyric.completed).toBe(tracks);
  expect(kinds.metadata.completed).toBe(tracks);
});

test("the commands compute, count and verify, with and without a running server", async () => {
  const database = await catalogue();
  const run = async (...args: string[]) => {
    const { code, stdout } = await chinook([...args, "--json"], { CHINOOK_DATABASE: database });
    return { code, json: JSON.parse(stdout) };
  };
  expect((await run("vectors", "stats")).json.coverage).toMatchObject({ lyric: 0, metadata: 0 });
  const made = await run("vectors", "generate");
  expect(made.code).toBe(0);
  expect(made.json.computed).toBe(2 * made.json.tracks);
  expect(made.json.coverage).toMatchObject({ audio: 0, lyric: 1, metadata: 1 });
  withDatabase(database, (db) => {
    db.exec("DELETE FROM vector_queue WHERE track_id < 50");
    db.exec("DELETE FROM vectors_lyric WHERE track_id < 50");
  });
  await using server = await startServer(GENERATING, { database });
  const again = await run("vectors", "generate");
  expect(again.json.coverage).toMatchObject({ lyric: 1, metadata: 1 });
  expect((await run("vectors", "stats")).json.kinds).toEqual(again.json.kinds);
  const { text } = await get(server, "/metrics");
  expect(text).toContain('chinook_vector_coverage_ratio{kind="lyric"} 1');
  expect(text).toContain('chinook_vector_coverage_ratio{kind="audio"} 0');
  const { code, stdout } = await chinook(["verify-vector-extension", "--json"]);
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { extension: expect.stringMatching(/^v\d/) }]);
});

test("the migration goes down and up again", async () => {
  const database = await catalogue();
  const migrate = (...args: string[]) =>
    chinook(["migrate", ...args, "--json"], { CHINOOK_DATABASE: database });
  expect((await migrate("down", "--to", "4", "--yes")).code).toBe(0);
  expect((await migrate("up")).code).toBe(0);
  await using server = await startServer(GENERATING, { database });
  const { tracks, kinds } = await generated(server);
  expect(kinds.lyric.completed).toBe(tracks);
});
