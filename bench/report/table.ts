import { stripVTControlCharacters } from "node:util";
import colors from "picocolors";
import { SCENARIOS } from "../scenarios.ts";
import type { Target, Verdict } from "../targets.ts";
import { type Findings, type Row, rowsOf, verdictsOf } from "./figures.ts";

/** From here on the clients, and not the server, may be what is measured. */
const SATURATED_PERCENT = 90;

type Column = readonly [title: string, cell: (row: Row) => string];

const whole = (value: number | null): string =>
  value === null ? "–" : Math.round(value).toLocaleString("en");
const short = (value: number): string => (value >= 100 ? whole(value) : value.toFixed(value >= 10 ? 1 : 2));
const megabytes = (bytes: number | null): string => (bytes === null ? "–" : (bytes / 1e6).toFixed(0));

const COLUMNS: readonly Column[] = [
  ["  server", ({ server }) => `  ${server === "chinook" ? colors.bold(server) : server}`],
  ["requests/s", (row) => (row.connections === 0 ? "–" : whole(row.requests_per_second))],
  ["p50 ms", (row) => short(row.p50_ms!)],
  ["p99 ms", (row) => short(row.p99_ms!)],
  ["max ms", (row) => short(row.max_ms)],
  ["CPU µs/request", (row) => whole(row.server_cpu_us_per_request)],
  ["RSS MB", (row) => megabytes(row.rss_bytes)],
  ["WAL MB", (row) => megabytes(row.wal_bytes_max)],
  ["beside/s", ({ beside_requests_per_second: n }) => (n === null ? "–" : short(n))],
  ["load CPU %", (row) => saturation(row.load_cpu_percent)],
  ["checked", (row) => whole(row.checked)],
  ["errors", ({ errors }) => (errors === 0 ? "0" : colors.red(whole(errors)))],
];

function saturation(percent: number | null): string {
  const text = whole(percent);
  return percent !== null && percent >= SATURATED_PERCENT ? colors.yellow(`${text}!`) : text;
}

/** The whole result as it is printed. */
export function tableOf(findings: Findings): string {
  const rows = rowsOf(findings);
  const cells = rows.map((row) => COLUMNS.map(([, cell]) => cell(row)));
  const widths = COLUMNS.map(([title], i) => Math.max(...[title, ...cells.map((row) => row[i]!)].map(width)));
  const line = (texts: readonly string[]) =>
    texts.map((text, i) => align(text, widths[i]!, i === 0)).join("  ");
  const lines = [colors.dim(line(COLUMNS.map(([title]) => title)))];
  rows.forEach((row, i) => {
    if (row.scenario !== rows[i - 1]?.scenario) lines.push(heading(row));
    lines.push(line(cells[i]!));
  });
  return ["", ...lines, "", ...targetLines(findings), ...notes(findings, rows), ""].join("\n");
}

const heading = ({ scenario }: Row): string =>
  `${colors.cyan(scenario)} ${colors.dim(SCENARIOS[scenario].title)}`;

const width = (text: string): number => stripVTControlCharacters(text).length;

function align(text: string, size: number, left: boolean): string {
  const space = " ".repeat(Math.max(0, size - width(text)));
  return left ? text + space : space + text;
}

function targetLines(findings: Findings): string[] {
  if (findings.options.smoke) return ["Too short to say anything: only the answers were checked."];
  const verdicts = verdictsOf(findings);
  const size = Math.max(...verdicts.map(({ target }) => target.title.length), 0);
  return verdicts.map(
    ({ target, verdict }) =>
      `${mark(verdict)} ${target.title.padEnd(size)}  ${figure(target, verdict.value)}  ${colors.dim(bound(target))}`,
  );
}

const mark = ({ met }: Verdict): string =>
  met === undefined ? colors.dim("·") : met ? colors.green("✓") : colors.red("✗");

function figure({ by, unit }: Target, value: number): string {
  const text = unit ? `${short(value / unit[1])} ${unit[0]}` : by ? `${value.toFixed(2)} ×` : String(value);
  return text.padStart(10);
}

function bound({ atLeast, atMost, unit }: Target): string {
  const text = (value: number) => (unit ? `${value / unit[1]} ${unit[0]}` : String(value));
  if (atLeast !== undefined) return `wanted: at least ${text(atLeast)}`;
  return atMost === undefined ? "" : `wanted: at most ${text(atMost)}`;
}

function notes({ catalogue, machine, generator, rounds }: Findings, rows: readonly Row[]): string[] {
  const saturated = rows.some(({ load_cpu_percent: cpu }) => cpu !== null && cpu >= SATURATED_PERCENT);
  const problems = rounds.flatMap(({ scenario, server, problems }) =>
    problems.map((problem) => colors.red(`${scenario}, ${server}: ${problem}`)),
  );
  return [
    "",
    colors.dim(
      `${machine.cores} × ${machine.cpu}, Node ${machine.node}, SQLite ${machine.sqlite}, load from `,
    ) +
      colors.dim(
        `${generator.name}; catalogue: ${catalogue.origin}, ${whole(catalogue.tracks.length)} tracks; `,
      ) +
      colors.dim(`fsync ${short(machine.fsync_ms)} ms`),
    ...(saturated
      ? [colors.yellow(`! ${generator.name} had no processor left: a faster server would look the same`)]
      : []),
    ...(machine.in_memory_filesystem
      ? [colors.yellow("! databases are in memory: commits cost nothing, so durable-post says nothing")]
      : []),
    ...problems,
  ];
}
