/** How large a JSON text may be, in the measures that decide what reading it takes. */
export interface JsonBounds {
  readonly bytes: number;
  /** Values in arrays and members of objects, over the whole text. */
  readonly values: number;
}

/** Arrays and objects within each other. */
export const MAX_DEPTH = 32;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Counts values and depth of a JSON text as its bytes come in, before anything is made of them: parsing a text of many
 * small values takes a hundred times as long as counting them, and nobody else is served meanwhile. It takes a
 * millisecond a mebibyte, in the pieces that the text arrives in.
 *
 * What is no JSON is counted somehow, and refused by whoever parses it. UTF-8 has none of the counted bytes within a
 * longer character.
 */
export class JsonScan {
  readonly #maxValues: number;
  #values = 1;
  #depth = 0;
  #inText = false;
  #escaped = false;

  constructor(maxValues: number) {
    this.#maxValues = maxValues;
  }

  /** @returns what is past its bound, in the words of an error. */
  take(chunk: Uint8Array): string | undefined {
    // Locals: fields would take five times as long.
    let [values, depth, inText, escaped] = [this.#values, this.#depth, this.#inText, this.#escaped];
    for (let i = 0; i < chunk.length && depth <= MAX_DEPTH; i++) {
      const byte = chunk[i];
      if (inText) {
        inText = escaped || byte !== QUOTE;
        escaped = !escaped && byte === BACKSLASH;
      } else if (byte === QUOTE) inText = true;
      else if (byte === COMMA) values++;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        depth++;
        values++;
      } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
    }
    [this.#values, this.#depth, this.#inText, this.#escaped] = [values, depth, inText, escaped];
    if (depth > MAX_DEPTH) return `nested more than ${MAX_DEPTH} deep`;
    return values > this.#maxValues ? `more than ${this.#maxValues} values` : undefined;
  }
}
