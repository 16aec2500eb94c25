import { z } from "zod";
import { wordsOf } from "../../../shared/words.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { inTime, type Nothing, nothing, type Read, read, UNCACHED } from "../../engine/reads/read.ts";
import { text } from "../../http/fields.ts";

/**
 * Maximum names of each kind: what most people mean by two letters is among the most popular few thousand.
 */
const MOST = { artist: 3_000, album: 3_000, track: 4_000 };
/** Days in which a play or purchase loses half of its weight. */
const HALF_LIFE = 30;
/** Plays that a purchase counts for. */
const PURCHASE = 5;
/**
 * Popularity is computed from the latest plays and purchases; reading all would delay searches for seconds.
 */
const LATEST_PLAYS = 100_000;
const LATEST_PURCHASES = 50_000;

const weight = (time: string): string => `pow(2.0, (julianday(${time}) - julianday(@now)) / ${HALF_LIFE})`;

const WEIGHTS = `
  SELECT track_id, sum(weight) AS weight FROM (
    SELECT track_id, ${weight("played_at")} AS weight FROM (
      SELECT track_id, played_at FROM plays ORDER BY played_at DESC LIMIT ${LATEST_PLAYS})
    UNION ALL
    SELECT l.track_id, ${PURCHASE} * l.quantity * ${weight("i.invoice_date")} FROM (
      SELECT * FROM invoice_lines ORDER BY id DESC LIMIT ${LATEST_PURCHASES}) l CROSS JOIN invoices i ON i.id = l.invoice_id)
  WHERE ${inTime("track_id")}
  GROUP BY track_id`;

/** The most popular of a kind; if few were played or bought, those with the lowest ids fill up. */
const heaviest = (kind: keyof typeof MOST, table: string, name: string, weighed: string): string => `
  SELECT '${kind}' AS kind, e.id, e.${name} AS name, e.slug, w.weight, w.tracks FROM (
    SELECT id, sum(weight) AS weight, sum(tracks) AS tracks FROM (
      ${weighed} UNION ALL SELECT id, 0, 0 FROM (SELECT id FROM ${table} ORDER BY id LIMIT ${MOST[kind]}))
    WHERE id IS NOT NULL GROUP BY id ORDER BY 2 DESC, 3 DESC, 1 LIMIT ${MOST[kind]}) w
  CROSS JOIN ${table} e ON e.id = w.id`;

const HEAVIEST = [
  heaviest(
    "artist",
    "artists",
    "name",
    `SELECT al.artist_id AS id, sum(weight) AS weight, count(*) AS tracks FROM weights CROSS JOIN tracks t ON t.id = track_id
       CROSS JOIN albums al ON al.id = t.album_id GROUP BY al.artist_id`,
  ),
  heaviest(
    "album",
    "albums",
    "title",
    `SELECT t.album_id AS id, sum(weight) AS weight, count(*) AS tracks FROM weights CROSS JOIN tracks t ON t.id = track_id GROUP BY t.album_id`,
  ),
  heaviest("track", "tracks", "name", "SELECT track_id AS id, weight, 1 AS tracks FROM weights"),
];

/**
 * The names worth suggesting, most popular first: `[[kind, id, name], …]`, without duplicates within a kind.
 */
export const POPULAR_NAMES_READ: Read<Nothing> = read({
  name: "search.popular-names",
  background: true,
  lane: "scan",
  params: nothing,
  statement: (_, now) => ({
    sql: `
      WITH weights AS MATERIALIZED (${WEIGHTS}),
      heaviest AS MATERIALIZED (
        SELECT kind, id, name, max(weight) AS weight FROM (${HEAVIEST.join(" UNION ALL ")})
        GROUP BY kind, slug, iif(slug = 'untitled', name, '') ORDER BY 4 DESC, kind = 'track', kind = 'album', id)
      SELECT json_group_array(json_array(kind, id, name)), NULL, NULL FROM heaviest`,
    params: { now: now.toISOString() },
  }),
  cache: UNCACHED,
});

/** Tracks whose popularity is stored. It breaks ties between hits. */
const MOST_POPULAR = 20_000;

/**
 * `[[track_id, popularity], …]`, from 1 for the most popular down to 0. It goes by rank, so that it changes
 * with plays and not with the passage of time.
 */
export const POPULARITY_READ: Read<Record<string, never>> = read({
  name: "search.popularity",
  background: true,
  lane: "scan",
  params: z.strictObject({}),
  statement: (_, now) => ({
    sql: `
      WITH heaviest AS MATERIALIZED (
        SELECT track_id, row_number() OVER (ORDER BY weight DESC, track_id) - 1 AS before, count(*) OVER () AS tracks
        FROM (SELECT * FROM (${WEIGHTS}) ORDER BY weight DESC, track_id LIMIT ${MOST_POPULAR}))
      SELECT json_group_array(json_array(track_id, round(1 - 1.0 * before / tracks, 4))), NULL, NULL FROM heaviest`,
    params: { now: now.toISOString() },
  }),
  cache: UNCACHED,
});

