import { stripVTControlCharacters } from "node:util";
import colors from "picocolors";
import { saturationOf } from "../rounds.ts";
import { scenarioOf } from "../scenarios/index.ts";
import type { Figures, Row } from "./figures.ts";
import {
  besideText,
  boundText,
  megabytes,
  metText,
  NONE,
  pointText,
  short,
  valueText,
  whole,
} from "./words.ts";

type Column = readonly [title: string, cell: (row: Row) => string];

const COLUMNS: readonly Column[] = [
  [
    "  server",
    (row) => `  ${row.server === "chinook" ? colors.bold(row.server) : row.server} ${pointText(row)}`,
  ],
  ["requests/s", (row) => (row.connections === 0 ? NONE : whole(row.requests_per_second))],
  ["p50 ms", (row) => short(row.p50_ms)],
  ["p99 ms", (row) => short(row.p99_ms)],
  ["p99.9 ms", (row) => short(row.p999_ms)],
  ["max ms", (row) => short(row.max_ms)],
  ["dropped", (row) => (row.dropped ? colors.red(whole(row.dropped)) : NONE)],
  ["CPU µs/request", (row) => whole(row.server_cpu_us_per_request)],
  ["RSS MB", (row) => megabytes(row.rss_bytes)],
  ["WAL MB", (row) => megabytes(row.wal_bytes_max)],
  ["beside/s", besideText],
  [
    "load CPU %",
    (row) =>
      isSaturated(row) ? colors.yellow(`${whole(row.load_cpu_percent)}!`) : whole(row.load_cpu_percent),
  ],
  ["checked", (row) => whole(row.checked)],
  ["refused", ({ refused }) => (refused ? colors.yellow(whole(refused)) : NONE)],
  ["errors", ({ errors }) => (errors === 0 ? "0" : colors.red(whole(errors)))],
];

export const isSaturated = ({ repeats }: Row): boolean =>
  repeats.filter((round) => saturationOf(round) !== undefined).length * 2 > repeats.length;

/** The printed result. */
export function tableOf(figures: Figures): string {
  const rows = figures.scenarios;
  const used = COLUMNS.filter(([, cell]) => rows.some((row) => cell(row) !== NONE));
  const cells = rows.map((row) => used.map(([, cell]) => cell(row)));
  const widths = used.map(([title], i) => Math.max(...[title, ...cells.map((row) => row[i]!)].map(width)));
  const line = (texts: readonly string[]) =>
    texts.map((text, i) => align(text, widths[i]!, i === 0)).join("  ");
  const lines = [colors.dim(line(used.map(([title]) => title)))];
  rows.forEach((row, i) => {
    if (row.scenario !== rows[i - 1]?.scenario) lines.push(heading(row));
    lines.push(line(cells[i]!));
  });
  return ["", ...lines, "", ...targetLines(figures), ...notes(figures), ""].join("\n");
}

const heading = ({ scenario }: Row): string =>
  `${colors.cyan(scenario)} ${colors.dim(scenarioOf(scenario).title)}`;

const width = (text: string): number => stripVTControlCharacters(text).length;

export function align(text: string, size: number, left: boolean): string {
  const space = " ".repeat(Math.max(0, size - width(text)));
  return left ? text + space : space + text;
}

function targetLines({ targets, settings }: Figures): string[] {
  if (settings.smoke) return ["Too short for figures: only the answers were checked."];
  const size = Math.max(...targets.map(({ title }) => title.length), 0);
  return targets.map((target) => {
    const color = target.met === undefined ? colors.dim : target.met ? colors.green : colors.red;
    const value = valueText(target, target.value).padStart(10);
    return `${color(metText(target))} ${target.title.padEnd(size)}  ${value}  ${colors.dim(boundText(target))}`;
  });
}

/** Remarks that a reader needs besides the figures. */
export function remarksOf({ machine, settings, scenarios, failures }: Figures): string[] {
  const saturated = scenarios.filter(isSaturated).length;
  return [
    ...(saturated === 0
      ? []
      : [
          `The load generator was the bottleneck in ${saturated} of ${scenarios.length} rows, marked with "!": a faster server would look the same.`,
        ]),
    ...(machine.in_memory_filesystem
      ? ["Databases are in memory: commits cost nothing, and rows about writes mean nothing."]
      : []),
    ...(machine.load_average_before > machine.cores / 4
      ? [
          `The machine was busy before the run began (load average ${machine.load_average_before.toFixed(2)}).`,
        ]
      : []),
    ...(settings.smoke ? ["A smoke run: its figures mean nothing."] : []),
    ...besideRemarks(scenarios),
    ...(failures.length === 0 ? [] : [`Failed trials: ${failures.length}.`]),
  ];
}

/** Failures of a load that only disturbs are reported, and are no errors. */
const besideRemarks = (rows: readonly Row[]): string[] =>
  rows.flatMap((row) => {
    const failed = row.repeats.reduce((sum, round) => sum + (round.beside_errors ?? 0), 0);
    return failed === 0 ? [] : [`${placeOf(row)}: ${failed} requests of the load beside failed.`];
  });

const placeOf = ({ scenario, server, point }: Pick<Row, "scenario" | "server" | "point">): string =>
  `${scenario}, ${server} ${pointText({ point })}`.trimEnd();

export const problemsOf = ({ scenarios, failures }: Figures): string[] => [
  ...failures.map((failure) => `${placeOf(failure)}: ${failure.error}`),
  ...scenarios.flatMap((row) =>
    row.repeats.flatMap(({ problems }) => problems.map((problem) => `${placeOf(row)}: ${problem}`)),
  ),
];

function notes(figures: Figures): string[] {
  const { machine, settings } = figures;
  const place = `${machine.cores} × ${machine.cpu}, Node ${machine.node}, SQLite ${machine.sqlite}, load from ${settings.generator}; catalogue: ${settings.catalogue}, ${whole(settings.tracks as number)} tracks; fsync ${short(machine.fsync_ms)} ms`;
  return [
    "",
    colors.dim(place),
    ...remarksOf(figures).map((remark) => colors.yellow(`! ${remark}`)),
    ...problemsOf(figures).map((problem) => colors.red(problem)),
  ];
}
