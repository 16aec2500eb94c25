import { limited, strangerOf } from "./limits.ts";
import { RateLimiter } from "./rate-limiter.ts";

/** Attempts from all addresses together: more than one thread can hash, and a flood of addresses can't evade it. */
const GLOBAL = { permits: 600, seconds: 60 };
/** Failures of one address with one account before it has to wait. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** Attempts at one account from all addresses without an earlier login. */
const ACCOUNT = { permits: 100, seconds: 3_600 };
/** Past it, an address that did not try the account of late has one: strangers cannot use up the owner's. */
const FIRST = { permits: 1, seconds: 3_600 };
const MAX_KEYS = 50_000;

interface Failures {
  readonly count: number;
  /** The next attempt is refused until then, in milliseconds of the clock. */
  readonly until: number;
}

/**
 * Limits password guessing, without letting others lock an account.
 *
 * - By address: a number of attempts per minute, for any accounts.
 * - By account and address: from the sixth failure on, waits that double, up to a quarter of an hour. They apply to
 *   that address only: the owner, elsewhere, does not wait.
 * - By account: a hundred attempts an hour from all addresses without an earlier login; past it, one an hour from each
 *   network. So who guesses from many addresses does not lock out the owner, who comes from another.
 * - In total: see `GLOBAL`.
 *
 * In memory, and bounded. A restart clears it.
 */
export class LoginLimits {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #global: RateLimiter;
  readonly #addresses: RateLimiter;
  readonly #accounts: RateLimiter;
  readonly #firsts: RateLimiter;
  readonly #failures = new Map<string, Failures>();
  readonly #familiar = new Set<string>();

  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#now = now;
    this.#global = new RateLimiter({ now });
    this.#addresses = new RateLimiter({ now });
    this.#accounts = new RateLimiter({ now });
    this.#firsts = new RateLimiter({ now });
  }

  /** Call it before an attempt. @throws AppError `rate_limited`. */
  admit(address: string, account?: string): void {
    if (this.#perMinute === 0) return;
    const from = strangerOf(address);
    if (account !== undefined) this.#admitAt(account, from);
    this.#take(this.#addresses, from, { permits: this.#perMinute, seconds: 60 });
    this.#take(this.#global, "", GLOBAL);
  }

  #admitAt(account: string, from: string): void {
    const pair = `${account} ${from}`;
    const waitMs = (this.#failures.get(pair)?.until ?? 0) - this.#now();
    if (waitMs > 0) throw limited(waitMs);
    if (this.#familiar.has(pair) || this.#accounts.take(account, ACCOUNT).allowed) return;
    this.#take(this.#firsts, `${account} ${networkOf(from)}`, FIRST);
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

/** Of IPv6 the /48, since many customers have all of one. @param from what {@link strangerOf} answers. */
const networkOf = (from: string): string => from.replace(/^((?:[^:]*:){3}).*::\/64$/, "$1:/48");

/** Evicts the oldest half when it is full. */
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
