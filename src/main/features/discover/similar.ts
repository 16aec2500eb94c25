import { z } from "zod";
import { VECTOR_KINDS, type VectorKind } from "../../../shared/embedders/embedder.ts";
import type { Param } from "../../../shared/protocol.ts";
import { type CachePolicy, type Read, read, UNCACHED } from "../../engine/reads/read.ts";
import { idText, limitText } from "../../http/fields.ts";
import { jsonOf, KINDS } from "../../model/kinds.ts";
import { hexOf, type VectorsBody, vectorInput } from "./vector-commands.ts";
import { vectorTag } from "./vector-reads.ts";

/** Weights of the kinds in a blend, renormalised over the kinds that the track has. */
const BLEND: Readonly<Record<VectorKind, number>> = { audio: 0.4, lyric: 0.3, metadata: 0.3 };
/** Candidates that a blend takes from each kind, per requested neighbour. */
const BLEND_POOL = 5;

/** Precomputed neighbours of a track: the first page. */
export const KEPT = 20;

export interface SimilarParams {
  readonly id: number;
  readonly by: VectorKind | "blend";
  readonly limit: number;
  readonly genre?: number | undefined;
}

/** Answers show names, so a write to any of these kinds invalidates them. */
const NAMED = ["tracks", ...KINDS.tracks.joins];

const coherent = <P>(tags: (params: P) => readonly string[]): CachePolicy<P> => ({
  table: "search",
  lifetime: 600,
  tags: (params) => [...tags(params), ...NAMED],
  joins: [],
  freshness: "coherent",
});

/** Condition for a search within one genre: besides `MATCH`, vec0 accepts a set of keys. */
const within = (genre: number | undefined): string =>
  genre === undefined ? "" : "AND v.track_id IN (SELECT id FROM tracks WHERE genre_id = likely(@genre))";

/** Cosine from the L2 distance of unit vectors. Clamped, since rounding can leave the range. */
const cosine = (distance: string): string => `max(-1.0, min(1.0, 1 - ${distance} * ${distance} / 2))`;

/** Checks the deadline before each scan of all vectors, which cannot be interrupted. */
const IN_TIME = "(one.embedding IS NULL OR within_deadline())";

/** The nearest to each vector of `from`. Exact: vec0 compares all vectors. `k` must be a plain integer. */
const nearest = (kind: VectorKind, from: string, k: string, genre?: number): string => `
  SELECT v.track_id, v.distance FROM ${from} one CROSS JOIN vectors_${kind} v
    ON v.embedding MATCH one.embedding AND v.k = CAST(${k} AS INTEGER) ${within(genre)}
  WHERE ${IN_TIME}`;

/** The track's vector of a kind; no row if it has none. */
const ownCte = (kind: VectorKind): string => `
  ${kind}_own AS MATERIALIZED (
    SELECT embedding FROM vectors_${kind} WHERE track_id = CAST(@id AS INTEGER))`;

/** Tracks of `ranked(track_id, similarity)` as a JSON array, best first. */
const tracksOf = (ranked: string): string => `
  (SELECT json_group_array(json(item)) FROM (
    SELECT '{"similarity":' || round(ranked.similarity, 6) || ',' || substr(${jsonOf(KINDS.tracks)}, 2) AS item
    FROM ${ranked} ranked CROSS JOIN ${KINDS.tracks.from.replace("tracks t", "tracks t ON t.id = ranked.track_id")}
    ORDER BY ranked.similarity DESC, ranked.track_id LIMIT likely(@limit)))`;

const byKind = (kind: VectorKind, genre: number | undefined): string => `
  ${ownCte(kind)},
  ranked AS MATERIALIZED (
    SELECT track_id, ${cosine("distance")} AS similarity
    FROM (${nearest(kind, `${kind}_own`, "@limit + 1", genre)}) WHERE track_id <> likely(@id))`;

/**
 * The weighted mean of the cosines over the kinds that the track has. A kind that only the other track lacks
 * counts as 0, the cosine of unrelated vectors. Candidates are the nearest by each kind; each is compared by
 * all kinds.
 */
