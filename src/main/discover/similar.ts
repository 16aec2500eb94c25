import { z } from "zod";
import { DIMENSIONS, VECTOR_KINDS, type VectorKind } from "../../shared/embedders/embedder.ts";
import type { Param } from "../../shared/protocol.ts";
import { idText, limitText } from "../model/fields.ts";
import { jsonOf, KINDS } from "../model/kinds.ts";
import { type CachePolicy, type Read, read } from "../reads/read.ts";
import { hexOf, type VectorsBody, vectorInput } from "./vector-commands.ts";
import { vectorTag } from "./vector-reads.ts";

/** What a kind weighs in a blend; renormalised over the kinds that the track has. */
const BLEND: Readonly<Record<VectorKind, number>> = { audio: 0.4, lyric: 0.3, metadata: 0.3 };
/** Neighbours by each kind that a blend chooses from, for each one asked for. */
const BLEND_POOL = 5;

export interface SimilarParams {
  readonly id: number;
  readonly by: VectorKind | "blend";
  readonly limit: number;
  readonly genre?: number | undefined;
}

/** Answers show names, so a write to any of these kinds makes them stale. */
const NAMED = ["tracks", ...KINDS.tracks.joins];

const coherent = <P>(tags: (params: P) => readonly string[]): CachePolicy<P> => ({
  table: "search",
  lifetime: 600,
  tags: (params) => [...tags(params), ...NAMED],
  joins: [],
  freshness: "coherent",
});

/** The vectors of one genre, for a search within it: vec0 takes a set of keys beside `MATCH`. */
const within = (genre: number | undefined): string =>
  genre === undefined ? "" : "AND track_id IN (SELECT id FROM tracks WHERE genre_id = likely(@genre))";

/** L2 distance of unit vectors as cosine; rounding must not lead out of the range. */
const cosine = (distance: string): string => `max(-1.0, min(1.0, 1 - ${distance} * ${distance} / 2))`;

/**
 * The nearest to a vector, exactly: vec0 compares all there are. `k` is a plain integer, and a vector that is not
 * there (NULL would be an error) is the zero vector, whose neighbours the caller leaves out.
 */
const nearest = (kind: VectorKind, vector: string, k: string, genre: number | undefined): string =>
  `SELECT track_id, distance FROM vectors_${kind}
   WHERE embedding MATCH ifnull(${vector}, zeroblob(${4 * DIMENSIONS[kind]})) AND k = CAST(${k} AS INTEGER) ${within(genre)}`;

const own = (kind: VectorKind): string =>
  `(SELECT embedding FROM vectors_${kind} WHERE track_id = CAST(@id AS INTEGER))`;

/** Tracks of `ranked(track_id, similarity)`, best first, as a JSON array. */
const tracksOf = (ranked: string): string => `
  (SELECT json_group_array(json(item)) FROM (
    SELECT '{"similarity":' || round(ranked.similarity, 6) || ',' || substr(${jsonOf(KINDS.tracks)}, 2) AS item
    FROM ${ranked} ranked CROSS JOIN ${KINDS.tracks.from.replace("tracks t", "tracks t ON t.id = ranked.track_id")}
    ORDER BY ranked.similarity DESC, ranked.track_id LIMIT likely(@limit)))`;

/** An empty list says why it is: a track without a vector is no error, its vector may be on its way. */
const answerOf = (ranked: string, present: string, reason: string): string => `
  SELECT '{"data":' || ${tracksOf(ranked)} || ',"next":null' || iif(${present}, '', ',"reason":"${reason}"') || '}',
    NULL, NULL
  FROM tracks WHERE id = likely(@id)`;

