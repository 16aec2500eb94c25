/**
 * A part of a search. `bare` terms were typed without quotation marks or star: only they can be operators. A minus
 * directly precedes the term that it excludes, and follows nothing.
 */
export type Token =
  | { readonly kind: "open" }
  | { readonly kind: "close" }
  | { readonly kind: "minus" }
  | { readonly kind: "term"; readonly text: string; readonly prefix: boolean; readonly bare: boolean };

/** Parentheses, exclusions, phrases in quotation marks (an open one ends with the text), runs of anything else. */
const PIECE =
  /(?<open>\()|(?<close>\))|(?<minus>(?<![^\s(])-(?=["(\p{L}\p{N}]))|"(?<phrase>[^"]*)"?(?<phraseStar>\*?)|(?<run>[^\s"()]+)/gu;

/** Marks genres in the index. No typed text contains it. */
export const GENRE_MARK = 0xe000;
const NEVER_TYPED = new RegExp(`[\\0${String.fromCharCode(GENRE_MARK)}]`, "g");

/** Never fails: every text is a sequence of tokens. NUL would end the expression inside SQLite. */
export function tokenize(text: string): Token[] {
  const plain = text.replace(NEVER_TYPED, " ").replace(/[“”„«»]/gu, '"');
  return Array.from(plain.matchAll(PIECE), ({ groups }) => tokenOf(groups!));
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>): Token {
  const { open, close, minus, phrase, phraseStar, run } = groups;
  if (open !== undefined) return { kind: "open" };
  if (minus !== undefined) return { kind: "minus" };
  if (close !== undefined) return { kind: "close" };
  if (phrase !== undefined) return { kind: "term", text: phrase, prefix: phraseStar === "*", bare: false };
  const text = run!.replace(/\*+$/, "");
  const prefix = text !== run;
  return { kind: "term", text, prefix, bare: !prefix };
}
