// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

/** NUL would end a C string inside SQLite. The other control characters are never intended. */
export const hasControl = (text: string): boolean => CONTROL.test(text);
