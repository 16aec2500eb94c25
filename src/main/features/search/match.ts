import { wordsOf } from "../../../shared/words.ts";
import { type Query, type Term, wantedTerms } from "./query.ts";

/** A search as expressions of FTS5: every term quoted, every operation in parentheses. */

/** A sign that may be missing, or stand for a blank, within a word. */
const INNER = /(?<=[\p{L}\p{N}])['’./&-](?=[\p{L}\p{N}])/gu;
/** "And", as it is sung: names that are written so hold `and` among their aliases. */
const SUNG_AND = /^['’]?n['’]?$/i;

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** A term's ways to be written; `begun` finds words that only begin so, too. */
function printTerm({ text, prefix, quoted: asItIs }: Term, begun: boolean): string {
  const star = prefix || begun ? " *" : "";
  const written = [`${quoted(text)}${star}`];
  if (!asItIs && SUNG_AND.test(text)) written.push('"and"');
  const joined = text.replace(INNER, "");
  if (!asItIs && joined !== text) written.push(`${quoted(joined)}${star}`);
  return written.length === 1 ? written[0]! : `(${written.join(" OR ")})`;
}

/** The expression for the words as they were typed. */
export function printMatch(query: Query): string {
  if (query.kind === "term") return printTerm(query, false);
  return `(${printMatch(query.left)} ${query.kind.toUpperCase()} ${printMatch(query.right)})`;
}

/**
 * A piece of an expression: its text; whether SQL puts the genres beside it that it names; and the word whose other
 * forms it puts there.
 */
export type Piece = readonly [text: string, genres: 0 | 1, stem: string | null];

/** What is typed, exactly: only what is excluded is excluded by its genres, too. */
export function exactPieces(query: Query): readonly Piece[] {
  return pieces(query, (term, wanted) =>
    wanted ? [`(${printTerm(term, false)})`, 0, null] : [printTerm(term, false), 1, null],
  );
}

/** What may be meant: words that begin so, other forms of them, genres that are called so. */
export function widePieces(query: Query): readonly Piece[] {
  return pieces(query, (term, wanted) => {
    const stem = wanted && !term.quoted && !term.prefix ? stemOf(term) : null;
    return [printTerm(term, wanted && term.open), 1, stem];
  });
}

/** A term of several words has no other forms. */
function stemOf({ text }: Term): string | null {
  const [word, more] = wordsOf(text);
  return more === undefined ? quoted(word!) : null;
}

/** The words whose other forms count. @param wide pieces of the expression for what may be meant. */
export const stemsOf = (wide: readonly Piece[]): string[] =>
  wide.flatMap(([, , stem]) => (stem === null ? [] : [stem]));

/** The expression where no genre is named, and no word has other forms. */
export const plainOf = (pieces: readonly Piece[]): string =>
  pieces.map(([text, genres]) => (genres === 1 ? `(${text})` : text)).join("");

/** The expression for any of its terms. */
export const anyOf = (wide: readonly Piece[]): string =>
  wide.flatMap(([text, genres]) => (genres === 1 ? [text] : [])).join(" OR ");

function pieces(query: Query, piece: (term: Term, wanted: boolean) => Piece, wanted = true): Piece[] {
  if (query.kind === "term") return [piece(query, wanted)];
  return [
    ["(", 0, null],
    ...pieces(query.left, piece, wanted),
    [` ${query.kind.toUpperCase()} `, 0, null],
    ...pieces(query.right, piece, wanted && query.kind !== "not"),
    [")", 0, null],
  ];
}

/** What is marked in the names of hits, as `highlights` of the readers takes it; other forms of words not yet. */
export function marksOf(query: Query): { words: string[]; prefixes: string[]; phrases: string[][] } {
  const [words, prefixes, phrases]: [string[], string[], string[][]] = [[], [], []];
  for (const { text, prefix, open, quoted: asItIs } of wantedTerms(query)) {
    const own = wordsOf(text);
    const joined = wordsOf(text.replace(INNER, "")).join("");
    if (own.length > 1) phrases.push(own);
    if (prefix || open) prefixes.push(own.length > 1 ? joined : own[0]!);
    else if (own.length === 1) words.push(own[0]!);
    if (own.length > 1 && !asItIs) words.push(joined);
  }
  return { words, prefixes, phrases };
}

/** What names are compared with: the words that are wanted, unless only some of them are. */
export const titleOf = (query: Query): string =>
  isChoice(query)
    ? ""
    : wantedTerms(query)
        .map(({ text }) => text)
        .join(" ");

const isChoice = (query: Query): boolean =>
  query.kind !== "term" && (query.kind === "or" || isChoice(query.left) || isChoice(query.right));
