import type { Param } from "../../../shared/protocol.ts";
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
export const MOST_OWN = 10_000;
/** Genres that one word stands for. */
const MOST_GENRES = 50;

const JOINED = "CROSS JOIN tracks t ON t.id = tracks_fts.rowid LEFT JOIN albums al ON al.id = t.album_id";

/**
 * What a ranking selects from and under which conditions, the expression's aside.
 *
 * The plus keeps FTS5 from being asked about one row after the other: each time it would open the expression anew,
 * and bm25 count the whole index again.
 */
export function candidates({ unindexed, own }: SqlFilters): { from: string; where: string } {
  const within = own === undefined ? [] : [`+tracks_fts.rowid IN (${own} LIMIT ${MOST_OWN})`];
  return {
    from: unindexed.length === 0 ? "tracks_fts" : `tracks_fts ${JOINED}`,
    where: [...within, ...unindexed].map((condition) => `AND ${condition}`).join(" "),
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
 * ranked. `edge` is the first match past the bound. Where there is one the answer says `"bounded": true`, and the
 * tracks entered first are ranked: those that more than their genre makes match, when there are `MANY` of them, else
 * all that match. What counts most is ranked wherever it stands: what is named exactly as typed, and the few
 * (`rest`) that more than their genre makes match.
 */
export function textParts(q: string, query: Query, filters: SqlFilters): Ranking {
  const { from, where } = candidates(filters);
  const most = filters.unindexed.length === 0 ? MOST_RANKED : MOST_FILTERED;
  const nth = (expression: string, n: string) =>
    `(SELECT rowid FROM tracks_fts WHERE tracks_fts MATCH ${expression} LIMIT 1 OFFSET ${n})`;
  const edge = filters.own === undefined ? nth("wide", "likely(@most)") : "NULL";
  return {
    ctes: `
      scope AS MATERIALIZED (
        SELECT edge, iif(many IS NULL, wide, narrow) AS expression,
          ifnull(iif(many IS NULL, edge, ${nth("narrow", "likely(@most)")}), ${MAX_ROWID}) AS before,
          iif(many IS NULL, 0, ifnull((SELECT max(id) FROM tracks WHERE name = likely(@q)), 0)) AS namesake,
          iif(edge IS NULL OR many IS NOT NULL, '""', narrow) AS rest
        FROM (SELECT *, iif(edge IS NULL, NULL, ${nth("narrow", String(MANY))}) AS many
          FROM (SELECT *, ${edge} AS edge
            FROM (SELECT ${within(WIDE, filters)} AS wide, ${within("@narrow", filters)} AS narrow ${ONCE}) ${ONCE}) ${ONCE})),
      ranked AS MATERIALIZED (
        SELECT tracks_fts.rowid AS id, ${SCORE} AS score FROM scope CROSS JOIN ${from}
        WHERE tracks_fts MATCH scope.expression AND tracks_fts.rowid <= max(before - 1, namesake)
          AND (+tracks_fts.rowid < before
            OR +tracks_fts.rowid IN (SELECT id FROM tracks WHERE name = likely(@q) LIMIT ${MOST_NAMESAKES})) ${where}
        UNION ALL
        SELECT tracks_fts.rowid, ${SCORE} FROM scope CROSS JOIN ${from}
        WHERE tracks_fts MATCH scope.rest AND tracks_fts.rowid >= before ${where})`,
    expression: EXPRESSION,
    extra: `'bounded', json(iif(EXISTS (${boundOf(filters, "SELECT 1 FROM scope WHERE edge IS NOT NULL")}), 'true', 'false'))`,
    params: {
      q,
      most,
      pieces: JSON.stringify(matchPieces(query)),
      narrow: `{name artist_name album_title composer} : ${printMatch(query)}`,
    },
  };
}

/** Keeps SQLite from putting the columns of a subquery, and what they cost, wherever they are mentioned. */
const ONCE = "LIMIT 1 OFFSET 0";
/** Matches that are a page and more. */
const MANY = 100;
/** Tracks that are ranked because they are named exactly as typed. */
const MOST_NAMESAKES = 1_000;
const MAX_ROWID = "9223372036854775807";

/** A query with a row when there was more to look at than was looked at, which `edge` tells where nothing is own. */
export const boundOf = ({ own }: SqlFilters, edge: string): string =>
  own === undefined ? edge : `${own} LIMIT 1 OFFSET ${MOST_OWN}`;

const EXPRESSION = "(SELECT expression FROM scope)";
