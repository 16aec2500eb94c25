import { Pool } from "pg";
import { type Backend, listen, routesOver } from "./app.ts";
import type { Body } from "./executor.ts";
import { load, schemaOf } from "./postgres-load.ts";
import { QUERIES } from "./postgres-sql.ts";
import type { ReadName } from "./reads.ts";

/**
 * PostgreSQL behind HTTP as usually written: pg's pool, prepared statements by name, full-text search with a
 * generated `tsvector` and a GIN index, JSON in JavaScript. `node postgres.ts FILE` loads the catalogue of that
 * SQLite file into its own schema at BENCH_POSTGRES_URL, unless it is already there.
 */
const POOL_SIZE = 20;

const file = process.argv[2]!;
const schema = schemaOf(file);

const pool = new Pool({
  connectionString: process.env.BENCH_POSTGRES_URL,
  max: POOL_SIZE,
  options: `-c search_path=${schema}`,
});
await load(pool, schema, file);

async function rows<T>(name: string, text: string, values: readonly unknown[]): Promise<T[]> {
  return (await pool.query({ name, text, values: [...values] })).rows;
}

async function read(name: ReadName, params: object): Promise<Body> {
  const query = QUERIES[name];
  if (query === undefined) throw new Error(`expected a route that PostgreSQL has, got ${name}`);
  const { sql, values, shape } = query(params as never);
  return shape(await rows(name, sql, values));
}

const backend: Backend = {
  read,
  play: async ({ track_id, user_id = null }) => {
    const sql =
      "INSERT INTO plays (track_id, user_id, played_at) VALUES ($1, $2, $3) RETURNING id, track_id, user_id, played_at";
    return (await rows<object>("play", sql, [track_id, user_id, new Date().toISOString()]))[0];
  },
  rename: async ({ id, composer }) => {
    const sql = "UPDATE tracks SET composer = $2, version = version + 1, updated_at = $3 WHERE id = $1";
    await rows("rename", sql, [id, composer, new Date().toISOString()]);
    return read("tracks.get", { id });
  },
};

listen(routesOver(backend));
