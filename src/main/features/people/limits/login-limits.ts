import { limited, strangerOf } from "./limits.ts";
import { RateLimiter } from "./rate-limiter.ts";

/** Attempts of all the world: more than one thread hashes, and a bound that no flood of addresses washes away. */
const GLOBAL = { permits: 600, seconds: 60 };
/** Failures of one address at one account before it has to wait. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** Attempts at one account from addresses that it was not logged in from, all together. */
const ACCOUNT = { permits: 100, seconds: 3_600 };
const MAX_KEYS = 50_000;

interface Failures {
  readonly count: number;
  /** Until when the next attempt is refused, in milliseconds of the clock. */
  readonly until: number;
}

/**
 * Bounds guesses of passwords, without letting a stranger lock anybody out.
 *
 * - By address: so many attempts a minute, at whatever accounts.
 * - By account and address: waits that double with each failure past the fifth, up to a quarter of an hour. They are
 *   that address's alone: the owner, elsewhere, is not held up by them.
 * - By account: a hundred attempts an hour from addresses that it was not logged in from, all together.
 * - Of all the world: see `GLOBAL`.
 *
 * In memory, and bounded; a restart forgets it.
 */
export class LoginLimits {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #global: RateLimiter;
  readonly #addresses: RateLimiter;
  readonly #accounts: RateLimiter;
  readonly #failures = new Map<string, Failures>();
  readonly #familiar = new Set<string>();

  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#now = now;
    this.#global = new RateLimiter({ now });
    this.#addresses = new RateLimiter({ now });
    this.#accounts = new RateLimiter({ now });
  }

  /** Before an attempt. @throws AppError `rate_limited`. */
  admit(address: string, account?: string): void {
    if (this.#perMinute === 0) return;
    const from = strangerOf(address);
    if (account !== undefined) this.#admitAt(account, `${account} ${from}`);
    this.#take(this.#addresses, from, { permits: this.#perMinute, seconds: 60 });
    this.#take(this.#global, "", GLOBAL);
  }

  #admitAt(account: string, pair: string): void {
    const waitMs = (this.#failures.get(pair)?.until ?? 0) - this.#now();
    if (waitMs > 0) throw limited(waitMs);
    if (!this.#familiar.has(pair)) this.#take(this.#accounts, account, ACCOUNT);
  }

  #take(limiter: RateLimiter, key: string, quota: { permits: number; seconds: number }): void {
    const { allowed, waitMs } = limiter.take(key, quota);
    if (!allowed) throw limited(waitMs);
  }

  failed(address: string, account: string): void {
    if (this.#perMinute === 0) return;
    const pair = `${account} ${strangerOf(address)}`;
    const count = (this.#failures.get(pair)?.count ?? 0) + 1;
    const waitMs =
      count < FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE_FAILURES));
    remember(this.#failures, pair, { count, until: this.#now() + waitMs });
  }

  succeeded(address: string, account: string): void {
    const pair = `${account} ${strangerOf(address)}`;
    this.#failures.delete(pair);
    if (this.#familiar.size >= MAX_KEYS) this.#familiar.clear();
    this.#familiar.add(pair);
  }
}

/** The oldest half goes when it is full. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MAX_KEYS) return;
  let surplus = MAX_KEYS / 2;
  for (const old of map.keys()) {
    if (surplus-- <= 0) return;
    map.delete(old);
  }
}
