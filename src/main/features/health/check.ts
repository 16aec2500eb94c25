import type { Facts } from "./facts.ts";

/** `warn`: look at it soon. `fail`: something does not work, or is about to stop working. */
export const STATUSES = ["ok", "warn", "fail"] as const;
export type Status = (typeof STATUSES)[number];

/** Unit of a number. A value without one is a word or a count. */
export const UNITS = ["ms", "s", "bytes", "ratio"] as const;
export type Unit = (typeof UNITS)[number];

export type Value = string | number | null;

/** Result of a check. */
export interface Finding {
  readonly status: Status;
  /** Null: unknown (yet). */
  readonly value: Value;
  /** For `ok` the value must stay below it, or reach it. */
  readonly threshold: Value;
  readonly unit?: Unit | undefined;
  /** What to do about it, naming the setting or command. Absent if the status is `ok`. */
  readonly recommendation?: string | undefined;
}

/** A check as data: its name, which is also the metric's label, and a function that judges the facts. */
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
  /** From this value on it warns. */
  readonly warn: number;
  /** From this value on it fails; never if absent. */
  readonly fail?: number;
  readonly unit?: Unit;
  readonly advice: string;
}

/** For a number that should be small. Null (unknown) is ok. */
export function atMost(value: number | null, { warn, fail, unit, advice }: Bounds): Finding {
  const status = value === null || value < warn ? "ok" : value >= (fail ?? Infinity) ? "fail" : "warn";
  return finding(status, value, warn, advice, unit);
}

/** For a number that should be large. */
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
