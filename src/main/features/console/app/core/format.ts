const numbers = new Intl.NumberFormat("en");
const dates = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const times = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** `12,345`. */
export const count = (value: number): string => numbers.format(value);

/** `4:07`, or `1:02:03`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** `3 hours 20 minutes`, for many tracks together. */
export function longDuration(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const unit = (n: number, name: string) => (n === 0 ? [] : [`${count(n)} ${name}${n === 1 ? "" : "s"}`]);
  if (hours >= 48) return `${count(Math.round(hours / 24))} days`;
  return [...unit(hours, "hour"), ...unit(rest, "minute")].join(" ") || "under a minute";
}

/** `9.2 MB`. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  const scaled = value / 1_000 ** power;
  return `${scaled >= 100 || power === 0 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power]}`;
}

/** `Oct 26, 1979`, of `1979-10-26` or of a moment. */
export const date = (text: string): string =>
  dates.format(new Date(text.length === 10 ? `${text}T12:00` : text));

/** `Oct 26, 1979, 3:04 PM`. */
export const moment = (text: string): string => times.format(new Date(text));

const STEPS: readonly (readonly [limit: number, seconds: number, unit: Intl.RelativeTimeFormatUnit])[] = [
  [90, 1, "second"],
  [5_400, 60, "minute"],
  [129_600, 3_600, "hour"],
  [2_600_000, 86_400, "day"],
  [31_500_000, 2_629_800, "month"],
  [Number.POSITIVE_INFINITY, 31_557_600, "year"],
];

/** `5 minutes ago`. */
export function ago(text: string, now = Date.now()): string {
  const seconds = (new Date(text).getTime() - now) / 1_000;
  const [, size, unit] = STEPS.find(([limit]) => Math.abs(seconds) < limit)!;
  return relative.format(Math.round(seconds / size), unit);
}