function blended(genre: number | undefined): string {
  const k = `min(4096, ${BLEND_POOL} * @limit + 1)`;
  const lists = VECTOR_KINDS.map(
    (kind) => `${ownCte(kind)},
      ${kind}_near AS MATERIALIZED (${nearest(kind, `${kind}_own`, k, genre)})`,
  );
  const pool = VECTOR_KINDS.map((kind) => `SELECT track_id FROM ${kind}_near`).join(" UNION ");
  const weights = VECTOR_KINDS.map((kind) => `SELECT ${BLEND[kind]} AS weight FROM ${kind}_own`).join(
    " UNION ALL ",
  );
  return `
    ${lists.join(", ")}, pool AS MATERIALIZED (${pool}), parts AS MATERIALIZED (${VECTOR_KINDS.map(part).join(" UNION ALL ")}),
    ranked AS MATERIALIZED (
      SELECT track_id, sum(part) / (SELECT sum(weight) FROM (${weights})) AS similarity
      FROM parts WHERE track_id <> likely(@id)
      GROUP BY track_id ORDER BY similarity DESC, track_id LIMIT likely(@limit))`;
}

/** One kind's share of each candidate's score. It reuses distances that the search has computed. */
const part = (kind: VectorKind): string => `
  SELECT pool.track_id, ${BLEND[kind]} * ${cosine("distance")} AS part FROM (
    SELECT pool.track_id, ifnull(near.distance, (
      SELECT vec_distance_L2(v.embedding, one.embedding) FROM vectors_${kind} v WHERE v.track_id = pool.track_id)) AS distance
    FROM ${kind}_own one CROSS JOIN pool LEFT JOIN ${kind}_near near ON near.track_id = pool.track_id) pool
  WHERE distance IS NOT NULL`;

/** An empty list has a reason: a missing vector is no error, as it may still be computed. */
function similarSql(by: SimilarParams["by"], genre: number | undefined): string {
  const present = (by === "blend" ? VECTOR_KINDS : [by]).map((kind) => `EXISTS (SELECT 1 FROM ${kind}_own)`);
  const reason = by === "blend" ? "this track has no vector yet" : `this track has no ${by} vector`;
  return `
    WITH ${by === "blend" ? blended(genre) : byKind(by, genre)}
    SELECT '{"data":' || ${tracksOf("ranked")} || ',"next":null' ||
      iif(${present.join(" OR ")}, '', ',"reason":"${reason}"') || '}', NULL, NULL
    FROM tracks WHERE id = likely(@id)`;
}

const similarParams = z.strictObject({
  id: idText,
  by: z
    .enum([...VECTOR_KINDS, "blend"])
    .default("blend")
    .meta({
      description:
        "What to compare; a blend combines all kinds that the track has. `lyric` compares words, not meaning: the names of track, album, artist and composer, as no lyrics are known. With a sentence model, it compares what these mean.",
    }),
  limit: limitText,
  genre: idText.optional().meta({ description: "Only tracks of the genre with this id." }),
}) as unknown as z.ZodType<SimilarParams>;

const cache = coherent<SimilarParams>(({ by }) => (by === "blend" ? VECTOR_KINDS : [by]).map(vectorTag));

/** The precomputed neighbours, in their order. No row if there are none, or if others are requested. */
const knownSql = (by: SimilarParams["by"]): string => `
  SELECT '{"data":' || (SELECT json_group_array(json(item)) FROM (
    SELECT '{"similarity":' || round(json_each.value ->> 1, 6) || ',' || substr(${jsonOf(KINDS.tracks)}, 2) AS item
    FROM json_each(s.neighbours)
      CROSS JOIN ${KINDS.tracks.from.replace("tracks t", "tracks t ON t.id = json_each.value ->> 0")} LIMIT likely(@limit)))
    || ',"next":null}', NULL, NULL
  FROM similar_tracks s WHERE s.kind = '${by}' AND s.track_id = likely(@id) AND ${KEPT} >= likely(@limit)`;

/** Tracks similar to one, from the precomputed lists: a look-up where `tracks.similar` scans all vectors. */
export const KNOWN_SIMILAR_READ: Read<SimilarParams> = read({
  name: "tracks.similar_known",
  lane: "point",
  params: similarParams,
  statement: ({ id, by, limit, genre }) => ({
    sql: genre === undefined ? knownSql(by) : "SELECT NULL, NULL, NULL WHERE false",
    params: { id, limit },
  }),
  cache,
});

