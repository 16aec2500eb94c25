/**
 * The words of a text as the text index folds them: lower case, without accents, split at whatever is neither
 * letter nor digit. Not stemmed.
 */
export const wordsOf = (text: string): string[] => fold(text).match(WORD) ?? [];

const WORD = /[\p{L}\p{N}\p{Co}]+/gu;

/** Whether there is anything in it that the text index would keep. */
export const hasWord = (text: string): boolean => /[\p{L}\p{N}\p{Co}]/u.test(text);

const fold = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
