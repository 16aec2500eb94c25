import { isShare, isWhole } from "../rounds.ts";
import type { Target, Verdict } from "../targets.ts";
import type { Row } from "./figures.ts";

/** Not measured, or not available. */
export const NONE = "–";

/** Formatted figures. */
export const whole = (value: number | null): string =>
  value === null ? NONE : Math.round(value).toLocaleString("en");

export function short(value: number | null): string {
  if (value === null) return NONE;
  if (value >= 100) return whole(value);
  return value.toFixed(value >= 10 ? 1 : value >= 0.1 || value === 0 ? 2 : 3);
}

export const megabytes = (bytes: number | null): string => (bytes === null ? NONE : (bytes / 1e6).toFixed(0));

/** A point of a sweep, or a share of the maximum throughput of the paced clients. */
export function pointText({ point }: Pick<Row, "point">): string {
  if (point === null) return "";
  if (isWhole({ point })) return "100 %: closed loop, undici";
  return isShare({ point })
    ? `at ${Math.round(point.value * 100)} %`
    : `${point.parameter} ${point.value.toLocaleString("en")}`;
}

/** Answers, refusals and errors per second of the load beside. */
export function besideText(
  row: Pick<Row, "beside_requests_per_second" | "beside_refused_per_second">,
): string {
  const answered = short(row.beside_requests_per_second);
  const refused = row.beside_refused_per_second;
  return refused ? `${answered}, refused ${short(refused)}` : answered;
}

export function valueText({ by, unit }: Target, value: number): string {
  if (unit !== undefined) return `${short(value / unit[1])} ${unit[0]}`;
  return by === undefined ? whole(value) : `${short(value)} ×`;
}

export function boundText(target: Target): string {
  const { atLeast, atMost } = target;
  if (atLeast !== undefined) return `at least ${valueText(target, atLeast)}`;
  return atMost === undefined ? "for information" : `at most ${valueText(target, atMost)}`;
}

export const metText = ({ met }: Verdict): string => (met === undefined ? "·" : met ? "✓" : "✗");
