import { AppError } from "../../../shared/errors.ts";
import { wordsOf } from "../../../shared/words.ts";
import { type Token, tokenize } from "./tokens.ts";

/**
 * A search as a tree. A term is typed in one piece or in quotation marks; the index's tokenizer splits it, so
 * `AC/DC` is the phrase "ac dc".
 */
export type Query =
  | Term
  | { readonly kind: "and" | "or" | "not"; readonly left: Query; readonly right: Query };

export interface Term {
  readonly kind: "term";
  readonly text: string;
  /** Followed by a star: matches words that begin with it. */
  readonly prefix: boolean;
  /** The last word, with nothing after it: it may be incomplete. */
  readonly open: boolean;
  /** In quotation marks: matched exactly. */
  readonly quoted: boolean;
}

/**
 * Limits of one search. Beyond them the answer is 422, so that no text can keep a reader busy by its shape.
 */
export const MAX_TERMS = 32;
export const MAX_DEPTH = 16;
/** Shorter prefixes would match a large part of any catalogue. */
const MIN_PREFIX = 2;

/**
 * Parses a search: words (all required), "phrases", prefix*, AND, OR, NOT, -exclusions and parentheses. NOT
 * binds closest, then AND, then OR; a minus excludes from everything that is joined by AND. Operators are in
 * capitals, and only where an operator can stand: `AND JUSTICE FOR ALL` is four words. A minus with nothing
 * to exclude from is an ordinary sign. Open groups and phrases are closed at the end; parts without a letter
 * or digit are dropped.
 *
 * @returns undefined if nothing is left.
 * @throws AppError `invalid` if NOT has nothing to exclude from, or a limit is exceeded.
 */
export function parseSearch(text: string): Query | undefined {
  return new Parser(tokenize(text), !/\s$/.test(text)).whole();
}

const MAY_BE_MORE = /["“”„«»()*-]|\b(AND|OR|NOT)\b/;

/** Whether a search is words alone, so that a name that begins with it contains all of it. */
export const isPlain = (text: string): boolean =>
  !MAY_BE_MORE.test(text) ||
  tokenize(text).every((token) => token.kind === "term" && token.bare && !/^(AND|OR|NOT)$/.test(token.text));

/** The required terms, in order: the ones that may be misspelt. */
export function wantedTerms(query: Query): Term[] {
  if (query.kind === "term") return [query];
  const left = wantedTerms(query.left);
  return query.kind === "not" ? left : [...left, ...wantedTerms(query.right)];
}

/** The excluded parts, in order. */
export function unwantedParts(query: Query): Query[] {
  if (query.kind === "term") return [];
  const left = unwantedParts(query.left);
  return query.kind === "not" ? [...left, query.right] : [...left, ...unwantedParts(query.right)];
}

/** Recursive descent; `undefined` stands for an empty part. */
class Parser {
  readonly #tokens: readonly Token[];
  readonly #open: boolean;
  #at = 0;
  #depth = 0;
  #terms = 0;

  /** @param open whether the last word may be incomplete. */
  constructor(tokens: readonly Token[], open: boolean) {
    this.#tokens = tokens;
    this.#open = open;
  }

  /** A surplus closing parenthesis is ignored. */
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
    const unwanted: (Query | undefined)[] = [];
    let query: Query | undefined;
    for (let first = true; first || this.#more(); first = false) {
      if (!first) this.#takeOperator("AND");
      if (this.#takeMinus()) unwanted.push(this.#operand());
      else if (first) query = this.#without();
      else query = this.#takeOperator("NOT") ? this.#subtract(query) : join("and", query, this.#without());
    }
    const away = unwanted.filter((part) => part !== undefined);
    if (query === undefined)
      return away.reduce<Query | undefined>((all, part) => join("and", all, part), query);
    return away.reduce((left, right): Query => ({ kind: "not", left, right }), query);
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
      'NOT needs something before it to exclude from, as in `live NOT acoustic`; write "not" in lower case to search for the word',
    );
  }

  #operand(): Query | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind === "close") return undefined;
    this.#at++;
    if (token.kind === "minus") return this.#operand();
    return token.kind === "open" ? this.#group() : this.#term(token);
  }

  #group(): Query | undefined {
    if (++this.#depth > MAX_DEPTH) throw refused(`expected at most ${MAX_DEPTH} nested parentheses`);
    const query = this.#alternatives();
    this.#depth--;
    if (this.#tokens[this.#at]?.kind === "close") this.#at++;
    return query;
  }

  #term({ text, prefix, bare }: Extract<Token, { kind: "term" }>): Query | undefined {
    const word = bare && text === "&" ? "and" : text;
    const last = wordsOf(word).at(-1);
    if (last === undefined) return undefined;
    if (++this.#terms > MAX_TERMS) throw refused(`expected at most ${MAX_TERMS} words and phrases`);
    const begun = [...last].length;
    if (prefix && begun < MIN_PREFIX) throw refused(`expected at least ${MIN_PREFIX} characters before *`);
    const open =
      bare && this.#open && this.#at === this.#tokens.length && begun >= MIN_PREFIX && word === text;
    return { kind: "term", text: word, prefix, open, quoted: !bare && !prefix };
  }

  /** Whether another operand follows within this group. */
  #more(): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && token.kind !== "close" && !this.#isOperator("OR");
  }

  #takeMinus(): boolean {
    if (this.#tokens[this.#at]?.kind !== "minus") return false;
    this.#at++;
    return true;
  }

  #takeOperator(word: "AND" | "OR" | "NOT"): boolean {
    if (!this.#isOperator(word)) return false;
    this.#at++;
    return true;
  }

  /** AND and OR stand between operands and NOT before one; anywhere else they are ordinary words. */
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
