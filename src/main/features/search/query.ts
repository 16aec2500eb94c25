import { AppError } from "../../../shared/errors.ts";
import { hasWord, wordsOf } from "../../../shared/words.ts";
import { type Token, tokenize } from "./tokens.ts";

/**
 * A search as a tree. A term is what was typed in one piece or between quotation marks; the tokenizer of the index
 * takes it apart, so `AC/DC` is the phrase "ac dc".
 */
export type Query =
  | { readonly kind: "term"; readonly text: string; readonly prefix: boolean }
  | { readonly kind: "and" | "or" | "not"; readonly left: Query; readonly right: Query };

/** Bounds of one search: past them the answer is 422, so that no text can keep a reader busy by its shape. */
export const MAX_TERMS = 32;
export const MAX_DEPTH = 16;
/** Shorter prefixes would match a large part of any catalogue. */
const MIN_PREFIX = 2;

/**
 * Reads a search: words (all of them wanted), "phrases", prefix*, AND, OR, NOT and parentheses; NOT binds closest,
 * then AND, then OR. Operators are capital letters, and only where an operator can stand: `AND JUSTICE FOR ALL` is
 * four words. What is left open is closed, and what has no letter or digit is left out.
 *
 * @throws AppError `invalid` when nothing is left to search for, NOT has nothing to take away from, or a bound is
 * passed.
 */
export function parseSearch(text: string): Query {
  const parser = new Parser(tokenize(text));
  const query = parser.whole();
  if (query === undefined) throw refused("expected at least one letter or digit");
  return query;
}

/** The tree as an FTS5 expression: every term quoted, every operation in parentheses. */
export function printMatch(query: Query): string {
  if (query.kind !== "term")
    return `(${printMatch(query.left)} ${query.kind.toUpperCase()} ${printMatch(query.right)})`;
  return `"${query.text.replaceAll('"', '""')}"${query.prefix ? " *" : ""}`;
}

/**
 * The same expression in pieces: each piece with an odd number is a term, the others are what stands between. So SQL
 * can put something wider in a term's place without reading the expression.
 */
export function matchPieces(query: Query): string[] {
  if (query.kind !== "term") {
    const [left, right] = [matchPieces(query.left), matchPieces(query.right)];
    const between = `${left.at(-1)} ${query.kind.toUpperCase()} ${right[0]}`;
    return [`(${left[0]}`, ...left.slice(1, -1), between, ...right.slice(1, -1), `${right.at(-1)})`];
  }
  return ["", printMatch(query), ""];
}

/** The terms that are wanted, in order: what typos may be in. */
export function wantedTerms(query: Query): string[] {
  if (query.kind === "term") return [query.text];
  const left = wantedTerms(query.left);
  return query.kind === "not" ? left : [...left, ...wantedTerms(query.right)];
}

/** What NOT takes away, in order. */
export function unwantedParts(query: Query): Query[] {
  if (query.kind === "term") return [];
  const left = unwantedParts(query.left);
  return query.kind === "not" ? [...left, query.right] : [...left, ...unwantedParts(query.right)];
}

/** Recursive descent; `undefined` stands for a part that came to nothing. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #terms = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** A closing parenthesis too many ends nothing. */
  whole(): Query | undefined {
    let query = this.#alternatives();
    while (this.#at < this.#tokens.length) {
      this.#at++;
      query = join("and", query, this.#alternatives());
    }
    return query;
  }

  #alternatives(): Query | undefined {
    let query = this.#all();
    while (this.#takeOperator("OR")) query = join("or", query, this.#all());
    return query;
  }

  #all(): Query | undefined {
    let query = this.#without();
    while (this.#more()) {
      this.#takeOperator("AND");
      query = this.#takeOperator("NOT") ? this.#subtract(query) : join("and", query, this.#without());
    }
    return query;
  }

  #without(): Query | undefined {
    if (this.#takeOperator("NOT")) return this.#subtract(undefined);
    let query = this.#operand();
    while (this.#takeOperator("NOT")) query = this.#subtract(query);
    return query;
  }

  #subtract(from: Query | undefined): Query | undefined {
    const taken = this.#operand();
    if (taken === undefined) return from;
    if (from !== undefined) return { kind: "not", left: from, right: taken };
    throw refused(
      'NOT needs something before it to take away from, as in `live NOT acoustic`; write "not" in lower case to search for the word',
    );
  }

  #operand(): Query | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind === "close") return undefined;
    this.#at++;
    return token.kind === "open" ? this.#group() : this.#term(token);
  }

  #group(): Query | undefined {
    if (++this.#depth > MAX_DEPTH)
      throw refused(`expected at most ${MAX_DEPTH} parentheses within each other`);
    const query = this.#alternatives();
    this.#depth--;
    if (this.#tokens[this.#at]?.kind === "close") this.#at++;
    return query;
  }

  #term({ text, prefix }: Extract<Token, { kind: "term" }>): Query | undefined {
    if (!hasWord(text)) return undefined;
    if (++this.#terms > MAX_TERMS) throw refused(`expected at most ${MAX_TERMS} words and phrases`);
    if (prefix && [...wordsOf(text).at(-1)!].length < MIN_PREFIX)
      throw refused(`expected at least ${MIN_PREFIX} characters before *`);
    return { kind: "term", text, prefix };
  }

  /** Whether another operand follows within this group. */
  #more(): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && token.kind !== "close" && !this.#isOperator("OR");
  }

  #takeOperator(word: "AND" | "OR" | "NOT"): boolean {
    if (!this.#isOperator(word)) return false;
    this.#at++;
    return true;
  }

  /** AND and OR stand between operands and NOT before one; anywhere else they are words like others. */
  #isOperator(word: "AND" | "OR" | "NOT"): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "term" || !token.bare || token.text !== word) return false;
    if (!begins(this.#tokens[this.#at + 1])) return false;
    return word === "NOT" || ends(this.#tokens[this.#at - 1]);
  }
}

const begins = (token: Token | undefined): boolean => token !== undefined && token.kind !== "close";
const ends = (token: Token | undefined): boolean => token !== undefined && token.kind !== "open";

function join(kind: "and" | "or", left: Query | undefined, right: Query | undefined): Query | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return { kind, left, right };
}

const refused = (detail: string): AppError =>
  new AppError("invalid", { errors: [{ parameter: "q", detail }] });
