import { fold, isAscii } from "../shared/words.ts";

/** A normalised name for comparison: without case, accents and signs. */
interface Key {
  /** Words separated by single blanks. */
  readonly plain: string;
  /** The same with abbreviations expanded. */
  readonly full: string;
  /** Without blanks. */
  readonly squashed: string;
}

/** The query, parsed once for all hits of a search. */
interface Typed extends Key {
  readonly text: string;
  readonly firstWord: string;
  /** Whether an expanded abbreviation can make a difference. */
  readonly hasFull: boolean;
  /** Results for artists and albums: consecutive hits are often of one album. */
  readonly known: Map<string, boolean>;
}

/** How a hit's names match the query, best first. */
export const TITLE_RANK = {
  /** The track's name equals the query word by word; or apart from blanks, signs and abbreviations. */
  name: 9,
  nameAlike: 8,
  /** The artist's name or the album's title equals it. */
  artist: 7,
  album: 6,
  /** The track's name begins with it: at a word boundary; within a word. */
  begins: 5,
  begun: 4,
  /** The track's name contains it. */
  holds: 3,
} as const;

/** Abbreviations in titles: `&`, `'n'` and `n` for "and", `o'` for "of", `-in'` for "-ing". */
const SHORT = /&|\bn\b|\bo'(?=\s)|in'(?=\s|$)/;
const IN_FULL = /\b(and|of)\b|ing\b/;
const AND = /&|(?<=^|\s)'?n'?(?=\s|$)/g;
const OF = /(?<=^|\s)o'(?=\s)/g;
const ING = /(?<=\p{L}{2}in)'(?=\s|$)/gu;

const inFull = (folded: string): string =>
  SHORT.test(folded) ? folded.replace(AND, " and ").replace(OF, "of").replace(ING, "g") : folded;

/** Removes signs. ASCII has a faster path. */
function wordsIn(folded: string): string {
  const signs = isAscii(folded) ? /[^a-z0-9]+/g : /[^\p{L}\p{N}\p{Co}]+/gu;
  return folded.replaceAll("'", "").replace(signs, " ").trim();
}

function keyOf(text: string): Key {
  const folded = fold(text).replaceAll("’", "'");
  const plain = wordsIn(folded);
  return { plain, full: wordsIn(inFull(folded)), squashed: plain.replaceAll(" ", "") };
}

const typedAs = (text: string): Typed => {
  const key = keyOf(text);
  return {
    ...key,
    text,
    firstWord: key.plain.split(" ")[0]!,
    hasFull: IN_FULL.test(key.full),
    known: new Map(),
  };
};
let typed = typedAs("");

/**
 * The best match of a hit's names with the query, as one of `TITLE_RANK`. For a partial match, plus the matched
 * share of the name, in hundredths. Null without a match. Deterministic.
 */
export function titleRank(
  text: string,
  name: string,
  artist: string | null,
  album: string | null,
): number | null {
  if (typed.text !== text) typed = typedAs(text);
  if (typed.squashed === "") return null;
  const own = rankOf(name);
  if (own >= TITLE_RANK.nameAlike) return own;
  if (artist !== null && isTyped(artist)) return TITLE_RANK.artist;
  if (album !== null && isTyped(album)) return TITLE_RANK.album;
  return own === 0 ? null : own;
}

function isTyped(name: string): boolean {
  let is = typed.known.get(name);
  if (is === undefined) {
    is = rankOf(name) >= TITLE_RANK.nameAlike;
    typed.known.set(name, is);
  }
  return is;
}

/** There are many names, and most differ early: ASCII names are compared in place, without a copy. */
function rankOf(name: string): number {
  if (!isAscii(name)) return rankOfKey(keyOf(name));
  const lower = name.toLowerCase();
  if (typed.hasFull && SHORT.test(lower)) return rankOfKey(keyOf(name));
  return rankInPlace(lower);
}

function rankOfKey({ plain, full, squashed }: Key): number {
  if (plain === typed.plain) return TITLE_RANK.name;
  if (full === typed.full || squashed === typed.squashed) return TITLE_RANK.nameAlike;
  const at = full.indexOf(typed.full);
  if (at === -1) return 0;
  const share = shareOf(full);
  if (at === 0) return share + (full[typed.full.length] === " " ? TITLE_RANK.begins : TITLE_RANK.begun);
  return ` ${full} `.includes(` ${typed.full} `) ? share + TITLE_RANK.holds : 0;
}

const shareOf = (name: string): number =>
  Math.min(0.99, Math.round((100 * typed.full.length) / name.length) / 100);

function rankInPlace(lower: string): number {
  const first = skipSigns(lower, 0);
  const end = matchAt(lower, first);
  if (end !== -1 && skipSigns(lower, end) === lower.length) return TITLE_RANK.name;
  if (isSquashed(lower)) return TITLE_RANK.nameAlike;
  if (end !== -1) return shareOf(lower) + (isLetter(lower, end) ? TITLE_RANK.begun : TITLE_RANK.begins);
  return isWithin(lower) ? shareOf(lower) + TITLE_RANK.holds : 0;
}

const APOSTROPHE = 39;

/** Letters and digits of ASCII in lower case. */
export function isLetter(lower: string, at: number): boolean {
  const code = lower.charCodeAt(at);
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
}

function skipSigns(lower: string, from: number): number {
  let at = from;
  while (at < lower.length && !isLetter(lower, at)) at++;
  return at;
}

/** The index after the query's words if they are at `start`, or -1. Signs count as a blank. */
function matchAt(lower: string, start: number): number {
  const { plain } = typed;
  let at = start;
  for (let i = 0; i < plain.length; i++) {
    while (lower.charCodeAt(at) === APOSTROPHE) at++;
    if (plain.charCodeAt(i) === lower.charCodeAt(at) && plain[i] !== " ") at++;
    else if (plain[i] === " " && at < lower.length && !isLetter(lower, at)) at = skipSigns(lower, at);
    else return -1;
  }
  return at;
}

/** Whether the query occurs as whole words. */
function isWithin(lower: string): boolean {
  const word = typed.firstWord;
  for (let at = lower.indexOf(word); at !== -1; at = lower.indexOf(word, at + 1)) {
    const end = isLetter(lower, at - 1) ? -1 : matchAt(lower, at);
    if (end !== -1 && !isLetter(lower, end)) return true;
  }
  return false;
}

/** Whether the letters alone equal those of the query. */
function isSquashed(lower: string): boolean {
  const wanted = typed.squashed;
  let at = 0;
  for (let i = 0; i < lower.length; i++) {
    if (!isLetter(lower, i)) continue;
    if (lower.charCodeAt(i) !== wanted.charCodeAt(at++)) return false;
  }
  return at === wanted.length;
}
