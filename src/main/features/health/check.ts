import type { Facts } from "./facts.ts";

/** `warn`: look at it soon. `fail`: something does not work, or is about to stop. */
export const STATUSES = ["ok", "warn", "fail"] as const;
export type Status = (typeof STATUSES)[number];

/** What a number counts; a value without one is a word or a plain count. */
export const UNITS = ["ms", "s", "bytes", "ratio"] as const;
export type Unit = (typeof UNITS)[number];

export type Value = string | number | null;

/** What a check found. */
export interface Finding {
  readonly status: Status;
  /** Null: not known (yet). */
  readonly value: Value;
  /** What the value must stay below or reach, for `ok`. */
  readonly threshold: Value;
  readonly unit?: Unit | undefined;
  /** What to do about it, naming the setting or the command; only where the status is not `ok`. */
  readonly recommendation?: string | undefined;
}

/** A check as data: its name, which is also the metric's label, and how it judges the facts. */
export interface Check {
  readonly name: string;
  readonly judge: (facts: Facts) => Finding;
}

export interface Judged extends Finding {
  readonly name: string;
}

export const worst = (findings: readonly { readonly status: Status }[]): Status =>
  STATUSES[Math.max(0, ...findings.map(({ status }) => STATUSES.indexOf(status)))]!;

interface Bounds {
  /** From here on it warns. */
  readonly warn: number;
  /** From here on it fails; never when left out. */
  readonly fail?: number;
  readonly unit?: Unit;
  readonly advice: string;
}

/** A number that should be small. Null, which nobody knows, is no fault. */
export function atMost(value: number | null, { warn, fail, unit, advice }: Bounds): Finding {
  const status = value === null || value < warn ? "ok" : value >= (fail ?? Infinity) ? "fail" : "warn";
  return finding(status, value, warn, advice, unit);
}

/** A number that should be large. */
export function atLeast(value: number | null, { warn, fail, unit, advice }: Bounds): Finding {
  const status = value === null || value >= warn ? "ok" : value < (fail ?? -Infinity) ? "fail" : "warn";
  return finding(status, value, warn, advice, unit);
}

/** @param status `ok` drops the advice. */
export const finding = (
  status: Status,
  value: Value,
  threshold: Value,
  advice: string,
  unit?: Unit,
): Finding => ({
  status,
  value,
  threshold,
  ...(unit === undefined ? {} : { unit }),
  ...(status === "ok" ? {} : { recommendation: advice }),
});
