import { VECTOR_KINDS, type VectorKind } from "../../../shared/embedders/embedder.ts";
import type { QueryVector, SqlFilters } from "./filters.ts";
import { printMatch } from "./match.ts";
import { type Query, unwantedParts } from "./query.ts";
import { MOST_OWN, type Ranking, type RankingSql } from "./text.ts";

/**
 * The constant of reciprocal rank fusion: `score = Σ over lists of 1 / (60 + rank)`, ranks from 1. Cormack,
 * Clarke & Büttcher found 60 best ("Reciprocal rank fusion outperforms Condorcet and individual rank learning
 * methods", SIGIR 2009): large enough that no list wins by its first place alone.
 */
const RRF_K = 60;
/** Maximum text hits that are fused. If there are more, the answer says `"bounded": true`. */
const MOST_WORDS = 1_000;
/** Maximum tracks that each kind of vector adds. */
const MOST_NEAR = 100;
/**
 * Nearest tracks fetched when filters may remove some: then fewer are added. The limit is low because the
 * cost of vec0 for the k nearest grows with the square of k: 5 ms for 500 of the sample's tracks, 25 ms for
 * 2,000.
 */
const MOST_EXAMINED = 200;
/** The best text hits, for which similar tracks are searched. */
const SEEDS = 5;
/**
 * Maximum tracks of a catalogue for which hits are compared by hashed words. That costs six times as much as
 * everything else and finds least. In larger catalogues only sentence models fill the lyric list, and `fused`
 * shows it.
 */
const MOST_COMPARED = 250_000;
/** Cosine below which two tracks count as unrelated. */
const LEAST = 0.3;

/**
 * Hybrid mode: text hits fused with similar tracks.
 *
 * It fuses up to four bounded lists: the hits of text mode, and for each kind of vector the tracks nearest to
 * the mean of the best hits' vectors, whatever their words (relevance feedback: Rocchio, 1971). With a
 * sentence model, the lyric list is what is nearest to the query itself, and needs no text hit. Kinds without
 * vectors give empty lists; `fused` names the lists that are not empty.
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
 * The text hits, best first, as one array, so a place is a rank. It is mentioned once, and each list of
 * vectors is a column derived from its row: each mention copies the query, and a statement is limited to a
 * thousand selects.
 */
const wordsCte = ({ ctes, marked, extra }: RankingSql): string => `
  words AS MATERIALIZED (
    WITH ${ctes}
    SELECT json_group_array(id ORDER BY score DESC, id) AS ids, json_object(${extra}) AS said, ${marked} AS marked FROM ranked)`;

const ALL_LISTS = `json_object(${["text", ...VECTOR_KINDS].map((list) => `'${list}', json(${list})`).join(", ")})`;

const BOUNDED = `(SELECT iif(json_array_length(text) > ${MOST_WORDS} OR said ->> 'bounded', 'true', 'false') FROM lists)`;
const FUSED = `(SELECT json_group_array(list.key) FROM lists CROSS JOIN json_each(${ALL_LISTS}) list WHERE list.value <> '[]')`;

/** The query's vector counts only if all lyric vectors are of its embedder. */
const GIVEN = `(SELECT unhex(@vector)
  WHERE (SELECT value FROM meta WHERE key = 'lyric_embedder') = likely(@embedder)
    AND NOT EXISTS (SELECT 1 FROM vector_spread WHERE source = 'model'))`;

/** SQL of the vector to search by for a kind: one row, or none if the hits have no vectors. */
function aimOf(kind: VectorKind, given: boolean): string {
  const mean = "mean_vector(v.embedding)";
  const bound = kind === "lyric" ? `AND (SELECT max(id) FROM tracks) <= ${MOST_COMPARED}` : "";
  return `
    SELECT ${given ? `ifnull(${GIVEN}, ${mean})` : mean} AS vector
    FROM json_each(words.ids) seed CROSS JOIN vectors_${kind} v ON v.track_id = seed.value
    WHERE seed.key < ${SEEDS} ${bound}
    HAVING vector IS NOT NULL`;
}

/** SQL of a kind's tracks that are near enough and pass the filters, nearest first, as a JSON array. */
function listOf(
  kind: VectorKind,
  given: boolean,
  { own, conditions }: SqlFilters,
  unwanted: boolean,
): string {
  const narrow = own === undefined && (conditions.length > 0 || unwanted);
  const near = [
    `1 - n.distance * n.distance / 2 >= ${LEAST}`,
    ...conditions,
    ...(unwanted ? [NOT_EXCLUDED] : []),
  ];
  return `(
    SELECT json_group_array(n.id ORDER BY n.distance, n.id) FROM (
      SELECT v.track_id AS id, v.distance FROM (${aimOf(kind, given)}) aim
      CROSS JOIN vectors_${kind} v ON v.embedding MATCH aim.vector AND v.k = ${narrow ? MOST_EXAMINED : MOST_NEAR}
        ${own === undefined ? "" : `AND v.track_id IN (${own} LIMIT ${MOST_OWN})`}
      WHERE aim.vector IS NULL OR within_deadline()) n ${conditions.length === 0 ? "" : JOINED}
    WHERE ${near.join(" AND ")})`;
}

const JOINED = "CROSS JOIN tracks t ON t.id = n.id LEFT JOIN albums al ON al.id = t.album_id";

/** Excluded tracks stay excluded, however near they are. */
const NOT_EXCLUDED =
  "NOT EXISTS (SELECT 1 FROM tracks_fts WHERE tracks_fts.rowid = n.id AND tracks_fts MATCH likely(@unwanted))";

const RANKED = `
  ranked AS MATERIALIZED (
    SELECT hit.value AS id, CAST(round(sum(1e9 / (${RRF_K} + 1 + hit.key))) AS INTEGER) AS score
    FROM lists CROSS JOIN json_each(${ALL_LISTS}) list CROSS JOIN json_each(list.value) hit
    WHERE hit.key < iif(list.key = 'text', ${MOST_WORDS}, ${MOST_NEAR}) GROUP BY hit.value)`;
