import type { Param } from "../../shared/protocol.ts";
import type { SqlFilters } from "./filters.ts";
import { printMatch, type Query } from "./query.ts";

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

/** Weights of name, artist_name, album_title, composer, genre_name. */
const BM25 = "bm25(tracks_fts, 10.0, 6.0, 2.0, 1.0, 0.5)";
export const SCORE = `CAST(round(-${BM25} * 1e9) AS INTEGER)`;
/** Matches that are ranked at the most; with filters, that are looked at. */
export const MOST_RANKED = 5_000;
export const MOST_FILTERED = 25_000;
/** Tracks of one artist or album that a search within it looks at. */
export const MOST_OWN = 10_000;

const JOINED = "CROSS JOIN tracks t ON t.id = tracks_fts.rowid LEFT JOIN albums al ON al.id = t.album_id";

/** What a ranking selects from and under which conditions, the expression's aside. */
export function candidates({ conditions, own }: SqlFilters): { from: string; where: string } {
  const within = own === undefined ? [] : [`tracks_fts.rowid IN (${own} LIMIT ${MOST_OWN})`];
  return {
    from: conditions.length === 0 ? "tracks_fts" : `tracks_fts ${JOINED}`,
    where: [...within, ...conditions].map((condition) => `AND ${condition}`).join(" "),
  };
}

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
  const match = printMatch(query);
  const most = filters.conditions.length === 0 ? MOST_RANKED : MOST_FILTERED;
  const edge =
    filters.own === undefined
      ? "SELECT rowid AS id FROM tracks_fts WHERE tracks_fts MATCH likely(@match) LIMIT 1 OFFSET @most"
      : "SELECT NULL AS id WHERE false";
  return {
    ctes: `
      edge AS MATERIALIZED (${edge}),
      last AS MATERIALIZED (SELECT ifnull(
        (SELECT rowid FROM tracks_fts WHERE EXISTS (SELECT 1 FROM edge) AND tracks_fts MATCH likely(@narrow) LIMIT 1 OFFSET @most - 1),
        9223372036854775807) AS id),
      ranked AS MATERIALIZED (
        SELECT tracks_fts.rowid AS id, ${SCORE} AS score FROM ${from}
        WHERE tracks_fts MATCH ${EXPRESSION} AND tracks_fts.rowid <= (SELECT id FROM last) ${where}
        UNION ALL
        SELECT tracks_fts.rowid, ${SCORE} FROM ${from}
        WHERE EXISTS (SELECT 1 FROM edge) AND tracks_fts MATCH likely(@narrow)
          AND tracks_fts.rowid IN (SELECT id FROM tracks WHERE name = likely(@q) AND id > (SELECT id FROM last) LIMIT 100)
          ${where})`,
    expression: EXPRESSION,
    extra: `'bounded', json(iif(EXISTS (${boundOf(filters)}), 'true', 'false'))`,
    params: { q, most, match, narrow: `{name artist_name album_title composer} : ${match}` },
  };
}

/** A query with a row when there was more to look at than was looked at. */
export const boundOf = ({ own }: SqlFilters): string =>
  own === undefined ? "SELECT 1 FROM edge" : `${own} LIMIT 1 OFFSET ${MOST_OWN}`;

const EXPRESSION = "iif(EXISTS (SELECT 1 FROM edge), @narrow, @match)";
