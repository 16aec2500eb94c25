import type { Param } from "../../../shared/protocol.ts";
import type { SqlFilters } from "./filters.ts";
import { anyOf, exactPieces, marksOf, plainOf, stemsOf, titleOf, widePieces } from "./match.ts";
import { isPlain, type Query } from "./query.ts";
import { GENRE_MARK } from "./tokens.ts";

/** How a mode ranks. */
export interface Ranking {
  /** What the SQL hangs on beside the mode and the filters: it is put together once for each shape. */
  readonly shape: string;
  readonly sql: () => RankingSql;
  readonly params: Readonly<Record<string, Param>>;
}

/** Parts of the one statement that answers a search. */
export interface RankingSql {
  /** Common table expressions, the last of them `ranked (id, score)`. */
  readonly ctes: string;
  /** SQL of what is marked in names, as `highlights` of the readers takes it. */
  readonly marked: string;
  /** More members of the answer's object. */
  readonly extra: string;
}

/** Weights of name, artist_name, album_title, composer, aliases, genre. */
export const BM25 = "-bm25(tracks_fts, 10.0, 6.0, 2.0, 1.0, 1.0, 0.5)";
/** Matches that are ranked at the most; with filters, that are looked at. */
export const MOST_RANKED = 2_000;
export const MOST_FILTERED = 10_000;
/** Tracks of one artist or album that a search within it looks at. */
export const MOST_OWN = 10_000;
/** Tracks that are looked up by the beginning of their name. */
const MOST_NAMED = 500;
/** Genres that one word stands for. */
const MOST_GENRES = 50;
/** Other forms of a search's words. */
const MOST_FORMS = 100;

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

/** SQL of an expression for the tracks of the genres that a term names; null when it names none. */
const namedGenres = (term: string): string =>
  ofGenres(`SELECT rowid AS id FROM genres_fts WHERE genres_fts MATCH ${term} LIMIT ${MOST_GENRES}`);

/** Most searches name no genre, and few words have other forms: then the expressions of the parameters stand. */
const KNOWN = `(
  SELECT EXISTS (SELECT 1 FROM genres_fts WHERE genres_fts MATCH likely(@any)) AS genres,
    EXISTS (SELECT 1 FROM forms) AS formed LIMIT 1 OFFSET 0)`;

/** SQL of a term, or of what stands for one, as an expression that also finds the tracks of the genres it names. */
export const orGenres = (term: string): string =>
  `ifnull('(' || ${term} || ' OR ' || ${namedGenres(term)} || ')', ${term})`;

/** SQL of an expression, within the genres of the filter when there is one. */
export const within = (expression: string, { genres }: SqlFilters): string =>
  genres === undefined
    ? expression
    : `'(' || ${expression} || ') AND ' || ifnull(${ofGenres(`SELECT id FROM (${genres}) LIMIT ${MOST_GENRES}`)}, '""')`;

/** Other forms of the words: those of the vocabulary that share a stem with them. */
export const FORMS = `
  forms AS MATERIALIZED (
    SELECT typed.value AS stem, '"' || w.word || '"' AS form, w.word FROM json_each(likely(@stems)) typed
    CROSS JOIN search_stems CROSS JOIN search_words w ON w.id = search_stems.rowid
    WHERE search_stems MATCH typed.value AND form <> typed.value LIMIT ${MOST_FORMS})`;
export const FORMS_OF = "(SELECT group_concat(form, ' OR ') FROM forms WHERE stem = value ->> 2)";

/** SQL of pieces of an expression, each with what the catalogue knows of it: genres, and other forms of the word. */
const widened = (pieces: string, forms: string): string => `(
  SELECT group_concat(iif(value ->> 1,
    '(' || concat_ws(' OR ', value ->> 0, ${forms}, iif(known.genres, ${namedGenres("value ->> 0")}, NULL)) || ')',
    value ->> 0), '' ORDER BY key) FROM json_each(likely(${pieces})))`;
const NARROW = `iif(known.genres, ${widened("@exact_pieces", "NULL")}, @exact)`;
const WIDE = `iif(known.genres OR known.formed, ${widened("@wide_pieces", FORMS_OF)}, @wide)`;

/** SQL of what is marked: the words, and their other forms. */
export const MARKED = `iif(EXISTS (SELECT 1 FROM forms), json_set(@marked, '$.words', json((
  SELECT json_group_array(word) FROM (
    SELECT value AS word FROM json_each(likely(@marked), '$.words') UNION ALL SELECT word FROM forms)))), @marked)`;

/**
 * A hit's place, the higher the better: by how the names are to what was typed (3 and up, see `titleRank` of the
 * readers), else its level and a share of one for the relevance, which is worked out for no other.
 */
