/** Entries of one generation: with two of them a limiter holds some 8 MB at the most. */
const MAX_KEYS = 50_000;

/** `permits` in `seconds`, and as many at once. */
export interface Quota {
  readonly permits: number;
  readonly seconds: number;
}

export interface Taken {
  readonly allowed: boolean;
  /** Permits that are left now. */
  readonly remaining: number;
  /** Milliseconds until the next permit, when it was refused; 0 otherwise. */
  readonly waitMs: number;
}

/**
 * Limits a rate by key: the generic cell rate algorithm, which keeps one number a key, the time at which its bucket
 * will be full again.
 *
 * Bounded: keys live in two generations of maps. When the young one is full it becomes the old one, and the old one
 * is forgotten; a key that is asked for moves to the young one. What is forgotten is forgiven, so a limit that a
 * flood of keys must not wash away needs a second one that is not by key.
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

  /** Takes a permit of the key, if there is one; a refusal takes none. */
  take(key: string, { permits, seconds }: Quota): Taken {
    const now = this.#now();
    const interval = (seconds * 1_000) / permits;
    const full = seconds * 1_000;
    const at = Math.max(now, this.#get(key));
    const used = at + interval - now;
    if (used > full + 1e-6) return { allowed: false, remaining: 0, waitMs: used - full };
    this.#set(key, at + interval);
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