/** Drops cached searches, once an hour at most: their order is outdated. */
export const REPLACE_POPULARITY: Command<{ readonly names: string }> = command({
  name: "search.popularity",
  background: true,
  input: z.strictObject({ names: z.string() }),
  statements: ({ names }) => [
    statement("DELETE FROM track_popularity", {}),
    statement(
      "INSERT INTO track_popularity (track_id, popularity) SELECT value ->> 0, value ->> 1 FROM json_each(@names)",
      { names },
    ),
  ],
  tags: () => ["search-words"],
});

/** Replaces all suggestions. The id is the rank, so the first rows found are the most popular. */
export const REPLACE_SUGGESTIONS: Command<{ readonly names: string }> = command({
  name: "search.suggestions",
  background: true,
  input: z.strictObject({ names: z.string() }),
  statements: ({ names }) => [
    statement("DELETE FROM suggestions", {}),
    statement(
      `INSERT INTO suggestions (id, kind, entity_id, name)
       SELECT key + 1, value ->> 0, value ->> 1, value ->> 2 FROM json_each(@names)`,
      { names },
    ),
    statement("INSERT INTO suggestions_fts (suggestions_fts) VALUES ('rebuild')", {}),
  ],
  tags: () => ["suggestions"],
});

export interface SuggestParams {
  readonly q: string;
  readonly limit: number;
}

const suggestParams = z.strictObject({
  q: text(100).meta({
    description: "The beginning of words of a name, without regard to accents.",
    example: "ri",
  }),
  limit: z
    .string()
    .regex(/^([1-9]|1\d|20)$/, "must be a whole number from 1 to 20")
    .transform(Number)
    .default(10)
    .meta({ override: { type: "integer", minimum: 1, maximum: 20, default: 10 } }),
}) as unknown as z.ZodType<SuggestParams>;

/** More than are shown, since duplicates and renamed entities are removed afterwards. */
const MOST_EXAMINED = 60;
const MOST_BEGINNING = 20;
const MOST_LIVE = 10;

/** Names in the catalogue that begin with the typed text: new and rare ones. */
const live = (kind: string, table: string, name: string): string => `
  SELECT * FROM (SELECT 1000000000 AS rank, '${kind}' AS kind, id, NULL AS listed FROM ${table}
    WHERE ${name} >= likely(@q) AND ${name} < likely(@q || char(1114111)) ORDER BY ${name} LIMIT ${MOST_LIVE})`;

/** Exact names first, then names that begin with the typed text, then all others. */
const NEARNESS = `
  CASE WHEN title_rank(@q, name, NULL, NULL) >= 8 THEN 0 WHEN title_rank(@q, name, NULL, NULL) >= 4 THEN 1 ELSE 2 END`;

const SUGGEST = `
  WITH found AS MATERIALIZED (
    SELECT * FROM (SELECT id AS rank, kind, entity_id AS id, name AS listed FROM suggestions
      WHERE name COLLATE NOCASE >= likely(@q) AND name COLLATE NOCASE < likely(@q || char(1114111))
      ORDER BY rank LIMIT ${MOST_BEGINNING})
    UNION SELECT * FROM (SELECT s.id AS rank, s.kind, s.entity_id AS id, s.name AS listed
      FROM suggestions_fts CROSS JOIN suggestions s ON s.id = suggestions_fts.rowid
      WHERE suggestions_fts MATCH likely(@match) ORDER BY suggestions_fts.rowid LIMIT ${MOST_EXAMINED})
    UNION ALL ${live("artist", "artists", "name")}
    UNION ALL ${live("album", "albums", "title")}
    UNION ALL ${live("track", "tracks", "name")}),
  named AS MATERIALIZED (
    SELECT rank, kind, id, listed, CASE kind
      WHEN 'artist' THEN (SELECT name FROM artists WHERE artists.id = found.id)
      WHEN 'album' THEN (SELECT title FROM albums WHERE albums.id = found.id)
      ELSE (SELECT name FROM tracks WHERE tracks.id = found.id) END AS name
    FROM found),
  shown AS MATERIALIZED (
    SELECT kind, id, name, min(rank) AS rank, ${NEARNESS} AS nearness FROM named
    WHERE name IS NOT NULL AND (listed IS NULL OR listed = name COLLATE NOCASE)
    GROUP BY kind, lower(name) ORDER BY nearness, 4, kind = 'track', kind = 'album', name LIMIT likely(@limit))
  SELECT json_object('data', json((SELECT json_group_array(json_object('kind', kind, 'id', id, 'name', name)) FROM shown)),
    'next', NULL), NULL, NULL`;

export const SUGGESTIONS_READ: Read<SuggestParams> = read({
  name: "search.suggestions",
  lane: "point",
  params: suggestParams,
  statement: ({ q, limit }) => ({ sql: SUGGEST, params: { q, limit, match: matchOf(q) } }),
  cache: { table: "popular", lifetime: 3_600, tags: () => ["suggestions"], joins: [], freshness: "lifetime" },
});

/** All words, the last of them as a prefix. */
function matchOf(q: string): string {
  const words = wordsOf(q).map((word) => `"${word}"`);
  return words.length === 0 ? '""' : `${words.join(" AND ")} *`;
}
