import type { SqlFilters } from "./filters.ts";
import { fuzzyParts } from "./fuzzy.ts";
import type { Query } from "./query.ts";
import { MARKED, type Ranking, type RankingSql, textParts } from "./text.ts";

/** With this many text hits, fuzzy matching is not needed, whatever their scores. */
const ENOUGH = 5;
/** The score from which a hit's names match the query. */
const NAMED = 3e9;
/** Fuzzy matches score below it, text matches above. */
export const APPROXIMATE = 1e9;

/** SQL: whether the text alone answers a search, judged by the number of hits and the best score. */
export const SUFFICES = `(total >= ${ENOUGH} OR best >= ${NAMED})`;

/**
 * Auto mode where the text finds little: text hits, then fuzzy hits. Where the text finds enough, text mode
 * answers and this does not run.
 */
export function autoParts(q: string, query: Query | undefined, filters: SqlFilters): Ranking {
  const text = textParts(q, query, filters, "texts");
  const guessed = fuzzyParts(query, filters, { ranked: "guesses", strict: false });
  return {
    shape: `${text.shape} ${guessed.shape}`,
    sql: () => autoSql(text.sql(), guessed.sql()),
    params: { ...guessed.params, ...text.params },
  };
}

const autoSql = (text: RankingSql, guessed: RankingSql): RankingSql => ({
  ctes: `${text.ctes}, ${guessed.ctes},
      ranked AS MATERIALIZED (
        SELECT id, max(score) AS score FROM (
          SELECT id, score FROM texts UNION ALL SELECT id, CAST(score / 1.2 AS INTEGER) FROM guesses) GROUP BY id)`,
  marked: MARKED_GUESSES,
  extra: `${guessed.extra}${DID_YOU_MEAN}`,
});

export const MARKED_GUESSES = `json_patch(${MARKED}, json_object('words', json((
  SELECT json_group_array(word) FROM (SELECT value AS word FROM json_each(likely(@marked), '$.words') UNION SELECT word FROM forms
    UNION SELECT term FROM chosen WHERE nth <= 8)))))`;

/** An additional member of the answer. */
export const DID_YOU_MEAN = `, 'did_you_mean', (
  SELECT iif(max(distance) > 0, group_concat(term, ' ' ORDER BY place), NULL) FROM chosen WHERE nth = 1)`;
