import type { Param } from "../../../shared/protocol.ts";
import type { SqlFilters } from "./filters.ts";
import { anyOf, exactPieces, marksOf, plainOf, stemsOf, titleOf, widePieces } from "./match.ts";
import { isPlain, type Query } from "./query.ts";
import { GENRE_MARK } from "./tokens.ts";

/** How a mode ranks. */
export interface Ranking {
  /** What the SQL depends on besides mode and filters: it is built once per shape. */
  readonly shape: string;
  readonly sql: () => RankingSql;
  readonly params: Readonly<Record<string, Param>>;
}

/** Parts of the one statement that answers a search. */
export interface RankingSql {
  /** Common table expressions, the last of them `ranked (id, score)`. */
  readonly ctes: string;
  /** SQL of the terms to highlight, as the readers' `highlights` takes them. */
  readonly marked: string;
  /** More members of the answer's object, over all rows of `ranked`: SQL may aggregate. */
  readonly extra: string;
}

/** Weights of name, artist_name, album_title, composer, aliases, genre. */
export const BM25 = "-bm25(tracks_fts, 10.0, 6.0, 2.0, 1.0, 1.0, 0.5)";
/** Maximum matches that are ranked; with filters, that are examined. */
export const MOST_RANKED = 2_000;
export const MOST_FILTERED = 10_000;
/** Maximum tracks of one artist or album that a search within it examines. */
export const MOST_OWN = 10_000;
/** Maximum tracks looked up by the beginning of their name. */
const MOST_NAMED = 500;
/** Maximum genres for one word. */
const MOST_GENRES = 50;
/** Maximum other forms of a search's words. */
const MOST_FORMS = 100;

const JOINED = "CROSS JOIN tracks t ON t.id = tracks_fts.rowid LEFT JOIN albums al ON al.id = t.album_id";

/**
 * The FROM clause and conditions of a ranking, without the expression.
 *
 * The plus keeps FTS5 from being queried row by row: each query would parse the expression again, and bm25
 * would count the whole index again.
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

/** SQL of an expression for the tracks of the genres that a term names; null when it names none. */
const namedGenres = (term: string): string =>
  ofGenres(`SELECT rowid AS id FROM genres_fts WHERE genres_fts MATCH ${term} LIMIT ${MOST_GENRES}`);

/** Most searches name no genre, and few words have other forms: then the parameters' expressions apply. */
const KNOWN = `(
  SELECT EXISTS (SELECT 1 FROM genres_fts WHERE genres_fts MATCH likely(@any)) AS genres,
    EXISTS (SELECT 1 FROM forms) AS formed LIMIT 1 OFFSET 0)`;

/**
 * SQL of a term, or of its alternatives, as an expression that also finds the tracks of the genres it names.
 */
export const orGenres = (term: string): string =>
  `ifnull('(' || ${term} || ' OR ' || ${namedGenres(term)} || ')', ${term})`;

/** SQL of an expression, restricted to the filter's genre, if any. */
export const within = (expression: string, { genres }: SqlFilters): string =>
  genres === undefined
    ? expression
    : `'(' || ${expression} || ') AND ' || ifnull(${ofGenres(`SELECT id FROM (${genres}) LIMIT ${MOST_GENRES}`)}, '""')`;

/** Other forms of the words: those of the vocabulary with the same stem. */
export const FORMS = `
  forms AS MATERIALIZED (
    SELECT typed.value AS stem, '"' || w.word || '"' AS form, w.word FROM json_each(likely(@stems)) typed
    CROSS JOIN search_stems CROSS JOIN search_words w ON w.id = search_stems.rowid
    WHERE search_stems MATCH typed.value AND form <> typed.value LIMIT ${MOST_FORMS})`;
export const FORMS_OF = "(SELECT group_concat(form, ' OR ') FROM forms WHERE stem = value ->> 2)";

