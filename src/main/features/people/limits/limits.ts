import { isIPv6 } from "node:net";
import { AppError } from "../../../../shared/errors.ts";
import type { Settings } from "../../../../shared/settings.ts";
import type { LoadClass } from "../../../http/access.ts";
import { type Quota, RateLimiter } from "./rate-limiter.ts";

const WINDOW_S = 60;
/** What is left is told in so many steps at the most, so that the fields of each are made once. */
const MOST_STEPS = 10_000;

/** Names and values in turn. */
export type Fields = readonly string[];

interface ClassLimit {
  readonly name: LoadClass;
  readonly quota: Quota;
  readonly limiter: RateLimiter;
  /** Permits of one step of what is told to be left. */
  readonly step: number;
  /** By steps left: the fields of the answer, each made once. */
  readonly fields: Fields[];
}

type RateSettings = Pick<Settings, "rateRead" | "rateSearch" | "rateWrite">;

/**
 * The rate of requests by who asks (a user, a key with a rate of its own, or the address of a stranger) and by class
 * of route.
 */
export class Limits {
  readonly #classes: Readonly<Record<LoadClass, ClassLimit>>;
  /** Of keys with a rate of their own, over all classes. */
  readonly #keys = new RateLimiter();

  constructor({ rateRead, rateSearch, rateWrite }: RateSettings) {
    this.#classes = {
      read: classLimit("read", rateRead),
      search: classLimit("search", rateSearch),
      write: classLimit("write", rateWrite),
    };
  }

  /** @throws AppError `rate_limited`. @returns fields for the answer; undefined without a limit. */
  take(load: LoadClass, who: string, count = 1): Fields | undefined {
    const limit = this.#classes[load];
    if (limit.quota.permits === 0) return undefined;
    const { allowed, remaining, waitMs } = limit.limiter.take(who, limit.quota, count);
    if (!allowed) throw limited(waitMs, recordOf(fieldsOf(limit, 0)));
    return fieldsOf(limit, remaining);
  }

  /** @throws AppError `rate_limited`. */
  takeOfKey(id: number, perMinute: number, count = 1): void {
    const quota = { permits: perMinute, seconds: WINDOW_S };
    const { allowed, waitMs } = this.#keys.take(String(id), quota, count);
    if (!allowed) throw limited(waitMs, { "ratelimit-policy": `"key";q=${perMinute};w=${WINDOW_S}` });
  }
}

const classLimit = (name: LoadClass, permits: number): ClassLimit => ({
  name,
  quota: { permits, seconds: WINDOW_S },
  limiter: new RateLimiter(),
  step: Math.ceil(permits / MOST_STEPS),
  fields: [],
});

/** What is left is rounded down to a step, and seconds until all is there again follow from it. */
function fieldsOf({ name, quota, step, fields }: ClassLimit, remaining: number): Fields {
  const steps = Math.floor(remaining / step);
  const made = fields[steps];
  if (made !== undefined) return made;
  const left = steps * step;
  const reset = Math.ceil(((quota.permits - left) * quota.seconds) / quota.permits);
  const fresh = [
    ...["ratelimit-policy", `"${name}";q=${quota.permits};w=${quota.seconds}`],
    ...["ratelimit", `"${name}";r=${left};t=${reset}`],
  ];
  fields[steps] = fresh;
  return fresh;
}

const recordOf = ([policy, policyValue, limit, limitValue]: Fields): Record<string, string> => ({
  [policy!]: policyValue!,
  [limit!]: limitValue!,
});

export const limited = (waitMs: number, headers: Readonly<Record<string, string>> = {}): AppError =>
  new AppError("rate_limited", { retryAfter: Math.max(1, Math.ceil(waitMs / 1_000)), headers });

/** What one stranger has of addresses: one of IPv4, and of IPv6 the /64 that providers give to a customer. */
export function strangerOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("%")[0]!.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = 8 - groups.length - after.length;
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, missing)).fill("0");
  return `${[...groups, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
