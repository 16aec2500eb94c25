import type { Judged, Status } from "../check.ts";
import type { Report } from "../health.ts";

/** Sent when a check has not been ok for long enough, got worse, or is ok again. */
export interface Alert {
  readonly check: string;
  /** `ok`: it is resolved. */
  readonly status: Status;
  /** Since when it has this status; if resolved, since when it was not ok. RFC 3339 UTC. */
  readonly since: string;
  readonly value: Judged["value"];
  readonly threshold: Judged["threshold"];
  readonly unit: Judged["unit"] | null;
  readonly recommendation: string | null;
}

interface Turned {
  readonly status: Status;
  readonly since: number;
  /** Since when it is not ok. */
  readonly startedAt: number;
  /** The status last sent; undefined: none yet. */
  readonly reported: Status | undefined;
}

/**
 * Decides which alerts to send. A check that is not ok for `afterMs` is reported once, once more when it gets
 * worse, and once when it is ok again. A check that recovers earlier is not reported.
 */
export class Alerts {
  readonly #afterMs: number;
  readonly #send: (alert: Alert) => void;
  readonly #now: () => number;
  readonly #turned = new Map<string, Turned>();

  constructor(afterMs: number, send: (alert: Alert) => void, now: () => number = Date.now) {
    this.#afterMs = afterMs;
    this.#send = send;
    this.#now = now;
  }

  observe({ checks }: Report): void {
    for (const check of checks) this.#observe(check);
  }

  #observe(check: Judged): void {
    const { name, status } = check;
    const known = this.#turned.get(name);
    if (status === "ok") {
      this.#turned.delete(name);
      if (known?.reported !== undefined) this.#tell(check, known.startedAt);
      return;
    }
    const now = this.#now();
    const startedAt = known?.startedAt ?? now;
    const reported = known?.reported;
    const since = known?.status === status ? known.since : now;
    const turned: Turned = { status, since, startedAt, reported };
    this.#turned.set(name, turned);
    if (isWorse(status, turned.reported) && now - since >= this.#afterMs) {
      this.#turned.set(name, { ...turned, reported: status });
      this.#tell(check, since);
    }
  }

  #tell({ name, status, value, threshold, unit, recommendation }: Judged, since: number): void {
    this.#send({
      check: name,
      status,
      since: new Date(since).toISOString(),
      value,
      threshold,
      unit: unit ?? null,
      recommendation: recommendation ?? null,
    });
  }
}

const isWorse = (status: Status, reported: Status | undefined): boolean =>
  reported === undefined || (reported === "warn" && status === "fail");