/** SQL of pieces of an expression, each with its genres and other word forms from the catalogue. */
const widened = (pieces: string, forms: string): string => `(
  SELECT group_concat(iif(value ->> 1,
    '(' || concat_ws(' OR ', value ->> 0, ${forms}, iif(known.genres, ${namedGenres("value ->> 0")}, NULL)) || ')',
    value ->> 0), '' ORDER BY key) FROM json_each(likely(${pieces})))`;
const NARROW = `iif(known.genres, ${widened("@exact_pieces", "NULL")}, @exact)`;
const WIDE = `iif(known.genres OR known.formed, ${widened("@wide_pieces", FORMS_OF)}, @wide)`;

/** SQL of the terms to highlight: the words, and their other forms. */
export const MARKED = `iif(EXISTS (SELECT 1 FROM forms), json_set(@marked, '$.words', json((
  SELECT json_group_array(word) FROM (
    SELECT value AS word FROM json_each(likely(@marked), '$.words') UNION ALL SELECT word FROM forms)))), @marked)`;

/**
 * A hit's rank, higher is better: by how its names match the query (3 and up, see the readers' `titleRank`),
 * otherwise its level plus the relevance as a fraction, which is computed only then.
 */
const PLACE = `round(coalesce(title_rank(@typed, d.name, d.artist_name, d.album_title), level + 0.99 - 99 / (${BM25} + 100)), 3)`;

/** Breaks ties by popularity. In integers (billionths), so that a cursor finds its place again exactly. */
const scoreOf = (place: string, id: string): string => `
  CAST(round((${place} + 0.0009 * ifnull((SELECT popularity FROM track_popularity WHERE track_id = ${id}), 0)) * 1e9) AS INTEGER)`;

/**
 * Text mode: exact words first, then wider matches.
 *
 * Level 2 has all words as typed. Level 1 has them as a prefix (the last word), in another form, or in its
 * genre's name. A word in half of the catalogue must not cost more than others, so at most `MOST_RANKED` are
 * ranked, of each level the tracks with the lowest ids; beyond that the answer says `"bounded": true`. The
 * best matches are always ranked: `named`, the tracks whose names begin with the query.
 */
export function textParts(
  q: string,
  query: Query | undefined,
  filters: SqlFilters,
  ranked = "ranked",
): Ranking {
  const plain = query !== undefined && isPlain(q);
  return {
    shape: String(plain),
    sql: () => textSql(plain, filters, ranked),
    params: textParams(q, query),
  };
}

const textSql = (plain: boolean, filters: SqlFilters, ranked: string): RankingSql => ({
  ctes: `${FORMS}, ${scopesCte(filters)}, ${namedCte(plain, filters)},
      ${ranked} AS MATERIALIZED (
        SELECT id, score, NULL AS counted, 0 AS cut FROM named UNION ALL SELECT * FROM (${hitsSql(filters)}))`,
  marked: MARKED,
  extra: `'bounded', json(iif(${isBounded(filters)}, 'true', 'false'))`,
});

export const textParams = (q: string, query: Query | undefined): Readonly<Record<string, Param>> => ({
  ...namedParams(q),
  ...queryParams(query),
});

const NO_WORDS: Readonly<Record<string, Param>> = {
  ...{ typed: "", any: '""', exact: '""', wide: '""', exact_pieces: "[]", wide_pieces: "[]", stems: "[]" },
  marked: '{"words":[],"prefixes":[],"phrases":[]}',
};

function queryParams(query: Query | undefined): Readonly<Record<string, Param>> {
  if (query === undefined) return NO_WORDS;
  const [exact, wide] = [exactPieces(query), widePieces(query)];
  return {
    typed: titleOf(query),
    exact: plainOf(exact),
    exact_pieces: JSON.stringify(exact),
    any: anyOf(wide),
    wide: plainOf(wide),
    wide_pieces: JSON.stringify(wide),
    stems: JSON.stringify(stemsOf(wide)),
    marked: JSON.stringify(marksOf(query)),
  };
}

