import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import type { Commands } from "../../engine/commands/command-bus.ts";
import { type Nothing, nothing, type Read, read } from "../../engine/reads/read.ts";
import { learnAll } from "./vocabulary.ts";

/** Maintenance of the text index: the commands behind `chinook fts`. They run in the writer. */

const SEARCHES = () => ["tracks", "search-words"];

/**
 * Rebuilds the index from the documents, then corrects the documents from the catalogue; the index follows.
 */
const rebuild: Command<Nothing> = command({
  name: "fts.rebuild",
  input: nothing,
  statements: () =>
    [
      "INSERT INTO tracks_fts (tracks_fts) VALUES ('rebuild')",
      "DELETE FROM track_documents WHERE id NOT IN (SELECT id FROM tracks)",
      `UPDATE track_documents AS d SET (name, artist_name, album_title, composer, aliases, genre) =
         (w.name, w.artist_name, w.album_title, w.composer, w.aliases, w.genre)
       FROM track_documents_wanted w WHERE w.id = d.id AND ${differs("d", "w")}`,
      `INSERT INTO track_documents SELECT * FROM track_documents_wanted
       WHERE id NOT IN (SELECT id FROM track_documents)`,
      "INSERT INTO genres_fts (genres_fts) VALUES ('rebuild')",
      "INSERT INTO names_fts (names_fts) VALUES ('delete-all')",
      `INSERT INTO names_fts (rowid, name, artist_name, aliases)
       SELECT document, name, artist_name, aliases FROM names_wanted`,
      "INSERT INTO suggestions_fts (suggestions_fts) VALUES ('rebuild')",
      "INSERT INTO search_trigrams (search_trigrams) VALUES ('delete-all')",
      "INSERT INTO search_stems (search_stems) VALUES ('delete-all')",
      "DELETE FROM search_words",
      "DELETE FROM search_pending",
      `INSERT INTO search_pending (text) SELECT name FROM artists UNION ALL SELECT title FROM albums
       UNION ALL SELECT name FROM genres UNION ALL SELECT name FROM playlists WHERE visibility = 'public' UNION ALL SELECT concat_ws(' ', name, composer) FROM tracks`,
    ].map((sql) => statement(sql, {})),
  tags: SEARCHES,
});

function differs(left: string, right: string): string {
  const columns = ["name", "artist_name", "album_title", "composer", "aliases", "genre"];
  return `(${columns.map((column) => `${left}.${column} COLLATE BINARY IS NOT ${right}.${column}`).join(" OR ")})`;
}

const SEGMENTS = "(SELECT count(DISTINCT segid) FROM tracks_fts_idx)";
const PAGES = "(SELECT count(*) FROM tracks_fts_data)";

/** Pages that one merge step writes, which takes the writer some milliseconds. */
const STEP = 1_000;

/**
 * One step of merging all segments into one. The first step passes a negative number, which marks all
 * existing segments for the merge; segments written later are not included.
 */
const join: Command<{ readonly first: boolean }> = command({
  name: "fts.join",
  input: z.strictObject({ first: z.boolean() }),
  statements: ({ first }) => [
    statement(`INSERT INTO tracks_fts (tracks_fts, rank) VALUES ('merge', ${first ? -STEP : STEP})`, {}),
  ],
  answer: () =>
    statement(`SELECT json_object('segments', ${SEGMENTS}, 'pages', ${PAGES}) AS body, NULL AS etag`, {}),
  tags: () => [],
});

/** Takes at most as many steps as the index has room for. Other writes run between the steps. */
async function joinSegments(commands: Commands): Promise<void> {
  const step = async (first: boolean): Promise<{ segments: number; pages: number }> =>
    JSON.parse((await commands.execute(join, { first })).body!);
  let { segments, pages } = await step(true);
  for (let left = pages; segments > 1 && left > 0; left -= STEP) ({ segments } = await step(false));
}

/** The same for small indexes, in one step. */
const optimize: Command<Nothing> = command({
  name: "fts.optimize",
  input: nothing,
  statements: () =>
    ["genres_fts", "names_fts", "search_trigrams", "search_stems", "suggestions_fts"].map((table) =>
      statement(`INSERT INTO ${table} (${table}) VALUES ('optimize')`, {}),
    ),
  tags: () => [],
});

/** A part of the merge, small enough to run every hour. */
const merge: Command<Nothing> = command({
  name: "fts.merge",
  background: true,
  input: nothing,
  statements: () => [statement("INSERT INTO tracks_fts (tracks_fts, rank) VALUES ('merge', 500)", {})],
  tags: () => [],
});

/** Compares every term with the documents: only this detects an outdated external-content index. */
const integrity: Command<Nothing> = command({
  name: "fts.integrity",
  input: nothing,
  statements: () =>
    ["tracks_fts", "genres_fts"].map((table) =>
      statement(`INSERT INTO ${table} (${table}, rank) VALUES ('integrity-check', 1)`, {}),
    ),
  tags: () => [],
});

/** Ids of one comparison, which takes the writer a fraction of a second. */
const SLICE = 10_000;
/** Maximum rows listed per defect. */
const MOST_NAMED = 10;

