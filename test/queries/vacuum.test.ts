import { readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { loadVectors } from "../../src/shared/database/sqlite.ts";
import { chinook, copyOf, get, makeCatalogue, startServer } from "../support/server.ts";
import { withVectors } from "../vectors/support.ts";

const ASKED = [
  "/v1/tracks/100",
  "/v1/search?q=love",
  "/v1/tracks/100/similar?by=metadata",
  "/v1/tracks?sort=name&limit=50",
  "/v1/charts/tracks?window=30d",
];

/** A catalogue with vectors, of whose tracks half are gone again. */
async function withGaps(): Promise<string> {
  const database = copyOf(await withVectors(await makeCatalogue(3_000)));
  const db = new Database(database);
  loadVectors(db);
  db.exec(
    "DELETE FROM plays WHERE id % 10 > 0; DELETE FROM playlist_tracks; DELETE FROM invoice_lines; DELETE FROM tracks WHERE id % 2 = 1",
  );
  db.close();
  return database;
}

const answers = async (database: string): Promise<unknown[]> => {
  await using server = await startServer({}, { database });
  const all = [];
  for (const path of ASKED) {
    const { status, json } = await get(server, path);
    expect(status, path).toBe(200);
    all.push(json);
  }
  expect(await server.stop()).toBe(0);
  return all;
};

test("VACUUM shrinks the file and changes no answer; it is refused while a server runs", async () => {
  const database = await withGaps();
  const settings = { CHINOOK_DATABASE: database };
  const before = await answers(database);
  const size = statSync(database).size;
  const files = readdirSync(dirname(database)).toSorted();
  const told = await chinook(["optimize", "--vacuum", "--json"], settings);
  expect(told.code, told.stderr).toBe(0);
  expect(JSON.parse(told.stdout).after_bytes).toBe(statSync(database).size);
  expect(statSync(database).size).toBeLessThan(0.9 * size);
  expect(readdirSync(dirname(database)).toSorted()).toEqual(files);
  expect(await answers(database)).toEqual(before);
  await using server = await startServer({}, { database });
  const refused = await chinook(["optimize", "--vacuum"], settings);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("stop it first")]);
  const external = await chinook(["optimize", "--vacuum"], { ...settings, CHINOOK_CHECKPOINTS: "external" });
  expect(external.code).toBe(1);
  expect((await get(server, "/v1/tracks/100")).status).toBe(200);
}, 240_000);
