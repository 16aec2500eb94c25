// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

/** NUL ends a C string inside SQLite, and the other control characters are never meant. */
export const hasControl = (text: string): boolean => CONTROL.test(text);
