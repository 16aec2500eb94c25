import { VECTOR_KINDS, type VectorKind } from "../../../shared/embedders/embedder.ts";
import type { QueryVector, SqlFilters } from "./filters.ts";
import { printMatch } from "./match.ts";
import { type Query, unwantedParts } from "./query.ts";
import { MOST_OWN, type Ranking, type RankingSql } from "./text.ts";

/**
 * The constant of reciprocal rank fusion: `score = Σ over lists of 1 / (60 + rank)`, ranks from 1. Sixty is what
 * Cormack, Clarke & Büttcher found best ("Reciprocal rank fusion outperforms Condorcet and individual rank learning
 * methods", SIGIR 2009): large enough that no list wins by its first place alone.
 */
const RRF_K = 60;
/** Hits of the text that are fused; more are left out, and the answer says `"bounded": true`. */
const MOST_WORDS = 1_000;
/** Tracks that each kind of vector adds at the most. */
const MOST_NEAR = 100;
/**
 * Nearest that are looked at when filters may take some away again: then fewer are added. Not more, since what vec0
 * does for the k nearest grows with the square of k: 5 ms for 500 of the sample's tracks, 25 ms for 2,000.
 */
const MOST_LOOKED_AT = 200;
/** The best hits of the text, whose like is looked for. */
const SEEDS = 5;
/**
 * Tracks of a catalogue whose hits' words are compared: six times as much as all else, for the least of what is
 * found. Past them the lyric list is left to sentence models, and `fused` shows it.
 */
const MOST_COMPARED = 250_000;
/** Cosine below which two tracks have no more in common than any two. */
const LEAST = 0.3;

/**
 * Hybrid mode: what holds the words, fused with what is like it.
 *
 * Four lists at the most, each bounded: the hits of text mode, and for each kind of vector the tracks nearest to the
 * mean of the best hits' vectors (relevance feedback: Rocchio, 1971), whatever words they hold. Where a sentence
 * model is configured, the lyric list is what is nearest to the search itself, and needs no hit of the text. Kinds
 * without vectors are lists without tracks; `fused` names the lists that had something to say.
 */
export function hybridParts(
  text: Ranking,
  query: Query | undefined,
  filters: SqlFilters,
  given: QueryVector | undefined,
): Ranking {
  const unwanted = query === undefined ? [] : unwantedParts(query).map(printMatch);
  const narrow = unwanted.length > 0;
  return {
    shape: `${text.shape} ${narrow} ${given !== undefined}`,
    sql: () => hybridSql(text.sql(), filters, narrow, given !== undefined),
    params: {
      ...text.params,
      ...(narrow ? { unwanted: unwanted.join(" OR ") } : {}),
      ...(given === undefined ? {} : { ...given }),
    },
  };
}

function hybridSql(text: RankingSql, filters: SqlFilters, narrow: boolean, given: boolean): RankingSql {
  const lists = VECTOR_KINDS.map(
    (kind) => `${listOf(kind, given && kind === "lyric", filters, narrow)} AS ${kind}`,
  );
  return {
    ctes: `${wordsCte(text)},
      lists AS MATERIALIZED (SELECT ids AS text, said, marked, ${lists.join(", ")} FROM words), ${RANKED}`,
    marked: "(SELECT marked FROM lists)",
    extra: `'bounded', json(${BOUNDED}), 'fused', json(${FUSED})`,
  };
}

/**
 * The hits of the text, best first, as one array: ranks are places in it. It is mentioned once, and each list of
 * vectors is a column made of its row: what is mentioned is copied, and a statement can hold a thousand selects.
 */
const wordsCte = ({ ctes, marked, extra }: RankingSql): string => `
  words AS MATERIALIZED (
    WITH ${ctes}
    SELECT json_group_array(id ORDER BY score DESC, id) AS ids, json_object(${extra}) AS said, ${marked} AS marked FROM ranked)`;

const ALL_LISTS = `json_object(${["text", ...VECTOR_KINDS].map((list) => `'${list}', json(${list})`).join(", ")})`;

const BOUNDED = `(SELECT iif(json_array_length(text) > ${MOST_WORDS} OR said ->> 'bounded', 'true', 'false') FROM lists)`;
const FUSED = `(SELECT json_group_array(list.key) FROM lists CROSS JOIN json_each(${ALL_LISTS}) list WHERE list.value <> '[]')`;

/** The search's own vector counts only where all lyric vectors are of the embedder that made it. */
const GIVEN = `(SELECT unhex(@vector)
  WHERE (SELECT value FROM meta WHERE key = 'lyric_embedder') = likely(@embedder)
    AND NOT EXISTS (SELECT 1 FROM vector_spread WHERE source = 'model'))`;

/** SQL of what is looked for by a kind: one row, or none where the hits have no vectors. */
function aimOf(kind: VectorKind, given: boolean): string {
  const mean = "mean_vector(v.embedding)";
  const bound = kind === "lyric" ? `AND (SELECT max(id) FROM tracks) <= ${MOST_COMPARED}` : "";
  return `
    SELECT ${given ? `ifnull(${GIVEN}, ${mean})` : mean} AS vector
    FROM json_each(words.ids) seed CROSS JOIN vectors_${kind} v ON v.track_id = seed.value
    WHERE seed.key < ${SEEDS} ${bound}
    HAVING vector IS NOT NULL`;
}

/** SQL of a kind's tracks that are near enough and wanted, nearest first, as a JSON array. */
function listOf(
  kind: VectorKind,
  given: boolean,
  { own, conditions }: SqlFilters,
  unwanted: boolean,
): string {
  const narrow = own === undefined && (conditions.length > 0 || unwanted);
  const near = [`1 - n.distance * n.distance / 2 >= ${LEAST}`, ...conditions, ...(unwanted ? [WANTED] : [])];
  return `(
    SELECT json_group_array(n.id ORDER BY n.distance, n.id) FROM (
      SELECT v.track_id AS id, v.distance FROM (${aimOf(kind, given)}) aim
      CROSS JOIN vectors_${kind} v ON v.embedding MATCH aim.vector AND v.k = ${narrow ? MOST_LOOKED_AT : MOST_NEAR}
        ${own === undefined ? "" : `AND v.track_id IN (${own} LIMIT ${MOST_OWN})`}
      WHERE aim.vector IS NULL OR within_deadline()) n ${conditions.length === 0 ? "" : JOINED}
    WHERE ${near.join(" AND ")})`;
}

const JOINED = "CROSS JOIN tracks t ON t.id = n.id LEFT JOIN albums al ON al.id = t.album_id";

/** What NOT takes away stays away, however near it is. */
const WANTED =
  "NOT EXISTS (SELECT 1 FROM tracks_fts WHERE tracks_fts.rowid = n.id AND tracks_fts MATCH likely(@unwanted))";

const RANKED = `
  ranked AS MATERIALIZED (
    SELECT hit.value AS id, CAST(round(sum(1e9 / (${RRF_K} + 1 + hit.key))) AS INTEGER) AS score
    FROM lists CROSS JOIN json_each(${ALL_LISTS}) list CROSS JOIN json_each(list.value) hit
    WHERE hit.key < iif(list.key = 'text', ${MOST_WORDS}, ${MOST_NEAR}) GROUP BY hit.value)`;
