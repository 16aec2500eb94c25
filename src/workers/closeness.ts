import { distance } from "fastest-levenshtein";
import { wordsOf } from "../shared/words.ts";

/**
 * Levenshtein distance: letters to insert, delete or replace. Two swapped neighbours are one error if nothing else
 * is wrong.
 */
export function editDistance(a: string, b: string): number {
  const edits = distance(a, b);
  return edits === 2 && a.length === b.length && swapped(a, b) ? 1 : edits;
}

function swapped(a: string, b: string): boolean {
  let at = 0;
  while (a[at] === b[at]) at++;
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}

/** Weights of a word by the field it is found in: name, artist, album, composer. */
const WEIGHTS = [1, 0.97, 0.9, 0.8] as const;
/** Bonus if the text equals the query, not only contains it. */
const WHOLE = 0.15;

/** The query's words, parsed once for all hits of a search. */
let typed: { readonly text: string; readonly words: readonly string[] } = { text: "", words: [] };

/**
 * Similarity of a track and the query, from 0 to 1.15. For each word of the query: the most similar word of any
 * field, by the share of correct letters. The result is the mean. Deterministic.
 */
export function closeness(text: string, ...fields: readonly (string | null)[]): number {
  if (typed.text !== text) typed = { text, words: wordsOf(text) };
  const { words } = typed;
  const best = new Float64Array(words.length);
  let whole = 0;
  fields.forEach((field, at) => {
    if (field !== null)
      whole = Math.max(whole, WEIGHTS[at]! * compare(words, wordsOf(field), WEIGHTS[at]!, best));
  });
  return best.reduce((sum, value) => sum + value, 0) / Math.max(1, words.length) + WHOLE * whole;
}

/** Updates `best` with the field's similarity for each word. @returns how much of both texts agrees. */
function compare(
  words: readonly string[],
  field: readonly string[],
  weight: number,
  best: Float64Array,
): number {
  let sum = 0;
  words.forEach((word, at) => {
    let nearest = 0;
    for (const other of field) nearest = Math.max(nearest, similarity(word, other));
    best[at] = Math.max(best[at]!, weight * nearest);
    sum += nearest;
  });
  return sum / Math.max(words.length, field.length, 1);
}

/** 1 for the same word. A prefix scores its share of the word, a misspelling its share of correct letters. */
function similarity(word: string, other: string): number {
  if (word === other) return 1;
  const longer = Math.max(word.length, other.length);
  if (Math.abs(word.length - other.length) * 2 > longer) return 0;
  if (other.startsWith(word)) return 0.5 + (0.45 * word.length) / longer;
  const share = 1 - editDistance(word, other) / longer;
  return share < 0.5 ? 0 : 0.95 * share;
}
