import { hash } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { openDatabase } from "./executor.ts";
import { EXTENSION, INDEXES, TABLES } from "./postgres-sql.ts";

const COLUMNS = {
  artists: "id, public_id, slug, name, created_at, updated_at",
  albums: "id, public_id, slug, title, artist_id, release_date, created_at, updated_at",
  genres: "id, name",
  media_types: "id, name",
  tracks:
    "id, public_id, slug, name, album_id, media_type_id, genre_id, composer, disc_number, track_number, milliseconds, bytes, unit_price_cents, version, created_at, updated_at",
  plays: "id, track_id, user_id, played_at",
} as const;

/** Rows per parameter sent to PostgreSQL. */
const CHUNK = 20_000;

type File = ReturnType<typeof openDatabase>;

/** Identifies a catalogue: the numbers of rows, and the last track's public id and time. */
const MARK = `SELECT concat_ws(' ', (SELECT count(*) FROM tracks), (SELECT count(*) FROM plays), (SELECT max(id) FROM plays),
  (SELECT public_id || ' ' || updated_at FROM tracks ORDER BY id DESC LIMIT 1))`;

/** The name of the schema for the file's content. */
export function schemaOf(file: string): string {
  const db = openDatabase(file, { readonly: true });
  const mark = db.prepare<[], string>(MARK).pluck().get()!;
  db.close();
  return `chinook_bench_${hash("sha1", mark + TABLES + INDEXES).slice(0, 8)}`;
}

/**
 * Copies the tables that the routes need from a SQLite file. A trial's changes would stay for the next one, so
 * plays that are not in the file are deleted and changed tracks restored.
 */
export async function load(pool: Pool, schema: string, file: string): Promise<void> {
  const db = openDatabase(file, { readonly: true });
  const client = await pool.connect();
  try {
    // The schema's comment is written last: without it the copy is incomplete.
    const { rows } = await client.query(
      "SELECT obj_description(to_regnamespace($1), 'pg_namespace') AS mark",
      [schema],
    );
    if (rows[0]?.mark === "whole") await restore(client, db);
    else await loadAll(client, db, schema);
  } finally {
    client.release();
    db.close();
  }
}

async function loadAll(client: PoolClient, db: File, schema: string): Promise<void> {
  await client.query(EXTENSION);
  await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE; CREATE SCHEMA ${schema}; ${TABLES}`);
  for (const table of Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]) await copy(client, db, table);
  await client.query(`${INDEXES} COMMENT ON SCHEMA ${schema} IS 'whole'`);
}

async function copy(client: PoolClient, db: File, table: keyof typeof COLUMNS): Promise<void> {
  const columns = COLUMNS[table];
  const read = db.prepare<[number, number], { id: number }>(
    `SELECT ${columns} FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`,
  );
  const insert = `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(null::${table}, $1)`;
  for (let rows = read.all(0, CHUNK); rows.length > 0; rows = read.all(rows.at(-1)!.id, CHUNK)) {
    await client.query(insert, [JSON.stringify(rows)]);
  }
}

async function restore(client: PoolClient, db: File): Promise<void> {
  const last = db.prepare<[], number>("SELECT coalesce(max(id), 0) FROM plays").pluck().get()!;
  await client.query("DELETE FROM plays WHERE id > $1", [last]);
  const { rows } = await client.query("SELECT id FROM tracks WHERE version > 1");
  const read = db.prepare("SELECT composer, version, updated_at FROM tracks WHERE id = ?");
  for (const { id } of rows) {
    const { composer, version, updated_at } = read.get(id) as Record<string, unknown>;
    const sql = "UPDATE tracks SET composer = $2, version = $3, updated_at = $4 WHERE id = $1";
    await client.query(sql, [id, composer, version, updated_at]);
  }
  await client.query("ANALYZE plays");
}
