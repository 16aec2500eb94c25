import { DIMENSIONS, type Embedder, normalise } from "./embedder.ts";
import { hash32, wordsOf } from "./hashing.ts";
import { BUCKETS, type LyricModel } from "./lyric-model.ts";

/** The texts that a track's lyric vector is made of. */
export interface LyricSource {
  readonly name: string;
  readonly album: string | null;
  readonly artist: string | null;
  readonly composer: string | null;
  /** The catalogue holds none yet; what a search was asked for comes in here as `name`. */
  readonly lyrics: string | null;
}

const FIELDS = { name: 1, lyrics: 1, album: 0.6, artist: 0.6, composer: 0.4 } as const satisfies Record<
  keyof LyricSource,
  number
>;

/** What a part of a word weighs beside the word itself: it is what brings "Lovers" and "Lover" together. */
const GRAM = 0.3;
const GRAM_LENGTH = 3;
/** Places that one term is added to. Two halve the harm that is done where two terms meet. */
const PLACES = 2;
/** Words of one text that are looked at: lyrics are bounded by this, names never reach it. */
const MAX_WORDS = 2_000;

/** Every term of a source with its weight: words, and the three-letter parts of words that are longer. */
export function termsOf(source: LyricSource): Map<string, number> {
  const terms = new Map<string, number>();
  const add = (term: string, weight: number) => terms.set(term, (terms.get(term) ?? 0) + weight);
  for (const [field, weight] of Object.entries(FIELDS) as [keyof LyricSource, number][]) {
    const counts = new Map<string, number>();
    for (const word of wordsOf(source[field] ?? "").slice(0, MAX_WORDS))
      counts.set(word, (counts.get(word) ?? 0) + 1);
    // Said ten times is not ten times as important.
    for (const [word, count] of counts) addWord(add, word, weight * (1 + Math.log(count)));
  }
  if (terms.size === 0) add(`=${source.name}`, 1);
  return terms;
}

function addWord(add: (term: string, weight: number) => void, word: string, weight: number): void {
  add(word, weight);
  if (word.length <= GRAM_LENGTH) return;
  const framed = `^${word}$`;
  const grams = framed.length - GRAM_LENGTH + 1;
  for (let i = 0; i < grams; i++)
    add(`#${framed.slice(i, i + GRAM_LENGTH)}`, (weight * GRAM) / Math.sqrt(grams));
}

export const bucketOf = (term: string): number => hash32(term) % BUCKETS;

/**
 * The hashed bag of words and their parts, weighted by inverse document frequency. Each term's sign comes from its
 * hash, so that what two unrelated terms add where they meet is nothing on average (Weinberger et al., "Feature
 * hashing for large scale multitask learning", 2009).
 */
export const lyricEmbedder = (model: LyricModel): Embedder<LyricSource> => ({
  dimensions: DIMENSIONS.lyric,
  embed(source) {
    const vector = new Float64Array(DIMENSIONS.lyric);
    for (const [term, weight] of termsOf(source)) {
      const value = weight * model.weight(bucketOf(term));
      for (let place = 1; place <= PLACES; place++) {
        const hash = hash32(term, place);
        vector[(hash >>> 1) % DIMENSIONS.lyric]! += hash & 1 ? value : -value;
      }
    }
    return normalise(vector) ?? fallback(source.name);
  },
});

/** Terms that cancel each other out exactly: as good as impossible, and no reason to fail. */
function fallback(name: string): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(DIMENSIONS.lyric);
  vector[hash32(name) % DIMENSIONS.lyric] = 1;
  return vector;
}
