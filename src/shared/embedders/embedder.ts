/** The kinds of vectors and their numbers of dimensions. */
export const DIMENSIONS = { audio: 128, lyric: 384, metadata: 64 } as const;

export type VectorKind = keyof typeof DIMENSIONS;
export const VECTOR_KINDS = Object.keys(DIMENSIONS) as VectorKind[];

/** The kinds computed from the catalogue. Audio vectors come from clients only. */
export const COMPUTED_KINDS = ["lyric", "metadata"] as const satisfies readonly VectorKind[];
export type ComputedKind = (typeof COMPUTED_KINDS)[number];

/**
 * Computes a vector from a source.
 *
 * - Pure: the same source gives the same vector, on every machine and in every thread.
 * - The vector has `dimensions` finite numbers and length 1. Every source has a direction.
 *
 * A sentence model is not an Embedder: it is asynchronous, so it can't be an SQL function. It has its own thread,
 * between reading the texts and writing the vectors (`src/workers/sentences.ts`).
 */
export interface Embedder<Source> {
  readonly dimensions: number;
  embed(source: Source): Float32Array<ArrayBuffer>;
}

/** Scales to length 1; undefined for a vector without a direction. Squares neither overflow nor underflow. */
export function normalise(values: ArrayLike<number>): Float32Array<ArrayBuffer> | undefined {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  if (!(largest > 0) || !Number.isFinite(largest)) return undefined;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! / largest) ** 2;
  const length = Math.sqrt(squares);
  return Float32Array.from({ length: values.length }, (_, i) => values[i]! / largest / length);
}

/** Cosine of unit vectors from their L2 distance: |a − b|² = 2 − 2·cos. */
export const cosineOf = (distance: number): number => 1 - (distance * distance) / 2;
