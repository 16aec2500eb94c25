/**
 * Inverse document frequencies of hashed terms: rare words say more about a track than common ones, in whatever
 * language the catalogue is.
 *
 * They are counted over the catalogue itself, at most {@link SAMPLE} tracks of it at an even stride of ids, and
 * stored in the database: the same rows give the same model, and a vector made later is made with the same weights.
 * A term is its hash into 2¹⁶ buckets; terms that share a bucket share a weight, which only makes a rare one a
 * little less so.
 */
export const BUCKETS = 65_536;
export const SAMPLE = 40_000;
/** A byte of the model is this many times the frequency's weight: steps of 1/16, up to 15.9. */
const STEPS = 16;

/** A catalogue this small has no frequencies worth the name: all terms weigh the same. */
export const SMALLEST = 100;
/** The model is fitted again when the catalogue has become so many times as large. */
export const GROWTH = 4;

export interface LyricModel {
  readonly version: number;
  weight(bucket: number): number;
}

/** What weighs every term alike: until there are enough tracks to count. */
export const UNFITTED: LyricModel = { version: 0, weight: () => 1 };

/** @param idf one byte a bucket, as {@link inverseFrequencies} gives them. */
export const lyricModel = (version: number, idf: Uint8Array): LyricModel => ({
  version,
  weight: (bucket) => idf[bucket]! / STEPS,
});

/**
 * `ln((1 + n) / (1 + df)) + 1`, the smoothed form that scikit-learn uses: no division by nothing, and a term in
 * every document still counts.
 *
 * @param counts documents that hold a term of each bucket, out of `documents`.
 */
export function inverseFrequencies(counts: Uint32Array, documents: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(counts, (df) =>
    Math.min(255, Math.round(STEPS * (Math.log((1 + documents) / (1 + df)) + 1))),
  );
}
