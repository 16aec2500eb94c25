/**
 * The words of a text as the text index folds them: lower case, without accents, split at anything but letters and
 * digits. Not stemmed.
 */
export const wordsOf = (text: string): string[] => fold(text).match(WORD) ?? [];

const WORD = /[\p{L}\p{N}\p{Co}]+/gu;

/** Whether the text contains anything that the text index would keep. */
export const hasWord = (text: string): boolean => /[\p{L}\p{N}\p{Co}]/u.test(text);

/** Lower case, without accents. */
export const fold = (text: string): string =>
  isAscii(text)
    ? text.toLowerCase()
    : text
        .normalize("NFKD")
        .replace(/\p{M}+/gu, "")
        .toLowerCase();

const ASCII = /^[\0-\x7f]*$/;
export const isAscii = (text: string): boolean => ASCII.test(text);
