import Database from "better-sqlite3";
import { beforeAll, describe, expect, test } from "vitest";
import { chinook, copyOf, get, type Json, makeCatalogue, post, startServer } from "../support/server.ts";

let catalogue: string;
beforeAll(async () => {
  catalogue = await makeCatalogue(300);
}, 60_000);

const fts = (action: string, database: string) => chinook(["fts", action, "--database", database, "--json"]);
const validate = async (database: string): Promise<{ code: number; report: Json }> => {
  const { code, stdout } = await fts("validate", database);
  return { code, report: JSON.parse(stdout) };
};

/** Changes a database behind the server's back. */
function damage(sql: string): string {
  const file = copyOf(catalogue);
  const db = new Database(file);
  db.exec(sql);
  db.close();
  return file;
}

describe("fts validate names defects, fts rebuild repairs them", () => {
  test.each([
    ["missing", "DELETE FROM track_documents WHERE id IN (5, 9)", [5, 9]],
    [
      "orphaned",
      "INSERT INTO track_documents (id, name) VALUES (1000001, 'Nobody'); INSERT INTO track_documents (id, name) VALUES (1000002, 'No')",
      [1_000_001, 1_000_002],
    ],
    ["stale", "UPDATE track_documents SET artist_name = upper(artist_name) || '!' WHERE id = 7", [7]],
    ["undocumented", "INSERT INTO tracks_fts (rowid, name) VALUES (1000003, 'ghost')", [1_000_003]],
    [
      "unindexed",
      `INSERT INTO tracks_fts (tracks_fts, rowid, name, artist_name, album_title, composer, aliases, genre)
       SELECT 'delete', id, name, artist_name, album_title, composer, aliases, genre FROM track_documents WHERE id = 3`,
      [3],
    ],
  ])("%s", async (defect, sql, ids) => {
    const database = damage(sql);
    const { code, report } = await validate(database);
    expect(code).toBe(1);
    expect(report.ok).toBe(false);
    expect(report.defects[defect]).toEqual({ count: ids.length, first: ids });
    expect((await fts("rebuild", database)).code).toBe(0);
    expect(await validate(database)).toEqual({ code: 0, report: expect.objectContaining({ ok: true }) });
  });

  test.each([
    [
      "a track's",
      `INSERT INTO tracks_fts (tracks_fts, rowid, name, artist_name, album_title, composer, aliases, genre)
         SELECT 'delete', id, name, artist_name, album_title, composer, aliases, genre FROM track_documents WHERE id = 3;
       INSERT INTO tracks_fts (rowid, name) VALUES (3, 'another name altogether')`,
    ],
    [
      "a genre's",
      "INSERT INTO genres_fts (genres_fts, rowid, name) SELECT 'delete', id, name FROM genres LIMIT 1",
    ],
  ])("wrong terms: %s", async (_, sql) => {
    const database = damage(sql);
    const { code, report } = await validate(database);
    expect([code, report.index_agrees]).toEqual([1, false]);
    expect((await fts("rebuild", database)).code).toBe(0);
    expect((await validate(database)).code).toBe(0);
  });

  test("as text", async () => {
    const database = damage("DELETE FROM track_documents WHERE id = 5");
    const broken = await chinook(["fts", "validate", "--database", database]);
    expect(broken.stdout).toMatch(/1 tracks without a document: 5/);
    const whole = await chinook(["fts", "validate", "--database", copyOf(catalogue)]);
    expect(whole.stdout).toMatch(/agree/);
  });
}, 60_000);

test("the commands work through the running server, and a gauge shows index coverage", async () => {
  await using server = await startServer({}, { database: copyOf(catalogue) });
  const { tracks, documents, indexed, words, texts_to_learn, coverage } = JSON.parse(
    (await fts("stats", server.database)).stdout,
  );
  expect([documents, indexed, coverage, texts_to_learn]).toEqual([tracks, tracks, 1, 0]);
  expect(words).toBeGreaterThan(100);
  for (const action of ["validate", "optimize", "rebuild", "validate"])
    expect((await fts(action, server.database)).code).toBe(0);
  expect((await get(server, "/metrics")).text).toMatch(/^chinook_fts_coverage_ratio 1$/m);
  expect(JSON.parse((await fts("stats", server.database)).stdout).words).toBe(words);
}, 60_000);

test("a load leaves one segment and merging on, also after a failed chunk", async () => {
  const database = copyOf(catalogue);
  expect(JSON.parse((await fts("stats", database)).stdout).segments).toBe(1);
  const automerge = () => {
    const db = new Database(database, { readonly: true });
    const value = db.prepare("SELECT v FROM tracks_fts_config WHERE k = 'automerge'").pluck().get();
    db.close();
    return value;
  };
  expect(automerge()).toBe(4);
  await using server = await startServer({}, { database });
  const nowhere = [
    9_999,
    "x",
    "x",
    "Lost",
    999_999,
    1,
    null,
    null,
    1,
    1,
    99,
    null,
    null,
    "2026-01-01",
    "2026-01-01",
  ];
  const { status, json } = await post(server, "/admin/bulk", { table: "tracks", rows: [nowhere] });
  expect([status, json.code]).toEqual([422, "reference_unknown"]);
  expect(automerge()).toBe(4);
}, 60_000);

test("the migration goes down and up on a filled catalogue and rebuilds the index", async () => {
  const database = copyOf(catalogue);
  const before = JSON.parse((await fts("stats", database)).stdout);
  expect((await chinook(["migrate", "down", "--to", "3", "--yes", "--database", database])).code).toBe(0);
  expect((await chinook(["migrate", "up", "--database", database])).code).toBe(0);
  const after = JSON.parse((await fts("stats", database)).stdout);
  for (const figure of ["tracks", "documents", "indexed", "words"])
    expect(after[figure]).toBe(before[figure]);
  expect((await validate(database)).code).toBe(0);
}, 60_000);
