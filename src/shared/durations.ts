/** Buckets per doubling, from 1 µs to 16 s: a quantile is off by a tenth at most. */
const PER_DOUBLING = 4;
const BUCKETS = 24 * PER_DOUBLING + 1;

/** Counts of durations, as sent between threads. */
export interface DurationCounts {
  readonly count: number;
  readonly totalMs: number;
  readonly maxMs: number;
  /** Count per bucket; the first has durations of up to a microsecond. */
  readonly buckets: readonly number[];
}

/** Counts durations in buckets of growing width: cheap to record, and exact enough for quantiles. */
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

/** A quantile in milliseconds; 0 without durations. */
export function quantile({ count, maxMs, buckets }: DurationCounts, share: number): number {
  const rank = share * count;
  let seen = 0;
  for (let i = 0; i < buckets.length; i++) {
    seen += buckets[i]!;
    // The middle of the bucket.
    if (seen >= rank && seen > 0) return Math.min(maxMs, 2 ** ((i - 0.5) / PER_DOUBLING) / 1_000);
  }
  return 0;
}
