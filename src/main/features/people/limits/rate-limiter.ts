/** Entries of one generation. With two, a limiter uses some 8 MB at most. */
const MAX_KEYS = 50_000;

/** `permits` per `seconds`, also as a burst. */
export interface Quota {
  readonly permits: number;
  readonly seconds: number;
}

export interface Taken {
  readonly allowed: boolean;
  /** Remaining permits. */
  readonly remaining: number;
  /** Milliseconds until the next permit after a refusal; otherwise 0. */
  readonly waitMs: number;
}

/**
 * Limits a rate by key with the generic cell rate algorithm. It stores one number per key: the time at which its
 * bucket is full again.
 *
 * Bounded: keys are in two generations of maps. When the young one is full it becomes the old one, and the old one
 * is dropped. A key that is used moves to the young one. A dropped key gets a full bucket, so a limit that must
 * withstand a flood of keys needs a second one that is not by key.
 */
export class RateLimiter {
  readonly #now: () => number;
  readonly #maxKeys: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor({ now = () => performance.now(), maxKeys = MAX_KEYS } = {}) {
    this.#now = now;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Takes permits of the key if there are as many. A refusal takes none. */
  take(key: string, { permits, seconds }: Quota, count = 1): Taken {
    const now = this.#now();
    const interval = (seconds * 1_000) / permits;
    const full = seconds * 1_000;
    const at = Math.max(now, this.#get(key));
    const used = at + count * interval - now;
    if (used > full + 1e-6) return { allowed: false, remaining: 0, waitMs: used - full };
    this.#set(key, at + count * interval);
    return { allowed: true, remaining: Math.floor((full - used) / interval + 1e-6), waitMs: 0 };
  }

  #get(key: string): number {
    return this.#young.get(key) ?? this.#old.get(key) ?? 0;
  }

  #set(key: string, at: number): void {
    if (this.#young.size >= this.#maxKeys && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, at);
  }
}