/** Tracks similar to one, nearest first, without the track itself. */
export const SIMILAR_READ: Read<SimilarParams> = read({
  name: "tracks.similar",
  lane: "scan",
  params: similarParams,
  statement: ({ id, by, limit, genre }) => ({
    sql: similarSql(by, genre),
    params: { id, limit, ...(genre === undefined ? {} : { genre }) },
  }),
  cache,
  shortcut: KNOWN_SIMILAR_READ,
});

const listOf = (by: SimilarParams["by"]): string =>
  by === "blend"
    ? "ranked"
    : `(SELECT track_id, ${cosine("distance")} AS similarity FROM ${by}_near WHERE track_id <> likely(@id))`;

/** The kinds that a track has lists of, each with its list. A track with any vector has a blend. */
const LISTS = [...VECTOR_KINDS, "blend" as const].map(
  (by) => `SELECT '${by}' AS kind, (SELECT json_group_array(json_array(track_id, similarity)) FROM (
      SELECT * FROM ${listOf(by)} ORDER BY similarity DESC, track_id LIMIT likely(@limit))) AS neighbours
    WHERE ${by === "blend" ? "EXISTS (SELECT 1 FROM parts)" : `EXISTS (SELECT 1 FROM ${by}_own)`}`,
);

/**
 * All precomputed neighbours of a track, with the count of changes at their computation: `{"changes",
 * "lists": [[kind, "[[track_id, similarity], …]"], …]}`.
 */
export const NEIGHBOURS_READ: Read<{ readonly id: number }> = read({
  name: "vectors.neighbours",
  background: true,
  lane: "scan",
  params: z.strictObject({ id: z.int() }),
  statement: ({ id }) => ({
    sql: `WITH ${blended(undefined)}
      SELECT json_object('changes', (SELECT changes FROM vector_changes), 'lists', json((
        SELECT json_group_array(json_array(kind, neighbours)) FROM (${LISTS.join(" UNION ALL ")})))), '', NULL`,
    params: { id, limit: KEPT },
  }),
  cache: UNCACHED,
});

export interface NearestParams {
  readonly by: VectorKind;
  /** Hexadecimal, as stored. */
  readonly vector: string;
  readonly limit: number;
}

/** The tracks nearest to a vector. */
export const NEAREST_READ: Read<NearestParams> = read({
  name: "vectors.search",
  lane: "scan",
  params: z.strictObject({ by: z.enum(VECTOR_KINDS), vector: z.string(), limit: z.int() }),
  statement: ({ by, vector, limit }) => ({
    sql: `WITH found AS MATERIALIZED (${nearest(by, "(SELECT unhex(@vector) AS embedding)", "@limit")}),
      ranked AS MATERIALIZED (SELECT track_id, ${cosine("distance")} AS similarity FROM found)
      SELECT '{"data":' || ${tracksOf("ranked")} || ',"next":null}', NULL, NULL`,
    params: { vector, limit } satisfies Record<string, Param>,
  }),
  cache: coherent(({ by }) => [vectorTag(by)]),
});

/** Maximum vectors of one request. Each needs its own scan. */
export const MAX_QUERIES = 16;

const limit = z.int().min(1).max(100).default(20);
const oneQuery = (by: VectorKind) => z.strictObject({ by: z.literal(by), vector: vectorInput(by), limit });
const manyQueries = (by: VectorKind) =>
  z.strictObject({ by: z.literal(by), vectors: z.array(vectorInput(by)).min(1).max(MAX_QUERIES), limit });

export const nearestBody = z.union([
  oneQuery("audio"),
  oneQuery("lyric"),
  oneQuery("metadata"),
  manyQueries("audio"),
  manyQueries("lyric"),
  manyQueries("metadata"),
]);

export interface NearestBody {
  readonly by: VectorKind;
  readonly vector?: NonNullable<VectorsBody[VectorKind]>;
  readonly vectors?: readonly NonNullable<VectorsBody[VectorKind]>[];
  readonly limit: number;
}

export const paramsOf = (
  { by, limit }: NearestBody,
  vector: NonNullable<VectorsBody[VectorKind]>,
): NearestParams => ({
  by,
  vector: hexOf(vector),
  limit,
});
