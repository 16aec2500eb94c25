import { AppError } from "../../../shared/errors.ts";
import { wordsOf } from "../../../shared/words.ts";
import type { SqlFilters } from "./filters.ts";
import { printMatch } from "./match.ts";
import { type Query, unwantedParts, wantedTerms } from "./query.ts";
import {
  BM25,
  boundOf,
  candidates,
  MOST_FILTERED,
  MOST_RANKED,
  orGenres,
  type Ranking,
  type RankingSql,
  within,
} from "./text.ts";
import { MAX_WORD, trigramsOf } from "./vocabulary.ts";

/** Maximum words corrected in one search: each is looked up in the whole vocabulary. */
const MAX_WORDS = 12;
/**
 * Candidates per typed word: the vocabulary's words that share most trigrams with it. Edit distances are
 * computed for these.
 */
const MOST_NEAR = 100;
/** Maximum alternatives for one typed word. */
const MOST_ALTERNATIVES = 8;
/** Maximum tracks whose closeness is computed. */
const MOST_CLOSE = 300;

/** Maximum edits of a word: 0 up to two letters, 1 up to five, 2 up to eight, 3 beyond. */
const allowance = (word: string): number => Math.min(3, Math.floor([...word].length / 3));

/**
 * Fuzzy mode: approximate matches, closest first.
 *
 * Each typed word is replaced by itself and similar words of the vocabulary: trigrams find them, the edit
 * distance ranks them, and their frequency breaks ties. Tracks must hold one alternative of each word; if
 * none does, of any word. The best by bm25, with the likeliest words and with all, are then compared with the
 * query word by word, by `closeness` in the reader.
 *
 * @throws AppError `invalid` for too many words, if `strict`; otherwise only the first words are corrected.
 */
export function fuzzyParts(
  query: Query | undefined,
  filters: SqlFilters,
  { ranked, strict } = { ranked: "ranked", strict: true },
): Ranking {
  if (strict && wordsTyped(query).length > MAX_WORDS) {
    const detail = `expected at most ${MAX_WORDS} words in fuzzy mode`;
    throw new AppError("invalid", { errors: [{ parameter: "q", detail }] });
  }
  const params = fuzzyParams(query);
  const unwanted = "unwanted" in params;
  return {
    shape: String(unwanted),
    sql: () => fuzzySql(unwanted, filters, ranked),
    params: { ...params, most: filters.unindexed.length === 0 ? MOST_RANKED : MOST_FILTERED },
  };
}

const wordsTyped = (query: Query | undefined): string[] =>
  query === undefined ? [] : wordsOf(titleWords(query));

/** Parameters for the typed words; `unwanted` if something is excluded. */
export function fuzzyParams(query: Query | undefined): Readonly<Record<string, string>> {
  const words = wordsTyped(query);
  const known = words.slice(0, MAX_WORDS).map((word) => [word, trigramsOf(word), allowance(word)]);
  const unwanted = query === undefined ? [] : unwantedParts(query).map(printMatch);
  return {
    ...{ near_words: JSON.stringify(known), near_typed: words.join(" ") },
    ...(unwanted.length === 0 ? {} : { unwanted: unwanted.join(" OR ") }),
  };
}

const fuzzySql = (unwanted: boolean, filters: SqlFilters, ranked: string): RankingSql => ({
  ctes: `${alternatives(FREQUENCY)}, ${expressionCte(unwanted, filters)}, ${rankedCte(filters, ranked)}`,
  marked: MARKED,
  extra: `
      'bounded', json(iif(EXISTS (${boundOf(filters, "SELECT 1 FROM edge")}) OR (SELECT count(*) FROM nearest) >= ${MOST_CLOSE}, 'true', 'false')),
      'corrected', json((SELECT json_group_object(word, term) FROM chosen c WHERE nth = 1 AND distance > 0))`,
});

const titleWords = (query: Query): string =>
  wantedTerms(query)
    .map(({ text }) => text)
    .join(" ");

/** A word that begins with the typed one, or contains it, ranks one edit behind any misspelling. */
const DISTANCE = `
  CASE WHEN edit_distance(w.word, v.word) <= w.most THEN edit_distance(w.word, v.word)
    WHEN length(w.word) > 2 AND substr(v.word, 1, length(w.word)) = w.word THEN w.most + 1
    WHEN length(w.word) > 3 AND instr(v.word, w.word) THEN w.most + 2 END`;

const PHRASE = `'"' || term || '"'`;

