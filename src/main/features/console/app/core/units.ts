import { bytes, count } from "./format.ts";

/** `0.42 ms`, `12 ms`, `1.4 s`. */
export function ms(value: number): string {
  if (value === 0) return "0 ms";
  if (value >= 1_000) return `${(value / 1_000).toFixed(value >= 10_000 ? 0 : 1)} s`;
  return `${value >= 100 ? Math.round(value) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;
}

/** `0`, `4.2`, `1,234`. */
export const rate = (value: number): string =>
  value === 0 ? "0" : value < 10 ? value.toFixed(1) : count(Math.round(value));

/** `97 %`; a dash where nothing is known. */
export const share = (value: number | null | undefined): string =>
  value === null || value === undefined
    ? "–"
    : `${(value * 100).toFixed(value > 0.995 && value < 1 ? 1 : 0)} %`;

/** A value with the unit that the server names. */
export function withUnit(value: string | number | null, unit: string | undefined): string {
  if (value === null) return "–";
  if (typeof value === "string") return value;
  if (unit === "ms") return ms(value);
  if (unit === "bytes") return bytes(value);
  if (unit === "ratio") return share(value);
  if (unit === "s") return seconds(value);
  return count(Math.round(value * 100) / 100);
}

/** `42 s`, `3 min`, `5 h`, `2 days`. */
export function seconds(value: number): string {
  if (value < 90) return `${Math.round(value)} s`;
  if (value < 5_400) return `${Math.round(value / 60)} min`;
  return value < 172_800 ? `${Math.round(value / 3_600)} h` : `${Math.round(value / 86_400)} days`;
}