/** Rows of one table that are missing in another. */
const without = (table: string, other: string): string =>
  `SELECT x.id FROM ${table} x WHERE NOT EXISTS (SELECT 1 FROM ${other} y WHERE y.id = x.id)`;

/** Possible defects of a row, as queries for the ids of `x`. */
const DEFECTS = {
  missing: without("tracks", "track_documents"),
  orphaned: without("track_documents", "tracks"),
  stale: `SELECT x.id FROM track_documents x CROSS JOIN track_documents_wanted w ON w.id = x.id WHERE ${differs("x", "w")}`,
  unindexed: without("track_documents", "tracks_fts_docsize"),
  undocumented: without("tracks_fts_docsize", "track_documents"),
} as const;
type Defect = keyof typeof DEFECTS;

const compare: Command<{ readonly after: number }> = command({
  name: "fts.compare",
  input: z.strictObject({ after: z.int() }),
  statements: () => [],
  answer: ({ after }) =>
    statement(
      `SELECT json_object(${Object.entries(DEFECTS)
        .map(([defect, sql]) => `'${defect}', json((SELECT json_group_array(id) FROM (${within(sql)})))`)
        .join(", ")}) AS body, NULL AS etag`,
      { after, until: after + SLICE },
    ),
  tags: () => [],
});

const within = (sql: string): string => `${sql} AND x.id > likely(@after) AND x.id <= likely(@until)`;

const STATS = `
  SELECT json_object(
    'tracks', (SELECT count(*) FROM tracks),
    'documents', (SELECT count(*) FROM track_documents),
    'indexed', (SELECT count(*) FROM tracks_fts_docsize),
    'highest_id', max((SELECT ifnull(max(id), 0) FROM tracks), (SELECT ifnull(max(id), 0) FROM track_documents),
      (SELECT ifnull(max(id), 0) FROM tracks_fts_docsize)),
    'segments', ${SEGMENTS},
    'index_bytes', (SELECT ifnull(sum(length(block)), 0) FROM tracks_fts_data),
    'words', (SELECT count(*) FROM search_words),
    'texts_to_learn', (SELECT count(*) FROM search_pending),
    'suggestions', (SELECT count(*) FROM suggestions),
    'tags', (SELECT count(*) FROM tags)) AS body, NULL AS etag`;

const stats: Command<Nothing> = command({
  name: "fts.stats",
  input: nothing,
  statements: () => [],
  answer: () => statement(STATS, {}),
  tags: () => [],
});

export const FTS_COMMANDS = { rebuild, join, merge, optimize, integrity, compare, stats };

export interface FtsStats {
  readonly tracks: number;
  readonly indexed: number;
  readonly highest_id: number;
  readonly [figure: string]: number;
}

export interface FtsValidation {
  readonly ok: boolean;
  /** Whether the index matches the documents, term by term. */
  readonly index_agrees: boolean;
  /** The number of rows with each defect, and the first of them. */
  readonly defects: Readonly<Record<Defect, { readonly count: number; readonly first: readonly number[] }>>;
}

export const FTS_ACTIONS = {
  rebuild: async (commands: Commands) => {
    const started = performance.now();
    await commands.execute(rebuild, {});
    await learnAll(commands);
    return { ms: performance.now() - started };
  },
  optimize: async (commands: Commands) => {
    const started = performance.now();
    await joinSegments(commands);
    await commands.execute(optimize, {});
    return { ms: performance.now() - started };
  },
  validate,
  stats: async (commands: Commands): Promise<FtsStats> =>
    JSON.parse((await commands.execute(stats, {})).body!),
} satisfies Record<string, (commands: Commands) => Promise<unknown>>;

export type FtsAction = keyof typeof FTS_ACTIONS;

async function validate(commands: Commands): Promise<FtsValidation> {
  const { highest_id } = await FTS_ACTIONS.stats(commands);
  const found: Record<string, { count: number; first: number[] }> = {};
  for (const defect of Object.keys(DEFECTS)) found[defect] = { count: 0, first: [] };
  for (let after = 0; after < highest_id; after += SLICE) {
    const slice = JSON.parse((await commands.execute(compare, { after })).body!) as Record<Defect, number[]>;
    for (const [defect, ids] of Object.entries(slice)) {
      found[defect]!.count += ids.length;
      found[defect]!.first.push(...ids.slice(0, MOST_NAMED - found[defect]!.first.length));
    }
  }
  const index_agrees = await agrees(commands);
  const defects = found as unknown as FtsValidation["defects"];
  return {
    ok: index_agrees && Object.values(defects).every(({ count }) => count === 0),
    index_agrees,
    defects,
  };
}

async function agrees(commands: Commands): Promise<boolean> {
  try {
    await commands.execute(integrity, {});
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === "corrupt") return false;
    throw error;
  }
}

/** The share of tracks in the index. */
export const COVERAGE_READ: Read<Nothing> = read({
  name: "fts.coverage",
  lane: "scan",
  params: nothing,
  statement: () => ({
    sql: `SELECT ifnull(1.0 * (SELECT count(*) FROM tracks_fts_docsize) / nullif((SELECT count(*) FROM tracks), 0), 1.0) || '',
      '', NULL`,
    params: {},
  }),
  cache: { table: "aggregations", lifetime: 60, tags: () => [], joins: [], freshness: "lifetime" },
});
