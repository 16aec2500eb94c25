/** Four to a doubling, from 1 µs to 16 s: a quantile is off by a tenth at the most. */
const PER_DOUBLING = 4;
const BUCKETS = 24 * PER_DOUBLING + 1;

/** Durations as they can be sent between threads. */
export interface DurationCounts {
  readonly count: number;
  readonly totalMs: number;
  readonly maxMs: number;
  /** How many fell into each bucket; the first holds what took a microsecond or less. */
  readonly buckets: readonly number[];
}

/** Counts durations in buckets of growing width: for what is asked for quantiles and must cost next to nothing. */
export class Durations {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;
  #totalMs = 0;
  #maxMs = 0;

  observe(ms: number): void {
    this.#count++;
    this.#totalMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
    const bucket = Math.ceil(Math.log2(ms * 1_000) * PER_DOUBLING);
    this.#buckets[bucket > 0 ? Math.min(bucket, BUCKETS - 1) : 0]!++;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  get totalMs(): number {
    return this.#totalMs;
  }

  get counts(): DurationCounts {
    return {
      count: this.#count,
      totalMs: this.#totalMs,
      maxMs: this.#maxMs,
      buckets: Array.from(this.#buckets),
    };
  }
}

/** Milliseconds that a share of the durations stayed below; 0 when there are none. */
export function quantile({ count, maxMs, buckets }: DurationCounts, share: number): number {
  const rank = share * count;
  let seen = 0;
  for (let i = 0; i < buckets.length; i++) {
    seen += buckets[i]!;
    // In the middle of its bucket.
    if (seen >= rank && seen > 0) return Math.min(maxMs, 2 ** ((i - 0.5) / PER_DOUBLING) / 1_000);
  }
  return 0;
}
