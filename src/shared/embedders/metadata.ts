import { DIMENSIONS, type Embedder, normalise } from "./embedder.ts";
import { hash32, wordsOf } from "./hashing.ts";

/** The source of a track's metadata vector. */
export interface MetadataSource {
  readonly genre: string | null;
  readonly artist: string | null;
  readonly mediaType: string | null;
  /** YYYY-MM-DD, of the album. */
  readonly releaseDate: string | null;
  readonly milliseconds: number;
  readonly bytes: number | null;
  readonly cents: number;
}

/**
 * The blocks of the vector: offset, length, and share of the similarity. Each block has length 1 before its share
 * is applied, so the cosine of two tracks is the mean of the blocks' cosines, weighted by the shares. Genre best
 * predicts what else a listener likes, then the artist; the rest breaks ties.
 */
const BLOCKS = {
  genre: { at: 0, length: 28, share: 0.45 },
  artist: { at: 28, length: 14, share: 0.2 },
  era: { at: 42, length: 7, share: 0.13 },
  duration: { at: 49, length: 6, share: 0.09 },
  mediaType: { at: 55, length: 4, share: 0.06 },
  price: { at: 59, length: 3, share: 0.04 },
  bitRate: { at: 62, length: 2, share: 0.03 },
} as const;

type Block = keyof typeof BLOCKS;

/**
 * Weight of one word of a name; the whole name weighs 1. Words of genres are meaningful: "Alternative" is near
 * "Alternative & Punk", but not equal. Words of artists mean little.
 */
const WORD = { genre: 1.4, mediaType: 1.4, artist: 0.3 } as const;

/**
 * Adds a name as a direction: random signs from its hash. Two names are nearly orthogonal; names that share words
 * are not (random projection: Achlioptas, "Database-friendly random projections", 2003).
 */
function category(vector: Float64Array, block: keyof typeof WORD, name: string | null): void {
  if (name === null) return;
  const words = wordsOf(name);
  const features = new Map([[`=${words.join(" ")}`, 1]]);
  for (const word of words) features.set(word, WORD[block]);
  const { length } = BLOCKS[block];
  const signs = new Float64Array(length);
  for (const [feature, weight] of features) {
    for (let i = 0; i < length; i++) signs[i]! += hash32(feature, i + 1) & 1 ? weight : -weight;
  }
  put(vector, block, signs);
}

/**
 * Adds a quantity as Gaussians at equal steps, each as wide as a step. Close values overlap, and the cosine falls
 * smoothly to zero with the distance. A single number in the vector can't do that.
 */
function quantity(vector: Float64Array, block: Block, value: number | null, low: number, high: number): void {
  if (value === null || !Number.isFinite(value)) return;
  const { length } = BLOCKS[block];
  const place = ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * (length - 1);
  put(
    vector,
    block,
    Float64Array.from({ length }, (_, i) => Math.exp(-((place - i) ** 2) / 2)),
  );
}

function put(vector: Float64Array, block: Block, values: Float64Array): void {
  const { at, share } = BLOCKS[block];
  const scale = Math.sqrt(share / values.reduce((sum, value) => sum + value * value, 0));
  if (Number.isFinite(scale))
    vector.set(
      values.map((value) => value * scale),
      at,
    );
}

const yearOf = (date: string | null): number | null => (date === null ? null : Number(date.slice(0, 4)));

/** Kilobits per second. */
const bitRateOf = ({ bytes, milliseconds }: MetadataSource): number | null =>
  bytes === null || bytes === 0 || milliseconds === 0 ? null : (bytes * 8) / milliseconds;

/** Durations, prices and bit rates are compared by ratio, so their logarithms are used. */
export const metadataEmbedder: Embedder<MetadataSource> = {
  dimensions: DIMENSIONS.metadata,
  embed(source) {
    const vector = new Float64Array(DIMENSIONS.metadata);
    const bitRate = bitRateOf(source);
    category(vector, "genre", source.genre);
    category(vector, "artist", source.artist);
    category(vector, "mediaType", source.mediaType);
    quantity(vector, "era", yearOf(source.releaseDate), 1950, 2030);
    quantity(vector, "duration", Math.log2(1 + source.milliseconds / 1_000), 5, 13);
    quantity(vector, "price", Math.log2(1 + source.cents), 0, 12);
    quantity(vector, "bitRate", bitRate === null ? null : Math.log2(bitRate), 5, 12);
    // The duration's Gaussians are never all zero, so there is always a direction.
    return normalise(vector)!;
  },
};
