import { type Nothing, nothing, type Read, read, UNCACHED } from "../../engine/reads/read.ts";

/** What a bulk load asks before it writes: `{"source", "empty"}`. */
export const SOURCE_SQL = `
  SELECT json_object(
    'source', (SELECT value FROM meta WHERE key = 'source'),
    'empty', json(iif(EXISTS (SELECT 1 FROM artists WHERE id > 0) OR EXISTS (SELECT 1 FROM tracks WHERE id > 0),
      'false', 'true'))) AS body, NULL AS etag, NULL`;

export const SOURCE_READ: Read<Nothing> = read({
  name: "catalogue.source",
  lane: "point",
  params: nothing,
  statement: () => ({ sql: SOURCE_SQL, params: {} }),
  cache: UNCACHED,
});