/** A word's frequency, capped. 0 for a word that no longer occurs; the cap for a genre's word. */
const FREQUENCY = `((SELECT count(*) FROM (SELECT 1 FROM tracks_fts WHERE tracks_fts MATCH ${PHRASE} LIMIT 200))
  + 200 * EXISTS (SELECT 1 FROM genres_fts WHERE genres_fts MATCH ${PHRASE}))`;
/** The same for names: artists without tracks, and playlists, are not in the text of tracks. */
const FREQUENCY_IN_NAMES = `(SELECT count(*) FROM (SELECT 1 FROM names_fts WHERE names_fts MATCH ${PHRASE} LIMIT 200))`;

/** Ends in `chosen`: the alternatives of each typed word, likeliest first. */
const alternatives = (frequency: string): string => `
  words AS MATERIALIZED (
    SELECT key AS place, value ->> 0 AS word, value ->> 1 AS trigrams, value ->> 2 AS most FROM json_each(@near_words)),
  near AS MATERIALIZED (
    SELECT place, word, word AS term, 0 AS distance FROM words WHERE length(word) <= ${MAX_WORD}
    UNION
    SELECT w.place, w.word, v.word, ${DISTANCE} AS d FROM words w CROSS JOIN search_words v
    WHERE d IS NOT NULL AND v.id IN (
      SELECT rowid FROM search_trigrams WHERE search_trigrams MATCH w.trigrams ORDER BY rank LIMIT ${MOST_NEAR})),
  chosen AS MATERIALIZED (
    SELECT *, ${orGenres(PHRASE)} AS wide,
      row_number() OVER (PARTITION BY place ORDER BY distance, frequency DESC, term) AS nth
    FROM (SELECT *, ${frequency} AS frequency FROM near) WHERE frequency > 0)`;

export const NAMES_ALTERNATIVES = alternatives(FREQUENCY_IN_NAMES);

const expressionCte = (unwanted: boolean, filters: SqlFilters): string => `
  alternatives AS MATERIALIZED (
    SELECT '(' || group_concat(wide, ' OR ') || ')' AS text FROM chosen
    WHERE nth <= ${MOST_ALTERNATIVES} GROUP BY place),
  joined AS MATERIALIZED (
    SELECT ifnull(group_concat(text, ' AND '), '""') AS every, ifnull(group_concat(text, ' OR '), '""') AS some,
      (SELECT ifnull(group_concat(wide, ' AND '), '""') FROM chosen WHERE nth = 1) AS likeliest
    FROM alternatives),
  expression AS MATERIALIZED (
    SELECT ${within(without("iif(EXISTS (SELECT 1 FROM tracks_fts WHERE tracks_fts MATCH every), every, some)", unwanted), filters)} AS text,
      ${within(without("likeliest", unwanted), filters)} AS likeliest
    FROM joined)`;

const without = (expression: string, unwanted: boolean): string =>
  unwanted ? `'(' || ${expression} || ') NOT (' || @unwanted || ')'` : expression;

const EXPRESSION = "(SELECT text FROM expression)";

function rankedCte(filters: SqlFilters, ranked: string): string {
  const { from, where } = candidates(filters);
  const best = (expression: string) => `
      SELECT tracks_fts.rowid AS id, ${BM25} AS score FROM ${from}
      WHERE tracks_fts MATCH ${expression}
        AND tracks_fts.rowid < (SELECT ifnull(max(id), 9223372036854775807) FROM edge) ${where}
      ORDER BY score DESC LIMIT ${MOST_CLOSE}`;
  const edge = filters.own === undefined ? `tracks_fts MATCH ${EXPRESSION}` : "false";
  return `
    edge AS MATERIALIZED (SELECT rowid AS id FROM tracks_fts WHERE ${edge} LIMIT 1 OFFSET likely(@most)),
    nearest AS MATERIALIZED (SELECT id, max(score) AS score FROM (
      SELECT * FROM (${best("(SELECT likeliest FROM expression)")}) UNION ALL SELECT * FROM (${best(EXPRESSION)})
      ) GROUP BY id),
    ${ranked} AS MATERIALIZED (
      SELECT d.id, CAST(round(${CLOSENESS} * 1e9) AS INTEGER) AS score
      FROM nearest CROSS JOIN track_documents d ON d.id = nearest.id)`;
}

/** Bm25 breaks ties. */
const CLOSENESS = `(closeness(@near_typed, d.name, d.artist_name, d.album_title, d.composer)
  + 0.01 * nearest.score / (nearest.score + 10))`;

/** All alternatives of the typed words. */
const MARKED = `(SELECT json_object('words', json((SELECT json_group_array(term) FROM chosen WHERE nth <= ${MOST_ALTERNATIVES})),
  'prefixes', json('[]'), 'phrases', json('[]')))`;
