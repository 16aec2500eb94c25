/** Limits of a JSON text, in the measures that determine the cost of parsing. */
export interface JsonBounds {
  readonly bytes: number;
  /** Array values and object members in the whole text. */
  readonly values: number;
}

/** Maximum nesting of arrays and objects. */
export const MAX_DEPTH = 32;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Counts values and depth of a JSON text as its bytes arrive, before it is parsed: parsing a text of many small
 * values takes a hundred times as long as counting them, and blocks all other clients. Counting takes a millisecond
 * per mebibyte, spread over the chunks.
 *
 * Counts of invalid JSON mean nothing; the parser refuses it. In UTF-8 none of the counted bytes occurs within a
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

  /** @returns the exceeded limit as an error text. */
  take(chunk: Uint8Array): string | undefined {
    // Local variables: fields would take five times as long.
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
