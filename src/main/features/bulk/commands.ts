import { z } from "zod";
import type { Statement } from "../../../shared/protocol.ts";
import {
  BULK_COLUMNS,
  BULK_TABLES,
  type BulkTable,
  CHUNK_ROWS,
  type Chunk,
  type Value,
} from "../../../shared/tables.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { type Nothing, nothing } from "../../engine/reads/read.ts";
import { FINGERPRINT_SQL, SOURCE_SQL } from "./source.ts";

/** Columns whose change does not count when a row is loaded again. */
const UNCOUNTED = new Set(["id", "public_id", "created_at", "updated_at"]);
const VERSIONED = new Set<BulkTable>(["artists", "albums", "genres", "media_types", "tracks", "playlists"]);
/** Appends to the playlist, with gaps between positions. A track that is already in it keeps its position. */
const ENTRIES = `
  INSERT INTO playlist_tracks (playlist_id, track_id, added_at, position)
  SELECT value ->> 0, value ->> 1, value ->> 2,
    (SELECT coalesce(max(position), 0) FROM playlist_tracks WHERE playlist_id = value ->> 0)
      + row_number() OVER (PARTITION BY value ->> 0 ORDER BY key) * 1048576
  FROM json_each(@rows) WHERE NOT EXISTS (
    SELECT 1 FROM playlist_tracks WHERE track_id = value ->> 1 AND playlist_id = value ->> 0)
  ORDER BY key`;

/**
 * Upserts rows of one table in one statement: the chunk is passed as JSON text and becomes a table inside SQLite.
 * An existing row is updated only if it differs, so loading a catalogue twice changes nothing.
 */
function upsert(table: BulkTable): string {
  if (table === "playlist_tracks") return ENTRIES;
  const columns = BULK_COLUMNS[table] as readonly string[];
  const values = columns.map((_, i) => `value ->> ${i}`).join(", ");
  return `INSERT INTO ${table} (${columns.join(", ")}) SELECT ${values} FROM json_each(@rows) WHERE true
    ${onConflict(table, columns)}`;
}

function onConflict(table: BulkTable, columns: readonly string[]): string {
  const counted = columns.filter((column) => !UNCOUNTED.has(column));
  const sets = counted.map((column) => `${column} = excluded.${column}`);
  const differs = counted.map((column) => `${table}.${column} COLLATE BINARY IS NOT excluded.${column}`);
  const stamp = VERSIONED.has(table) ? ", version = version + 1, updated_at = excluded.updated_at" : "";
  return `ON CONFLICT (id) DO UPDATE SET ${sets.join(", ")}${stamp} WHERE ${differs.join(" OR ")}`;
}

const UPSERTS = Object.fromEntries(BULK_TABLES.map((table) => [table, upsert(table)])) as Record<
  BulkTable,
  string
>;

/** FTS5's default: the number of segments of a size that are merged as writes go on. */
const AUTOMERGE = 4;
const automerge = (segments: number): Statement =>
  statement(`INSERT INTO tracks_fts (tracks_fts, rank) VALUES ('automerge', ${segments})`, {});

/**
 * Loads a chunk without merging the text index, which other writes pay for gradually: a load merges once, at its
 * end. The setting is turned off and on in one transaction, so that an interrupted load does not leave it off. The
 * number of changed rows is read in between, since later statements count as changes too.
 */
const unmerged = (load: Statement): Statement[] => [
  automerge(0),
  load,
  note("changed", "changes()"),
  automerge(AUTOMERGE),
];

const everything = () => ["*"];

/** Not a union: each wrong value would cause three errors, and a chunk has thousands of values. */
const value = z
  .custom<Value>(
    (given) => given === null || typeof given === "string" || Number.isFinite(given),
    "must be text, a number or null",
  )
  .meta({ override: { type: ["string", "number", "null"] } });

const load: Command<Chunk> = command({
  name: "bulk.load",
  input: z.strictObject({
    table: z.enum(BULK_TABLES as [BulkTable, ...BulkTable[]]),
    rows: z.array(z.array(value).readonly()).min(1).max(CHUNK_ROWS).readonly(),
  }),
  statements: ({ table, rows }) => unmerged(statement(UPSERTS[table], { rows: JSON.stringify(rows) })),
  answer: () =>
    statement(
      "SELECT json_object('changed', CAST(value AS INTEGER)) AS body, NULL AS etag FROM meta WHERE key = 'changed'",
      {},
    ),
  foreignKey: "reference_unknown",
  tags: everything,
});

const note = (key: string, value: string, params: Statement["params"] = {}): Statement =>
  statement(
    `INSERT INTO meta VALUES ('${key}', ${value}) ON CONFLICT DO UPDATE SET value = excluded.value`,
    params,
  );

/** `loading` during a load; an interrupted load leaves it behind. */
export type CatalogueSource = "demo" | "generated" | "imported" | "loading";

/** Records the catalogue's source; for the demo also its fingerprint, to detect changes. */
const source: Command<{ source: CatalogueSource }> = command({
  name: "bulk.source",
  input: z.strictObject({ source: z.enum(["demo", "generated", "imported", "loading"]) }),
  statements: ({ source }) => [
    note("source", "@source", { source }),
    ...(source === "demo" ? [note("demo", FINGERPRINT_SQL)] : []),
  ],
  tags: everything,
});

/** The same as the read, for a writer without readers. */
const inspect: Command<Nothing> = command({
  name: "bulk.inspect",
  input: nothing,
  statements: () => [],
  answer: () => statement(SOURCE_SQL, {}),
  tags: () => [],
});

export const BULK_COMMANDS = { load, source, inspect };
