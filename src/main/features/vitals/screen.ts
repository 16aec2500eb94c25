import colors from "picocolors";
import { table } from "../../cli/output.ts";
import type { Activity, LaneSample, Sample } from "./sample.ts";

/** The live view as text: plain lines, so that tests, pipes and terminals show the same. */

const BARS = "▁▂▃▄▅▆▇█";
const MEBIBYTE = 1_048_576;

/** A line of bars, the latest on the right; the highest bar is full. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const highest = Math.max(...shown, 0);
  const bar = (value: number) =>
    highest <= 0 ? BARS[0]! : BARS[Math.min(BARS.length - 1, Math.floor((value / highest) * BARS.length))]!;
  return shown.map(bar).join("").padStart(width);
}

const number = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
const mib = (bytes: number): string => `${(bytes / MEBIBYTE).toFixed(bytes < 100 * MEBIBYTE ? 1 : 0)} MiB`;
const percent = (share: number | null): string => (share === null ? "–" : `${(share * 100).toFixed(0)} %`);

export function duration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return hours > 0
    ? `${hours} h ${minutes} min`
    : minutes > 0
      ? `${minutes} min ${seconds % 60} s`
      : `${seconds} s`;
}

const STATUS = { ok: colors.green, warn: colors.yellow, fail: colors.red } as const;

/** Number of bars on a wide terminal, and on a narrow one. */
const [MOST_BARS, FEWEST_BARS] = [24, 6];
/** Width of a line without its bars. */
const BESIDE = 92;

interface Row {
  readonly name: string;
  readonly values: readonly number[];
  readonly texts: readonly string[];
}

/** @param samples latest last, at least one. @param width of the terminal. */
export function screen(server: string, uptime: number, samples: readonly Sample[], width = 120): string[] {
  const now = samples.at(-1)!;
  const troubles = Object.entries(now.troubles).map(([name, count]) => `${name} ${count}`);
  const failing = now.failing.length === 0 ? "" : `: ${now.failing.join(", ")}`;
  return [
    `${colors.bold("chinook")}  ${server}  up ${duration(uptime)}  ${STATUS[now.status](`${now.status}${failing}`)}  ${colors.dim(now.at.slice(11, 19))}`,
    "",
    ...rowsOf(samples, now).map((row) =>
      line(row, Math.max(FEWEST_BARS, Math.min(MOST_BARS, width - BESIDE))),
    ),
    "",
    ...activities("reads, by total time", now.reads),
    ...activities("commands, by total time", now.commands),
    ...(troubles.length === 0 ? [] : [colors.red(`troubles: ${troubles.join(", ")}`)]),
  ];
}

function rowsOf(samples: readonly Sample[], now: Sample): Row[] {
  const of = (value: (sample: Sample) => number) => samples.map(value);
  const { writes } = now;
  return [
    {
      name: "requests",
      values: of(({ requests }) => requests),
      texts: [
        `${number(now.requests)}/s`,
        `p50 ${ms(now.http_p50_ms)}`,
        `p99 ${ms(now.http_p99_ms)}`,
        `errors ${number(now.errors)}/s`,
        `rejected ${number(now.rejected)}/s`,
      ],
    },
    lane(
      "point reads",
      of(({ point }) => point.per_second),
      now.point,
    ),
    lane(
      "scans",
      of(({ scan }) => scan.per_second),
      now.scan,
    ),
    {
      name: "writes",
      values: of(({ writes }) => writes.per_second),
      texts: [
        `${number(writes.per_second)}/s`,
        `wait p99 ${ms(writes.wait_p99_ms)}`,
        `batch ${number(writes.batch)}`,
        `queue ${writes.queue}`,
      ],
    },
    {
      name: "commits",
      values: of(({ writes }) => writes.commits),
      texts: [
        `${number(writes.commits)}/s`,
        `p50 ${ms(writes.commit_p50_ms)}`,
        `p99 ${ms(writes.commit_p99_ms)}`,
      ],
    },
    {
      name: "cache",
      values: of(({ cache_hit_ratio }) => cache_hit_ratio ?? 0),
      texts: [
        `hits ${percent(now.cache_hit_ratio)}`,
        `${number(now.cache_entries)} answers`,
        mib(now.cache_bytes),
      ],
    },
    {
      name: "WAL",
      values: of(({ wal_bytes }) => wal_bytes),
      texts: [mib(now.wal_bytes), `database ${mib(now.database_bytes)}`],
    },
    {
      name: "memory",
      values: of(({ resident_bytes }) => resident_bytes),
      texts: [mib(now.resident_bytes), `heap ${mib(now.heap_bytes)}`],
    },
    {
      name: "main thread",
      values: of(({ loop }) => loop),
      texts: [`busy ${percent(now.loop)}`, `${number(now.processors)} processors used`],
    },
  ];
}

const lane = (
  name: string,
  values: readonly number[],
  { per_second, wait_p50_ms, wait_p99_ms, batch, queue }: LaneSample,
): Row => ({
  ...{ name, values },
  texts: [
    `${number(per_second)}/s`,
    `wait p50 ${ms(wait_p50_ms)}`,
    `p99 ${ms(wait_p99_ms)}`,
    `batch ${number(batch)}`,
    `queue ${queue}`,
  ],
});

const line = ({ name, values, texts }: Row, bars: number): string =>
  `${colors.dim(name.padEnd(12))}${colors.cyan(sparkline(values, bars))}  ${texts
    .map((text) => text.padEnd(15))
    .join(" ")
    .trimEnd()}`;

function activities(title: string, all: readonly Activity[]): string[] {
  if (all.length === 0) return [];
  const rows = all.map(({ name, count, total_ms, p99_ms }) => [name, count, Math.round(total_ms), p99_ms]);
  return [...table([title, "runs", "ms in all", "p99 ms"], rows).split("\n"), ""];
}

/** Number of visible characters, without colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal's colours begin with
const COLOUR = /\u001b\[[\d;]*m/g;

/** Cuts to the width of a terminal and keeps colours. */
export function cut(text: string, width: number): string {
  if (text.replaceAll(COLOUR, "").length <= width) return text;
  let [seen, out, at] = [0, "", 0];
  for (const { 0: colour, index } of [...text.matchAll(COLOUR), { 0: "", index: text.length }]) {
    const piece = text.slice(at, index).slice(0, Math.max(0, width - seen));
    seen += piece.length;
    out += piece + colour;
    at = index + colour.length;
  }
  return out;
}
