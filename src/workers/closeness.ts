import { distance } from "fastest-levenshtein";
import { wordsOf } from "../shared/words.ts";

/** Letters to insert, delete, replace or, where nothing else is wrong, swap: two that changed places are one slip. */
export function editDistance(a: string, b: string): number {
  const edits = distance(a, b);
  return edits === 2 && a.length === b.length && swapped(a, b) ? 1 : edits;
}

function swapped(a: string, b: string): boolean {
  let at = 0;
  while (a[at] === b[at]) at++;
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}

/** How much a word counts where it is found: name, artist, album, composer. */
const WEIGHTS = [1, 0.97, 0.9, 0.8] as const;
/** For a text that is what was typed and nothing else, over one that only holds it. */
const WHOLE = 0.15;

/** The words typed, taken apart once for all the hits of a search. */
let typed: { readonly text: string; readonly words: readonly string[] } = { text: "", words: [] };

/**
 * How close a track comes to what was typed, from 0 to 1.15: for each word typed the nearest word of any of the
 * track's texts, by the share of letters that are right; on average. The same arguments give the same number.
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

/** Notes in `best` what the field has for each word. @returns how much of both of them agrees. */
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

/** 1 for the same word; a beginning counts for its share of the word, a misspelling for its right letters. */
function similarity(word: string, other: string): number {
  if (word === other) return 1;
  const longer = Math.max(word.length, other.length);
  if (Math.abs(word.length - other.length) * 2 > longer) return 0;
  if (other.startsWith(word)) return 0.5 + (0.45 * word.length) / longer;
  const share = 1 - editDistance(word, other) / longer;
  return share < 0.5 ? 0 : 0.95 * share;
}
