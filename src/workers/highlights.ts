import { fold, isAscii } from "../shared/words.ts";

/** What is marked in a hit's names: folded words, prefixes, and phrases. */
interface Marked {
  readonly words: ReadonlySet<string>;
  readonly prefixes: readonly string[];
  readonly phrases: readonly (readonly string[])[];
  /** The first character codes of all of them. Words that begin with another are skipped. */
  readonly begins: ReadonlySet<number>;
  /** Whether a word is marked. Caches the answer for the words of all hits. */
  readonly known: Map<string, boolean>;
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
  const show = (text: string | null) =>
    text === null ? "null" : JSON.stringify(highlighted(text, latest!.marked));
  return `{"name":${show(name)},"album_title":${show(album)},"artist_name":${show(artist)},"composer":${show(composer)}}`;
}

/** One name, as `highlights` shows it: JSON text. */
export function highlight(marked: string, name: string): string {
  if (latest?.text !== marked) latest = { text: marked, marked: read(marked) };
  return JSON.stringify(highlighted(name, latest.marked));
}

function read(text: string): Marked {
  const { words, prefixes, phrases } = JSON.parse(text) as Record<"words" | "prefixes", string[]> & {
    phrases: string[][];
  };
  const first = [...words, ...prefixes, ...phrases.map(([word]) => word ?? "")];
  const begins = new Set(first.map((word) => word.charCodeAt(0)));
  return { words: new Set(words), prefixes, phrases, begins, known: new Map() };
}

/** The words of a text, as offsets. One object is reused for all texts: allocating one for each word was slower. */
class Words {
  text = "";
  count = 0;
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  #lower: string | undefined;

  of(text: string): void {
    this.text = text;
    this.count = 0;
    this.#lower = isAscii(text) ? text.toLowerCase() : undefined;
    if (this.#lower !== undefined) this.#splitAscii(this.#lower);
    else for (const { 0: word, index } of text.matchAll(WORD)) this.#add(index, index + word.length);
  }

  /** Most names need only case folding. A loop splits them ten times as fast. */
  #splitAscii(lower: string): void {
    for (let at = 0; at < lower.length; at++) {
      const start = at;
      while (isWordCode(lower.charCodeAt(at))) at++;
      if (at > start) this.#add(start, at);
    }
  }

  #add(start: number, end: number): void {
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
  }

  folded(i: number): string {
    if (i >= this.count) return "";
    return this.#lower === undefined
      ? fold(this.text.slice(this.starts[i], this.ends[i]))
      : this.#lower.slice(this.starts[i], this.ends[i]);
  }

  /** Whether it may begin like a marked term; always true if folding may change its first character. */
  mayBegin(i: number, begins: ReadonlySet<number>): boolean {
    return this.#lower === undefined || begins.has(this.#lower.charCodeAt(this.starts[i]!));
  }
}

/** A letter or digit of ASCII, in lower case. */
const isWordCode = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 48 && code <= 57);

const words = new Words();

function highlighted(text: string, marked: Marked): string {
  words.of(text);
  let html = "";
  let shown = 0;
  for (let at = 0; at < words.count; ) {
    const many = words.mayBegin(at, marked.begins) ? spanAt(at, marked) : 0;
    if (many > 0) {
      const [start, end] = [words.starts[at]!, words.ends[at + many - 1]!];
      html += `${escaped(text.slice(shown, start))}<mark>${escaped(text.slice(start, end))}</mark>`;
      shown = end;
    }
    at += Math.max(1, many);
  }
  return shown === 0 ? escaped(text) : html + escaped(text.slice(shown));
}

/** The number of words from this one on that are marked together; 0 if it is not marked. */
function spanAt(at: number, marked: Marked): number {
  for (const phrase of marked.phrases)
    if (phrase.every((word, i) => words.folded(at + i) === word)) return phrase.length;
  if (isMarked(words.folded(at), marked)) return 1;
  return joined(at, marked);
}

/** Words separated only by a sign and typed as one: `AC/DC` for acdc. */
function joined(at: number, marked: Marked): number {
  const { text, starts, ends } = words;
  let all = words.folded(at);
  for (let i = at + 1; i < words.count && JOINT.test(text.slice(ends[i - 1], starts[i])); i++) {
    all += words.folded(i);
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