const EXPRESSION_OF_LEVEL = `iif(level.value = 2, narrow, iif(wide = narrow, '""', '(' || wide || ') NOT (' || narrow || ')'))`;

/** The expression of each level, and the first match beyond the limit. */
function scopesCte(filters: SqlFilters): string {
  const edge = mustExamine(filters)
    ? `(SELECT rowid FROM tracks_fts WHERE tracks_fts MATCH match LIMIT 1 OFFSET ${MOST_FILTERED})`
    : "NULL";
  return `
    scopes AS MATERIALIZED (
      SELECT level, match, ${edge} AS edge FROM (
        SELECT level.value AS level, ${EXPRESSION_OF_LEVEL} AS match
        FROM (SELECT ${within(NARROW, filters)} AS narrow, ${within(WIDE, filters)} AS wide
          FROM ${KNOWN} known ${ONCE}) CROSS JOIN json_each('[2, 1]') level LIMIT 2))`;
}

/** Whether each match must be examined before it counts, because no filter limits the candidates to few. */
const mustExamine = ({ unindexed, own }: SqlFilters): boolean => unindexed.length > 0 && own === undefined;

/** Names that begin with the query, or equal it if it is more than plain words. */
function namedCte(plain: boolean, { conditions }: SqlFilters): string {
  const range = "name >= likely(@raw) AND name < likely(@raw_end) ORDER BY name";
  const equal = "name IN (likely(@raw), likely(@unquoted), likely('\"' || @unquoted || '\"'))";
  return `
    named AS MATERIALIZED (
      SELECT t.id, ${scoreOf(plain ? "coalesce(title_rank(@typed, t.name, NULL, NULL), 2)" : "10", "t.id")} AS score
      FROM (SELECT * FROM tracks WHERE ${plain ? range : equal} LIMIT ${MOST_NAMED}) t
      ${conditions.length === 0 ? "" : `LEFT JOIN albums al ON al.id = t.album_id WHERE ${conditions.join(" AND ")}`})`;
}

/** After a blank, names continue with another word: `!` is the sign after it. */
function namedParams(q: string): Record<string, Param> {
  const raw = q.trim();
  const raw_end = raw + (/\s$/.test(q) ? "!" : String.fromCodePoint(0x10ffff));
  return { raw, raw_end, unquoted: raw.replace(/^"(.*)"$/s, "$1") };
}

function hitsSql(filters: SqlFilters): string {
  const { from, where } = candidates(filters);
  const before = mustExamine(filters) ? `AND tracks_fts.rowid < ifnull(edge, ${MAX_ROWID})` : "";
  return `
    SELECT tracks_fts.rowid AS id, ${scoreOf(PLACE, "tracks_fts.rowid")} AS score, 1 AS counted, edge IS NOT NULL AS cut
    FROM scopes CROSS JOIN ${from} CROSS JOIN track_documents d ON d.id = tracks_fts.rowid
    WHERE tracks_fts MATCH match ${before} AND +tracks_fts.rowid NOT IN (SELECT id FROM named) ${where}
    LIMIT ${MOST_RANKED} + 1`;
}

/** Keeps SQLite from inlining a subquery's columns, and their cost, at each mention. */
export const ONCE = "LIMIT 1 OFFSET 0";
const MAX_ROWID = "9223372036854775807";

/** SQL of whether more matched than was ranked, over all rows of `ranked`. */
const isBounded = ({ own }: SqlFilters): string =>
  own === undefined
    ? `sum(counted) > ${MOST_RANKED} OR max(cut)`
    : `EXISTS (${own} LIMIT 1 OFFSET ${MOST_OWN})`;

/** A query that returns a row if not all matches were examined. Without own candidates, `edge` tells. */
export const boundOf = ({ own }: SqlFilters, edge: string): string =>
  own === undefined ? edge : `${own} LIMIT 1 OFFSET ${MOST_OWN}`;
