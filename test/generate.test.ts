import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import * as sqliteVec from "sqlite-vec";
import { afterEach, describe, expect, test } from "vitest";
import { expectedRows, type GenerateOptions, generateCatalogue } from "../src/main/datasets/generate.ts";
import { GENRES } from "../src/main/datasets/generator/genres.ts";
import { BULK_COLUMNS, BULK_TABLES, CHUNK_ROWS, type Chunk } from "../src/shared/tables.ts";

const MIGRATIONS = join(import.meta.dirname, "..", "migrations");
const NOW = new Date("2026-11-21T00:00:00.000Z");
const open: Database.Database[] = [];

afterEach(() => {
  for (const db of open.splice(0)) db.close();
});

const options = (tracks: number, seed = 1): GenerateOptions => ({ tracks, seed, now: NOW });

function emptyDatabase(): Database.Database {
  const db = new Database(":memory:");
  open.push(db);
  sqliteVec.load(db);
  const files = readdirSync(MIGRATIONS).filter((file) => file.endsWith(".up.sql"));
  for (const file of files.sort()) db.exec(readFileSync(join(MIGRATIONS, file), "utf8"));
  db.pragma("foreign_keys = ON");
  return db;
}

function insert(db: Database.Database, { table, rows }: Chunk): void {
  const columns = BULK_COLUMNS[table];
  const places = columns.map(() => "?").join(", ");
  const statement = db.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places})`);
  for (const row of rows) statement.run(...row);
}

/** Loads with foreign keys on, so a row that came before its parent fails right there. */
function loaded(tracks: number, seed = 1): Database.Database {
  const db = emptyDatabase();
  db.transaction(() => {
    for (const chunk of generateCatalogue(options(tracks, seed))) insert(db, chunk);
  })();
  return db;
}

const value = (db: Database.Database, sql: string): number => db.prepare<[], number>(sql).pluck().get()!;
const counts = (db: Database.Database): Record<string, number> =>
  Object.fromEntries(BULK_TABLES.map((table) => [table, value(db, `SELECT count(*) FROM ${table}`)]));

describe("generated chunks", () => {
  test("the same options give the same rows", () => {
    expect([...generateCatalogue(options(300))]).toEqual([...generateCatalogue(options(300))]);
  });

  test("another seed gives other rows in every random table", () => {
    const [one, two] = [1, 2].map((seed) => [...generateCatalogue(options(300, seed))]);
    for (const table of BULK_TABLES) {
      const rowsOf = (chunks: Chunk[]) => chunks.filter((chunk) => chunk.table === table);
      expect(rowsOf(one!), table).not.toEqual(rowsOf(two!));
    }
  });

  test("tables come in loading order, in full chunks except the last of each", () => {
    const chunks = [...generateCatalogue(options(2500))];
    expect([...new Set(chunks.map((chunk) => chunk.table))]).toEqual(BULK_TABLES);
    for (const [index, chunk] of chunks.entries()) {
      const last = chunks[index + 1]?.table !== chunk.table;
      expect(chunk.rows.length).toBeLessThanOrEqual(CHUNK_ROWS);
      if (!last) expect(chunk.rows).toHaveLength(CHUNK_ROWS);
      for (const row of chunk.rows) expect(row).toHaveLength(BULK_COLUMNS[chunk.table].length);
    }
  });
});

describe("a store of any size", () => {
  test.each([1, 2, 10, 37, 1200])("%i tracks satisfy every foreign key and CHECK", (tracks) => {
    const db = loaded(tracks);
    expect(db.pragma("foreign_key_check")).toEqual([]);
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    expect(counts(db)).toMatchObject({ tracks, genres: 25, media_types: 5, employees: 8, plays: tracks * 3 });
    expect(Object.values(counts(db)).every((count) => count > 0)).toBe(true);
  });

  test.each([1000, 5000, 20_000])("the estimated size for %i tracks is close to the actual one", (tracks) => {
    let rows = 0;
    for (const chunk of generateCatalogue(options(tracks))) rows += chunk.rows.length;
    expect(Math.abs(rows / expectedRows({ tracks }) - 1)).toBeLessThan(0.15);
  });
});

describe("a store of 5,000 tracks", () => {
  test("has the proportions of a small store", () => {
    const { artists, albums, playlists, playlist_tracks, customers, invoices, invoice_lines } = counts(
      loaded(5000),
    );
    expect(albums! / 5000).toBeCloseTo(347 / 3503, 1.5);
    expect(artists! / 5000).toBeCloseTo(275 / 3503, 1.5);
    expect(playlists).toBe(22);
    expect(playlist_tracks! / playlists!).toBeGreaterThan(200);
    expect(customers).toBe(78);
    expect(invoices).toBe(546);
    expect(invoice_lines! / invoices!).toBeCloseTo(2240 / 412, 0);
  });

  test("has genres in their configured shares", () => {
    const db = loaded(5000);
    const total = GENRES.reduce((sum, { share }) => sum + share, 0);
    const rows = db
      .prepare<[], { name: string; tracks: number }>(
        "SELECT g.name, count(t.id) AS tracks FROM genres g LEFT JOIN tracks t ON t.genre_id = g.id GROUP BY g.id",
      )
      .all();
    for (const [index, { name, tracks }] of rows.entries()) {
      expect(name).toBe(GENRES[index]!.name);
      expect(Math.abs(tracks - (GENRES[index]!.share * 5000) / total)).toBeLessThanOrEqual(1);
    }
  });

  test("charges more for video, has composers for most tracks, and no time in the future", () => {
    const db = loaded(5000);
    expect(
      value(db, "SELECT count(*) FROM tracks WHERE (media_type_id = 3) <> (unit_price_cents = 199)"),
    ).toBe(0);
    const without = value(db, "SELECT avg(composer IS NULL) FROM tracks");
    expect(without).toBeGreaterThan(0.22);
    expect(without).toBeLessThan(0.34);
    for (const [table, column] of TIMES) {
      const wrong = `SELECT count(*) FROM ${table} WHERE ${column} NOT GLOB '${STAMP}' OR ${column} > '${NOW.toISOString()}'`;
      expect(value(db, wrong), `${table}.${column}`).toBe(0);
    }
    expect(value(db, "SELECT count(*) FROM tracks WHERE updated_at < created_at")).toBe(0);
    expect(
      value(db, `SELECT count(*) FROM albums WHERE release_date NOT BETWEEN '1954-12-31' AND '2026-11-21'`),
    ).toBe(0);
  });

  test("has invoice totals equal to the sum of their lines, at the tracks' prices", () => {
    const db = loaded(5000);
    const wrong = `SELECT count(*) FROM invoices i WHERE total_cents IS NOT
      (SELECT sum(unit_price_cents * quantity) FROM invoice_lines WHERE invoice_id = i.id)`;
    const mispriced = `SELECT count(*) FROM invoice_lines l JOIN tracks t ON t.id = l.track_id
      WHERE l.unit_price_cents <> t.unit_price_cents`;
    expect(value(db, wrong)).toBe(0);
    expect(value(db, mispriced)).toBe(0);
  });

  test("has popular tracks, and listeners who mostly keep to their genres", () => {
    const db = loaded(5000);
    const plays = value(db, "SELECT count(*) FROM plays");
    const top = `SELECT sum(n) FROM (SELECT count(*) AS n FROM plays GROUP BY track_id ORDER BY n DESC LIMIT 500)`;
    expect(value(db, top) / plays).toBeGreaterThan(0.3);
    const favourites = `SELECT sum(n) FROM (SELECT n, row_number() OVER (PARTITION BY user_id ORDER BY n DESC) AS place
      FROM (SELECT user_id, genre_id, count(*) AS n FROM plays p JOIN tracks t ON t.id = p.track_id GROUP BY 1, 2))
      WHERE place <= 3`;
    expect(value(db, favourites) / plays).toBeGreaterThan(0.75);
    const recent = "SELECT avg(played_at >= '2026-10-22') FROM plays";
    expect(value(db, recent)).toBeGreaterThan(1 / 3);
  });

  test("has titles with few common words and a long tail of rare ones", () => {
    const frequency = new Map<string, number>();
    for (const { table, rows } of generateCatalogue(options(5000))) {
      if (table !== "tracks") continue;
      for (const word of rows.flatMap(
        (row) =>
          String(row[3])
            .toLowerCase()
            .match(/\p{L}+/gu) ?? [],
      )) {
        frequency.set(word, (frequency.get(word) ?? 0) + 1);
      }
    }
    const sorted = [...frequency.values()].sort((a, b) => b - a);
    const total = sorted.reduce((sum, count) => sum + count, 0);
    expect(sorted.length).toBeGreaterThan(1500);
    expect(sorted.slice(0, 10).reduce((sum, count) => sum + count, 0) / total).toBeGreaterThan(0.12);
    expect(sorted.filter((count) => count === 1).length / sorted.length).toBeGreaterThan(0.3);
  });

  test("has artists of many languages and a few other scripts", () => {
    const names: string[] = [];
    for (const { table, rows } of generateCatalogue(options(20_000))) {
      if (table === "artists") names.push(...rows.map((row) => String(row[3])));
    }
    for (const letters of [/[ãçõ]/, /[ñáé]/, /[øåö]/, /\p{Script=Han}/u, /\p{Script=Cyrillic}/u]) {
      expect(names.filter((name) => letters.test(name)).length, letters.source).toBeGreaterThan(0);
    }
    const foreign = names.filter((name) => /\p{L}/u.test(name.replace(/\p{Script=Latin}/gu, "")));
    expect(foreign.length / names.length).toBeLessThan(0.05);
  });

  test("gives every artist a unique name", () => {
    const names = [...generateCatalogue(options(5000))].flatMap(({ table, rows }) =>
      table === "artists" ? rows.map((row) => String(row[3]).toLowerCase()) : [],
    );
    expect(new Set(names).size).toBe(names.length);
  });
});

test.skipIf(process.env.CHINOOK_SAMPLE === undefined)(
  "generated artists share no name with the sample (skipped without CHINOOK_SAMPLE, the path of an upstream file)",
  () => {
    const sample = new Database(process.env.CHINOOK_SAMPLE!, { readonly: true, fileMustExist: true });
    open.push(sample);
    const real = new Set(sample.prepare<[], string>("SELECT lower(Name) FROM Artist").pluck().all());
    const db = loaded(20_000);
    const invented = db.prepare<[], string>("SELECT lower(name) FROM artists").pluck().all();
    expect(invented.filter((name) => real.has(name))).toEqual([]);
  },
);

const STAMP = "[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z";
const TIMES = [
  ...["artists", "albums", "genres", "media_types", "tracks", "playlists"].flatMap((table) => [
    [table, "created_at"] as const,
    [table, "updated_at"] as const,
  ]),
  ["playlist_tracks", "added_at"],
  ["invoices", "invoice_date"],
  ["employees", "hire_date"],
  ["employees", "birth_date"],
  ["plays", "played_at"],
] as const;
