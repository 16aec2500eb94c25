/**
 * A seeded stream of random numbers: sfc32 ("small fast counter", Chris Doty-Humphrey, PractRand). It uses only
 * 32-bit arithmetic, so it is fast and gives the same numbers on every machine.
 *
 * A stream is named by (seed, stream, index), and `reseed` is cheap. Whatever is drawn again later, such as the
 * tracks of an album or the lines of an invoice, has its own stream and need not be stored.
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  constructor(seed: number, stream = 0, index = 0) {
    this.reseed(seed, stream, index);
  }

  reseed(seed: number, stream: number, index: number): this {
    this.#a = mix32((seed | 0) ^ Math.imul(Math.floor(seed / 2 ** 32) | 0, 0x9e3779b1));
    this.#b = mix32(this.#a ^ Math.imul(stream + 1, 0x85ebca77));
    this.#c = mix32(this.#b ^ Math.imul(index + 1, 0xc2b2ae3d));
    this.#counter = 1;
    for (let round = 0; round < 8; round++) this.next();
    return this;
  }

  /** An unsigned 32-bit integer. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** At least 0, less than 1. */
  float(): number {
    return this.next() / 2 ** 32;
  }

  /** An integer from `low` to `high`, both inclusive. */
  between(low: number, high: number): number {
    return low + Math.floor(this.float() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.float() * items.length)]!;
  }

  /** Roughly normal (Irwin–Hall of four): mean 0, standard deviation 1, never beyond ±3.5. */
  normal(): number {
    return (this.float() + this.float() + this.float() + this.float() - 2) * 1.7320508;
  }

  /**
   * A rank below `count`; rank r has a probability proportional to 1/(r + shift): Zipf–Mandelbrot with exponent
   * one.
   */
  zipf(count: number, shift: number): number {
    const rank = Math.floor(shift * ((count + shift) / shift) ** this.float() - shift);
    return rank < count ? rank : count - 1;
  }
}

/** The finaliser of MurmurHash3: every bit of the input reaches every bit of the output. */
export function mix32(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const DECK_BITS = 12;

/**
 * Weighted random choice with one table look-up per draw. Frequencies are multiples of 1/4096, so an item of less
 * weight may never be drawn.
 */
export class Deck<T> {
  readonly #items: readonly T[];
  readonly #table = new Uint16Array(2 ** DECK_BITS);

  constructor(items: readonly T[], weights: readonly number[]) {
    this.#items = items;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let item = 0;
    let reached = weights[0]!;
    for (let slot = 0; slot < this.#table.length; slot++) {
      while (((slot + 0.5) / this.#table.length) * total > reached) reached += weights[++item]!;
      this.#table[slot] = item;
    }
  }

  /** Earlier items are more frequent, as words of a language are: weight 1/(rank + shift). */
  static zipf<T>(items: readonly T[], shift = 12): Deck<T> {
    return new Deck(
      items,
      items.map((_, rank) => 1 / (rank + shift)),
    );
  }

  draw(random: Random): T {
    return this.#items[this.#table[random.next() >>> (32 - DECK_BITS)]!]!;
  }
}
