import { type Nothing, nothing, type Read, read, UNCACHED } from "../../engine/reads/read.ts";

const VERSIONED = ["artists", "albums", "genres", "media_types", "tracks", "playlists", "tags"];
const COUNTED = ["employees", "customers", "invoices", "invoice_lines", "plays"];
const DATED = ["playlist_tracks", "track_tags"];
const figure = (table: string, what: string): string => `(SELECT json_array(${what}) FROM ${table})`;

/**
 * A fingerprint of the catalogue that detects changes: an insert changes the highest id ever used, an update the
 * sum of versions, a deletion the count. SQL for a JSON array. Reads every row.
 */
export const FINGERPRINT_SQL = `json_array(
  ${VERSIONED.map((table) => figure(table, "count(*), sum(version)")).join(", ")},
  ${COUNTED.map((table) => figure(table, "count(*), max(id)")).join(", ")},
  ${DATED.map((table) => figure(table, "count(*), max(added_at)")).join(", ")},
  (SELECT count(*) FROM vector_queue WHERE given = 1),
  (SELECT json_group_array(json_array(name, seq) ORDER BY name) FROM sqlite_sequence
    WHERE name IN (${[...VERSIONED, ...COUNTED].map((table) => `'${table}'`).join(", ")})))`;

/**
 * The state that a load checks before it writes: `{"source", "empty", "changed"}`. `changed` is true unless the
 * catalogue is the unchanged demo: it may be users' data.
 */
export const SOURCE_SQL = `
  SELECT json_object(
    'source', (SELECT value FROM meta WHERE key = 'source'),
    'empty', json(iif(${[...VERSIONED, ...COUNTED].map((table) => `EXISTS (SELECT 1 FROM ${table})`).join(" OR ")},
      'false', 'true')),
    'changed', json(iif((SELECT value FROM meta WHERE key = 'source') IS NOT 'demo', 'true',
      iif((SELECT value FROM meta WHERE key = 'demo') IS ${FINGERPRINT_SQL}, 'false', 'true')))
    ) AS body, NULL AS etag, NULL`;

/** `changed` reads the whole catalogue only for the demo, which is small. */
export const SOURCE_READ: Read<Nothing> = read({
  name: "catalogue.source",
  lane: "scan",
  params: nothing,
  statement: () => ({ sql: SOURCE_SQL, params: {} }),
  cache: UNCACHED,
});
