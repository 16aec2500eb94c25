/**
 * Inverse document frequencies of hashed terms: rare words say more about a track than common ones, in any
 * language.
 *
 * They are counted over the catalogue, over at most {@link SAMPLE} tracks at an even stride of ids, and stored in
 * the database. The same rows give the same model, and later vectors use the same weights. A term is its hash into
 * 2¹⁶ buckets. Terms in the same bucket share a weight, which only makes a rare one a little less rare.
 */
export const BUCKETS = 65_536;
export const SAMPLE = 40_000;
/** A byte of the model is the weight times this: steps of 1/16, up to 15.9. */
const STEPS = 16;

/** Below this number of tracks frequencies mean nothing: all terms weigh the same. */
export const SMALLEST = 100;
/** The model is fitted again when the catalogue has grown by this factor. */
export const GROWTH = 4;

export interface LyricModel {
  readonly version: number;
  weight(bucket: number): number;
}

/** Weighs all terms the same: used until there are enough tracks to count. */
export const UNFITTED: LyricModel = { version: 0, weight: () => 1 };

/** @param idf one byte per bucket, from {@link inverseFrequencies}. */
export const lyricModel = (version: number, idf: Uint8Array): LyricModel => ({
  version,
  weight: (bucket) => idf[bucket]! / STEPS,
});

/**
 * `ln((1 + n) / (1 + df)) + 1`, the smoothed form of scikit-learn: no division by zero, and a term in every
 * document still counts.
 *
 * @param counts the number of documents, out of `documents`, with a term of each bucket.
 */
export function inverseFrequencies(counts: Uint32Array, documents: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(counts, (df) =>
    Math.min(255, Math.round(STEPS * (Math.log((1 + documents) / (1 + df)) + 1))),
  );
}
