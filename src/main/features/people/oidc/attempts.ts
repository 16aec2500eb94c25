import { digest } from "../tokens.ts";

/** Milliseconds from the way to the provider until the way back. */
const LIFETIME_MS = 600_000;
/** More than the limit on logins lets begin in that time. */
const MOST = 10_000;

/** One login that has begun: what the answer of the provider is held against. */
export interface Attempt {
  readonly provider: string;
  readonly state: string;
  readonly nonce: string;
  /** PKCE's. */
  readonly verifier: string;
  /** Who links an account of the provider to theirs; null for a login. */
  readonly user: number | null;
  /** The path that the browser goes to in the end. */
  readonly returnTo: string;
}

interface Kept {
  readonly attempt: Attempt;
  /** Digest of the cookie of the browser that began it. */
  readonly browser: string;
  readonly until: number;
}

/**
 * The logins that are on their way, by state. Each is taken once, in the browser that began it, within ten minutes.
 * In memory, and bounded: the oldest make way, and after a restart the person begins again.
 */
export class Attempts {
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param browser what the browser's cookie holds. */
  keep(attempt: Attempt, browser: string): void {
    for (const [state, { until }] of this.#kept) {
      if (until > this.#now() && this.#kept.size < MOST) break;
      this.#kept.delete(state);
    }
    this.#kept.set(attempt.state, { attempt, browser: digest(browser), until: this.#now() + LIFETIME_MS });
  }

  /** Undefined: there is none, or no longer, or another browser began it. */
  take(state: string, browser: string): Attempt | undefined {
    const kept = this.#kept.get(state);
    if (kept === undefined || kept.browser !== digest(browser)) return undefined;
    this.#kept.delete(state);
    return kept.until > this.#now() ? kept.attempt : undefined;
  }
}
