import { DIMENSIONS, type Embedder, normalise } from "./embedder.ts";
import { hash32, wordsOf } from "./hashing.ts";
import { BUCKETS, type LyricModel } from "./lyric-model.ts";

/** The texts of a track's lyric vector. */
export interface LyricSource {
  readonly name: string;
  readonly album: string | null;
  readonly artist: string | null;
  readonly composer: string | null;
  /** The catalogue has no lyrics yet. A search's text comes as `name`. */
  readonly lyrics: string | null;
}

const FIELDS = { name: 1, lyrics: 1, album: 0.6, artist: 0.6, composer: 0.4 } as const satisfies Record<
  keyof LyricSource,
  number
>;

/** Weight of a part of a word relative to the word. It makes "Lovers" similar to "Lover". */
const GRAM = 0.3;
const GRAM_LENGTH = 3;
/** Positions that one term is added to. Two halve the effect of a collision. */
const PLACES = 2;
/** Words of one text that are used. It bounds lyrics; names never reach it. */
const MAX_WORDS = 2_000;

/** Every term of a source with its weight: words, and three-letter parts of longer words. */
export function termsOf(source: LyricSource): Map<string, number> {
  const terms = new Map<string, number>();
  const add = (term: string, weight: number) => terms.set(term, (terms.get(term) ?? 0) + weight);
  for (const [field, weight] of Object.entries(FIELDS) as [keyof LyricSource, number][]) {
    const counts = new Map<string, number>();
    for (const word of wordsOf(source[field] ?? "").slice(0, MAX_WORDS))
      counts.set(word, (counts.get(word) ?? 0) + 1);
    // Ten occurrences are not ten times as important as one.
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
 * A hashed bag of words and their parts, weighted by inverse document frequency. Each term's sign comes from its
 * hash, so that collisions of unrelated terms cancel on average (Weinberger et al., "Feature hashing for large
 * scale multitask learning", 2009).
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

/** For terms that cancel exactly: practically impossible, but it must not fail. */
function fallback(name: string): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(DIMENSIONS.lyric);
  vector[hash32(name) % DIMENSIONS.lyric] = 1;
  return vector;
}