function byKind(kind: VectorKind, genre: number | undefined): string {
  return `
    WITH found AS MATERIALIZED (${nearest(kind, own(kind), "@limit + 1", genre)}),
    ranked AS MATERIALIZED (
      SELECT track_id, ${cosine("distance")} AS similarity FROM found
      WHERE track_id <> likely(@id) AND ${own(kind)} IS NOT NULL)
    ${answerOf("ranked", `${own(kind)} IS NOT NULL`, `this track has no ${kind} vector`)}`;
}

/**
 * The mean of the cosines, weighted, over the kinds that the track has; a kind that only the other track lacks
 * counts as 0, the cosine of unrelated vectors. Chosen from the nearest by each kind, each compared by all of them.
 */
function blended(genre: number | undefined): string {
  const found = VECTOR_KINDS.map(
    (kind) =>
      `${kind} AS MATERIALIZED (${nearest(kind, own(kind), `min(4096, ${BLEND_POOL} * @limit + 1)`, genre)})`,
  );
  const pool = VECTOR_KINDS.map((kind) => `SELECT track_id FROM ${kind} WHERE ${own(kind)} IS NOT NULL`);
  const parts = VECTOR_KINDS.map(
    (kind) => `ifnull(${BLEND[kind]} * (SELECT ${cosine(`vec_distance_L2(embedding, ${own(kind)})`)}
      FROM vectors_${kind} WHERE track_id = pool.track_id AND ${own(kind)} IS NOT NULL), 0)`,
  );
  const weights = VECTOR_KINDS.map((kind) => `iif(${own(kind)} IS NULL, 0, ${BLEND[kind]})`);
  const present = VECTOR_KINDS.map((kind) => `${own(kind)} IS NOT NULL`).join(" OR ");
  return `
    WITH ${found.join(", ")}, pool AS MATERIALIZED (${pool.join(" UNION ")}),
    ranked AS MATERIALIZED (
      SELECT track_id, (${parts.join(" + ")}) / (${weights.join(" + ")}) AS similarity
      FROM pool WHERE track_id <> likely(@id) ORDER BY similarity DESC, track_id LIMIT likely(@limit))
    ${answerOf("ranked", present, "this track has no vector yet")}`;
}

/** Tracks like one, nearest first, itself left out. */
export const SIMILAR_READ: Read<SimilarParams> = read({
  name: "tracks.similar",
  lane: "scan",
  params: z.strictObject({
    id: idText,
    by: z
      .enum([...VECTOR_KINDS, "blend"])
      .default("blend")
      .meta({ description: "What to compare; a blend weighs whatever the track has." }),
    limit: limitText,
    genre: idText.optional().meta({ description: "The id of a genre to look in." }),
  }) as unknown as z.ZodType<SimilarParams>,
  statement: ({ id, by, limit, genre }) => ({
    sql: by === "blend" ? blended(genre) : byKind(by, genre),
    params: { id, limit, ...(genre === undefined ? {} : { genre }) },
  }),
  cache: coherent(({ by }) => (by === "blend" ? VECTOR_KINDS : [by]).map(vectorTag)),
});

export interface NearestParams {
  readonly by: VectorKind;
  /** Hexadecimal, as it is stored. */
  readonly vector: string;
  readonly limit: number;
}

/** The tracks nearest to a vector. */
export const NEAREST_READ: Read<NearestParams> = read({
  name: "vectors.search",
  lane: "scan",
  params: z.strictObject({ by: z.enum(VECTOR_KINDS), vector: z.string(), limit: z.int() }),
  statement: ({ by, vector, limit }) => ({
    sql: `WITH found AS MATERIALIZED (${nearest(by, "unhex(@vector)", "@limit", undefined)}),
      ranked AS MATERIALIZED (SELECT track_id, ${cosine("distance")} AS similarity FROM found)
      SELECT '{"data":' || ${tracksOf("ranked")} || ',"next":null}', NULL, NULL`,
    params: { vector, limit } satisfies Record<string, Param>,
  }),
  cache: coherent(({ by }) => [vectorTag(by)]),
});

/** Vectors of one request: each is a scan of its own. */
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
