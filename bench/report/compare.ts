import colors from "picocolors";
import type { Round } from "../rounds.ts";
import { scenarioOf } from "../scenarios/index.ts";
import { median } from "../statistics.ts";
import type { Figures, Row } from "./figures.ts";
import { align } from "./table.ts";
import { pointText, short } from "./words.ts";

type Metric = "requests_per_second" | "p99_ms";

/** A row that is in both runs. */
export interface Change {
  readonly row: Row;
  readonly metric: Metric;
  readonly before: number;
  readonly after: number;
  /** A fraction: 0.1 is ten percent more. */
  readonly change: number;
  /** The threshold of a significant change. */
  readonly noise: number;
  /** Undefined within the noise. */
  readonly verdict?: "better" | "worse";
}

/** Minimum noise: smaller changes are never reported. */
const LEAST_NOISE = 0.03;
/** The noise of a single repeat, in a run without repeats. */
const UNKNOWN_NOISE = 0.1;

/** Half of the range of the repeats, relative to their median. */
function spreadOf({ repeats, ...row }: Row, metric: Metric): number | undefined {
  const values = repeats.map((round: Round) => round[metric]);
  const middle = row[metric];
  return values.length < 2 || !middle ? undefined : (Math.max(...values) - Math.min(...values)) / 2 / middle;
}

/** A single repeat has no range. Its noise is estimated by the median of the rows with several repeats. */
function usualSpread({ scenarios }: Figures, metric: Metric): number {
  const spreads = scenarios
    .filter((row) => metricOf(row) === metric)
    .map((row) => spreadOf(row, metric))
    .filter((spread) => spread !== undefined);
  return spreads.length === 0 ? UNKNOWN_NOISE : median(spreads);
}

const noiseOf = (row: Row, run: Figures, metric: Metric): number =>
  spreadOf(row, metric) ?? usualSpread(run, metric);

const metricOf = ({ scenario, rate, connections }: Row): Metric =>
  rate !== null || scenarioOf(scenario).metric === "p99_ms" || connections === 0
    ? "p99_ms"
    : "requests_per_second";

/**
 * Compares latency at fixed rates and throughput elsewhere. The noise is the sum of both runs' spreads: beyond it,
 * even the worst repeat of the better run is about as good as the best of the other.
 */
export function changesBetween(before: Figures, after: Figures): Change[] {
  return after.scenarios.flatMap((row) => {
    const old = before.scenarios.find((other) => sameRow(other, row));
    const metric = metricOf(row);
    const [a, b] = [old?.[metric], row[metric]];
    if (old === undefined || !a || b == null) return [];
    const change = b / a - 1;
    const noise = Math.max(LEAST_NOISE, noiseOf(old, before, metric) + noiseOf(row, after, metric));
    const more = metric === "p99_ms" ? "worse" : "better";
    const less = metric === "p99_ms" ? "better" : "worse";
    const verdict = Math.abs(change) <= noise ? {} : ({ verdict: change > 0 ? more : less } as const);
    return [{ row, metric, before: a, after: b, change, noise, ...verdict }];
  });
}

const sameRow = (a: Row, b: Row): boolean =>
  a.scenario === b.scenario &&
  a.server === b.server &&
  a.point?.parameter === b.point?.parameter &&
  a.point?.value === b.point?.value;

const MACHINE = ["cpu", "cores", "platform", "node", "sqlite"] as const;

/** Differences that make two runs hard to compare. */
export function differencesBetween(before: Figures, after: Figures): string[] {
  const machine = MACHINE.filter((name) => before.machine[name] !== after.machine[name]).map(
    (name) => `${name}: ${before.machine[name]} before, ${after.machine[name]} now`,
  );
  const settings = ["size", "generator", "catalogue", "tracks"].filter(
    (name) => before.settings[name] !== after.settings[name],
  );
  return [
    ...machine,
    ...settings.map((name) => `${name}: ${before.settings[name]} before, ${after.settings[name]} now`),
  ];
}

export const percent = (share: number): string => `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)} %`;

/** The printed comparison. Changes beyond the noise are coloured. */
export function comparison(before: Figures, after: Figures): string {
  const changes = changesBetween(before, after);
  const cells = changes.map(({ row, metric, before: a, after: b, change, noise, verdict }) => [
    `${row.scenario} · ${row.server} ${pointText(row)}`,
    metric === "p99_ms" ? "p99 ms" : "requests/s",
    short(a),
    short(b),
    percent(change),
    `± ${(100 * noise).toFixed(1)} %`,
    verdict ?? "noise",
  ]);
  const heads = ["", "", "before", "now", "change", "noise", ""];
  const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((row) => row[i]!.length)));
  const line = (texts: readonly string[]) =>
    texts.map((text, i) => align(text, widths[i]!, i === 0)).join("  ");
  const paint = { better: colors.green, worse: colors.red, noise: colors.dim };
  return [
    "",
    ...differencesBetween(before, after).map((text) => colors.yellow(`! ${text}`)),
    colors.dim(line(heads)),
    ...cells.map((row) => paint[row[6] as keyof typeof paint](line(row))),
    "",
  ].join("\n");
}
