import { wordsOf } from "../../../shared/words.ts";
import { type Query, type Term, wantedTerms } from "./query.ts";

/** A search as FTS5 expressions: every term quoted, every operation in parentheses. */

/** A sign within a word that may be missing or replaced by a blank. */
const INNER = /(?<=[\p{L}\p{N}])['’./&-](?=[\p{L}\p{N}])/gu;
/** Colloquial "and": names written so have `and` among their aliases. */
const COLLOQUIAL_AND = /^['’]?n['’]?$/i;

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** The spellings of a term; `begun` also finds words that begin with it. */
function printTerm({ text, prefix, quoted: asItIs }: Term, begun: boolean): string {
  const star = prefix || begun ? " *" : "";
  const written = [`${quoted(text)}${star}`];
  if (!asItIs && COLLOQUIAL_AND.test(text)) written.push('"and"');
  const joined = text.replace(INNER, "");
  if (!asItIs && joined !== text) written.push(`${quoted(joined)}${star}`);
  return written.length === 1 ? written[0]! : `(${written.join(" OR ")})`;
}

/** The expression for the words exactly as typed. */
export function printMatch(query: Query): string {
  if (query.kind === "term") return printTerm(query, false);
  return `(${printMatch(query.left)} ${query.kind.toUpperCase()} ${printMatch(query.right)})`;
}

/**
 * A piece of an expression: its text; whether SQL adds the genres that it names; and the word whose other
 * forms SQL adds.
 */
export type Piece = readonly [text: string, genres: 0 | 1, stem: string | null];

/** The words exactly as typed. Only exclusions also apply to genres. */
export function exactPieces(query: Query): readonly Piece[] {
  return pieces(query, (term, wanted) =>
    wanted ? [`(${printTerm(term, false)})`, 0, null] : [printTerm(term, false), 1, null],
  );
}

/** The wider match: prefixes, other word forms, and genres of that name. */
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

/** The words whose other forms count. @param wide pieces of the wider expression. */
export const stemsOf = (wide: readonly Piece[]): string[] =>
  wide.flatMap(([, , stem]) => (stem === null ? [] : [stem]));

/** The expression without genres and other forms. */
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

/** The terms to highlight in hits, as the readers' `highlights` takes them; without other word forms. */
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

/** The text that names are compared with: the required words, or all if only some are required. */
export const titleOf = (query: Query): string =>
  isChoice(query)
    ? ""
    : wantedTerms(query)
        .map(({ text }) => text)
        .join(" ");

const isChoice = (query: Query): boolean =>
  query.kind !== "term" && (query.kind === "or" || isChoice(query.left) || isChoice(query.right));