const PLACE = `round(coalesce(title_rank(@typed, d.name, d.artist_name, d.album_title), level + 0.99 - 99 / (${BM25} + 100)), 3)`;

/** What is alike in that is ordered by popularity. Whole billionths: a cursor finds its place again exactly. */
const scoreOf = (place: string, id: string): string => `
  CAST(round((${place} + 0.0009 * ifnull((SELECT popularity FROM track_popularity WHERE track_id = ${id}), 0)) * 1e9) AS INTEGER)`;

/**
 * Text mode: the words as they were typed, then what may be meant by them.
 *
 * Hits are what has all the words (level 2), then what has them begun (the last one), in another form, or in its
 * genre's name (level 1). A word that half of the catalogue holds must not cost more than others, so at most
 * `MOST_RANKED` are ranked, of each level the tracks entered first; past that the answer says `"bounded": true`. What
 * counts most is ranked wherever it stands: `named`, the tracks whose names begin with what was typed.
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
  extra: `'bounded', json(iif(EXISTS (${boundOf(filters, boundIn(ranked))}), 'true', 'false'))`,
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

/** The expression of each level, and the first match past those that are looked at. */
function scopesCte(filters: SqlFilters): string {
  const edge = isLookedThrough(filters)
    ? `(SELECT rowid FROM tracks_fts WHERE tracks_fts MATCH match LIMIT 1 OFFSET ${MOST_FILTERED})`
    : "NULL";
  return `
    scopes AS MATERIALIZED (
      SELECT level, match, ${edge} AS edge FROM (
        SELECT level.value AS level, ${EXPRESSION_OF_LEVEL} AS match
        FROM (SELECT ${within(NARROW, filters)} AS narrow, ${within(WIDE, filters)} AS wide
          FROM ${KNOWN} known ${ONCE}) CROSS JOIN json_each('[2, 1]') level LIMIT 2))`;
}

/** Whether each match has to be looked at before it counts, and not few of them come into question. */
const isLookedThrough = ({ unindexed, own }: SqlFilters): boolean =>
  unindexed.length > 0 && own === undefined;

/** Names that begin with what was typed, or are exactly what was typed where that is more than words. */
function namedCte(plain: boolean, { conditions }: SqlFilters): string {
  const range = "name >= likely(@raw) AND name < likely(@raw_end) ORDER BY name";
  const equal = "name IN (likely(@raw), likely(@unquoted), likely('\"' || @unquoted || '\"'))";
  return `
    named AS MATERIALIZED (
      SELECT t.id, ${scoreOf(plain ? "coalesce(title_rank(@typed, t.name, NULL, NULL), 2)" : "10", "t.id")} AS score
      FROM (SELECT * FROM tracks WHERE ${plain ? range : equal} LIMIT ${MOST_NAMED}) t
      ${conditions.length === 0 ? "" : `LEFT JOIN albums al ON al.id = t.album_id WHERE ${conditions.join(" AND ")}`})`;
}

/** Behind a blank, names go on with another word: `!` is the sign after it. */
function namedParams(q: string): Record<string, Param> {
  const raw = q.trim();
  const raw_end = raw + (/\s$/.test(q) ? "!" : String.fromCodePoint(0x10ffff));
  return { raw, raw_end, unquoted: raw.replace(/^"(.*)"$/s, "$1") };
}

function hitsSql(filters: SqlFilters): string {
  const { from, where } = candidates(filters);
  const before = isLookedThrough(filters) ? `AND tracks_fts.rowid < ifnull(edge, ${MAX_ROWID})` : "";
  return `
    SELECT tracks_fts.rowid AS id, ${scoreOf(PLACE, "tracks_fts.rowid")} AS score, 1 AS counted, edge IS NOT NULL AS cut
    FROM scopes CROSS JOIN ${from} CROSS JOIN track_documents d ON d.id = tracks_fts.rowid
    WHERE tracks_fts MATCH match ${before} AND +tracks_fts.rowid NOT IN (SELECT id FROM named) ${where}
    LIMIT ${MOST_RANKED} + 1`;
}

/** Keeps SQLite from putting the columns of a subquery, and what they cost, wherever they are mentioned. */
export const ONCE = "LIMIT 1 OFFSET 0";
const MAX_ROWID = "9223372036854775807";

const boundIn = (ranked: string): string =>
  `SELECT 1 FROM (SELECT sum(counted) AS found, max(cut) AS cut FROM ${ranked}) WHERE found > ${MOST_RANKED} OR cut`;

/** A query with a row when there was more to look at than was looked at, which `edge` tells where nothing is own. */
export const boundOf = ({ own }: SqlFilters, edge: string): string =>
  own === undefined ? edge : `${own} LIMIT 1 OFFSET ${MOST_OWN}`;
