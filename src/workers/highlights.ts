import { fold, isAscii } from "../shared/words.ts";
import { isLetter } from "./titles.ts";

/** What is marked in a hit's names: folded words, prefixes, and phrases. */
interface Marked {
  readonly words: ReadonlySet<string>;
  readonly prefixes: readonly string[];
  readonly phrases: readonly (readonly string[])[];
  /** Whether a word is marked. Caches the answer for the words of all hits. */
  readonly known: Map<string, boolean>;
}

interface Word {
  readonly folded: string;
  readonly start: number;
  readonly end: number;
}

const WORD = /[\p{L}\p{N}\p{M}\p{Co}]+/gu;
/** Separates words that may be typed as one. */
const JOINT = /^['’./&-]$/u;
/** Size of {@link Marked.known} for one search. */
const MOST_KNOWN = 2_000;

let latest: { readonly text: string; readonly marked: Marked } | undefined;

/**
 * The names of a hit as a JSON object of HTML texts: matches in `<mark>`, everything else escaped.
 *
 * @param marked JSON: `{"words": […], "prefixes": […], "phrases": [[…], …]}`, all folded as by `wordsOf`.
 */
export function highlights(
  marked: string,
  name: string | null,
  album: string | null,
  artist: string | null,
  composer: string | null,
): string {
  if (latest?.text !== marked) latest = { text: marked, marked: read(marked) };
  const show = (text: string | null) => (text === null ? null : highlighted(text, latest!.marked));
  return JSON.stringify({
    name: show(name),
    album_title: show(album),
    artist_name: show(artist),
    composer: show(composer),
  });
}

function read(text: string): Marked {
  const { words, prefixes, phrases } = JSON.parse(text);
  return { words: new Set(words), prefixes, phrases, known: new Map() };
}

function highlighted(text: string, marked: Marked): string {
  const words = wordsIn(text);
  let html = "";
  let shown = 0;
  for (let at = 0; at < words.length; ) {
    const many = spanAt(words, at, text, marked);
    if (many > 0) {
      const [start, end] = [words[at]!.start, words[at + many - 1]!.end];
      html += `${escaped(text.slice(shown, start))}<mark>${escaped(text.slice(start, end))}</mark>`;
      shown = end;
    }
    at += Math.max(1, many);
  }
  return html + escaped(text.slice(shown));
}

function wordsIn(text: string): Word[] {
  if (isAscii(text)) return asciiWordsIn(text);
  return Array.from(text.matchAll(WORD), ({ 0: word, index }) => ({
    folded: fold(word),
    start: index,
    end: index + word.length,
  }));
}

/** Most names need only case folding. A loop splits them ten times as fast. */
function asciiWordsIn(text: string): Word[] {
  const lower = text.toLowerCase();
  const words: Word[] = [];
  for (let at = 0; at < lower.length; at++) {
    const start = at;
    while (isLetter(lower, at)) at++;
    if (at > start) words.push({ folded: lower.slice(start, at), start, end: at });
  }
  return words;
}

/** The number of words from this one on that are marked together; 0 if it is not marked. */
function spanAt(words: readonly Word[], at: number, text: string, marked: Marked): number {
  for (const phrase of marked.phrases)
    if (phrase.every((word, i) => words[at + i]?.folded === word)) return phrase.length;
  if (isMarked(words[at]!.folded, marked)) return 1;
  return joined(words, at, text, marked);
}

/** Words separated only by a sign and typed as one: `AC/DC` for acdc. */
function joined(words: readonly Word[], at: number, text: string, marked: Marked): number {
  let all = words[at]!.folded;
  for (let i = at + 1; i < words.length && JOINT.test(text.slice(words[i - 1]!.end, words[i]!.start)); i++) {
    all += words[i]!.folded;
    if (isMarked(all, marked)) return i - at + 1;
  }
  return 0;
}

function isMarked(word: string, { words, prefixes, known }: Marked): boolean {
  const before = known.get(word);
  if (before !== undefined) return before;
  const is = words.has(word) || prefixes.some((prefix) => word.startsWith(prefix));
  if (known.size < MOST_KNOWN) known.set(word, is);
  return is;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (text: string): string =>
  /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (sign) => ESCAPES[sign]!) : text;
