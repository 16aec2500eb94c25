import type { Param } from "../../shared/protocol.ts";
import type { SqlFilters } from "./filters.ts";
import { matchPieces, printMatch, type Query } from "./query.ts";
import { GENRE_MARK } from "./tokens.ts";

/** How a mode ranks, as parts of the one statement that answers a search. */
export interface Ranking {
  /** Common table expressions, the last of them `ranked (id, score)`. */
  readonly ctes: string;
  /** SQL of the FTS5 expression that was ranked by: what is highlighted. */
  readonly expression: string;
  /** More members of the answer's object. */
  readonly extra: string;
  readonly params: Readonly<Record<string, Param>>;
}

/** Weights of name, artist_name, album_title, composer, genre. */
const BM25 = "bm25(tracks_fts, 10.0, 6.0, 2.0, 1.0, 0.5)";
export const SCORE = `CAST(round(-${BM25} * 1e9) AS INTEGER)`;
/** Matches that are ranked at the most; with filters, that are looked at. */
export const MOST_RANKED = 2_000;
export const MOST_FILTERED = 10_000;
/** Tracks of one artist or album that a search within it looks at. */
const MOST_OWN = 10_000;
/** Genres that one word stands for. */
const MOST_GENRES = 50;

const JOINED = "CROSS JOIN tracks t ON t.id = tracks_fts.rowid LEFT JOIN albums al ON al.id = t.album_id";

/**
 * What a ranking selects from and under which conditions, the expression's aside.
 *
 * The plus keeps FTS5 from being asked about one row after the other: each time it would open the expression anew,
 * and bm25 count the whole index again.
 */
export function candidates({ conditions, own }: SqlFilters): { from: string; where: string } {
  const within = own === undefined ? [] : [`+tracks_fts.rowid IN (${own} LIMIT ${MOST_OWN})`];
  return {
    from: conditions.length === 0 ? "tracks_fts" : `tracks_fts ${JOINED}`,
    where: [...within, ...conditions].map((condition) => `AND ${condition}`).join(" "),
  };
}

/** SQL of an expression for tracks of these genres. */
const ofGenres = (ids: string): string =>
  `(SELECT 'genre : (' || group_concat('"' || char(${GENRE_MARK}) || id || '"', ' OR ') || ')' FROM (${ids}))`;

/** SQL of a term, or of what stands for one, as an expression that also finds the tracks of the genres it names. */
export const orGenres = (term: string): string =>
  `ifnull('(' || ${term} || ' OR ' || ${ofGenres(
    `SELECT rowid AS id FROM genres_fts WHERE genres_fts MATCH ${term} LIMIT ${MOST_GENRES}`,
  )} || ')', ${term})`;

/** SQL of an expression, within the genres of the filter when there is one. */
export const within = (expression: string, { genres }: SqlFilters): string =>
  genres === undefined
    ? expression
    : `'(' || ${expression} || ') AND ' || ifnull(${ofGenres(`SELECT id FROM (${genres}) LIMIT ${MOST_GENRES}`)}, '""')`;

const WIDE = `(SELECT group_concat(iif(key % 2, ${orGenres("value")}, value), '' ORDER BY key) FROM json_each(likely(@pieces)))`;

/**
 * Text mode: what matches, by weighted bm25.
 *
 * A word that half of the catalogue holds must not cost more than others, so at most `MOST_RANKED` matches are
 * ranked. `edge` is the first match past the bound; where there is one, the matches that only their genre makes are
 * left out, the tracks entered first are ranked, those that are named exactly so are added, and the answer says
 * `"bounded": true`.
 */
export function textParts(q: string, query: Query, filters: SqlFilters): Ranking {
  const { from, where } = candidates(filters);
  const most = filters.conditions.length === 0 ? MOST_RANKED : MOST_FILTERED;
  const edge = filters.own === undefined ? "tracks_fts MATCH (SELECT wide FROM expression)" : "false";
  return {
    ctes: `
      expression AS MATERIALIZED (SELECT ${within(WIDE, filters)} AS wide, ${within("@narrow", filters)} AS narrow),
      edge AS MATERIALIZED (SELECT rowid AS id FROM tracks_fts WHERE ${edge} LIMIT 1 OFFSET likely(@most)),
      last AS MATERIALIZED (SELECT ifnull(
        (SELECT rowid FROM tracks_fts WHERE EXISTS (SELECT 1 FROM edge)
          AND tracks_fts MATCH (SELECT narrow FROM expression) LIMIT 1 OFFSET likely(@most) - 1),
        ${MAX_ROWID}) AS id),
      namesake AS MATERIALIZED (
        SELECT id FROM tracks WHERE name = likely(@q) AND id > (SELECT id FROM last) LIMIT ${MOST_NAMESAKES}),
      ranked AS MATERIALIZED (
        SELECT tracks_fts.rowid AS id, ${SCORE} AS score FROM ${from}
        WHERE tracks_fts MATCH ${EXPRESSION}
          AND tracks_fts.rowid <= (SELECT max(last.id, ifnull((SELECT max(id) FROM namesake), 0)) FROM last)
          AND (+tracks_fts.rowid <= (SELECT id FROM last) OR +tracks_fts.rowid IN (SELECT id FROM namesake)) ${where})`,
    expression: EXPRESSION,
    extra: `'bounded', json(iif(EXISTS (${boundOf(filters)}), 'true', 'false'))`,
    params: {
      q,
      most,
      pieces: JSON.stringify(matchPieces(query)),
      narrow: `{name artist_name album_title composer} : ${printMatch(query)}`,
    },
  };
}

const MAX_ROWID = "9223372036854775807";
/** Tracks beyond the bound that are ranked because they are named exactly as typed. */
const MOST_NAMESAKES = 100;

/** A query with a row when there was more to look at than was looked at. */
export const boundOf = ({ own }: SqlFilters): string =>
  own === undefined ? "SELECT 1 FROM edge" : `${own} LIMIT 1 OFFSET ${MOST_OWN}`;

const EXPRESSION = "(SELECT iif(EXISTS (SELECT 1 FROM edge), narrow, wide) FROM expression)";
