import { isShare, isWhole } from "../rounds.ts";
import { specOf } from "../servers/specs.ts";
import type { Figures, Row } from "./figures.ts";
import { type Cell, scenarioHead, table } from "./parts.ts";
import { isSaturated } from "./table.ts";
import { besideText, megabytes, NONE, pointText, short, whole } from "./words.ts";

/** Whether SQLite's or the system's page cache had the data. A request itself has some hundred bytes. */
function pageSource(row: Row): string {
  if (row.read_bytes_per_request === null || specOf(row.server).needs !== undefined) return NONE;
  if (row.disk_bytes !== null && row.disk_bytes > 1_000_000) return "no: disk";
  return row.read_bytes_per_request < 1_000 ? "SQLite" : "system";
}

const unlessNone = (value: number | null, kind: string): Cell =>
  value ? { text: whole(value), kind } : NONE;

const COLUMNS: readonly (readonly [head: string, cell: (row: Row) => Cell])[] = [
  ["Server", (row) => `${row.server} ${pointText(row)}`],
  ["Requests/s", (row) => (row.connections === 0 ? NONE : whole(row.requests_per_second))],
  ["p50 ms", (row) => short(row.p50_ms)],
  ["p90 ms", (row) => short(row.p90_ms)],
  ["p99 ms", (row) => short(row.p99_ms)],
  ["p99.9 ms", (row) => short(row.p999_ms)],
  ["Max ms", (row) => short(row.max_ms)],
  ["Dropped", (row) => unlessNone(row.dropped, "bad")],
  ["CPU µs each", (row) => whole(row.server_cpu_us_per_request)],
  ["RSS MB", (row) => megabytes(row.rss_bytes)],
  ["Pages in", pageSource],
  ["WAL MB", (row) => megabytes(row.wal_bytes_max)],
  ["Load %", loadCell],
  ["Busy %", (row) => whole(row.machine_percent)],
  ["Checked", (row) => whole(row.checked)],
  ["Refused", (row) => unlessNone(row.refused, "note")],
  ["Errors", (row) => ({ text: whole(row.errors), kind: row.errors > 0 ? "bad" : "" })],
  ["Beside/s", besideText],
];

function loadCell(row: Row): Cell {
  const text = whole(row.load_cpu_percent);
  return isSaturated(row) ? { text: `${text}!`, kind: "note" } : text;
}

const NOTE = `<p class="soft">CPU µs each: processor time of the server per request, all threads. Pages in: which page cache had the data, SQLite's own or the system's. Load %: the generator's share of one core. Busy %: the used share of all cores. Checked: answers compared with the database. Refused: answered with 503, in no percentile and not in requests/s. Beside/s: answers to the load beside. Empty columns are omitted.</p>`;

export function allFigures({ scenarios }: Figures): string {
  const groups = Map.groupBy(scenarios, ({ scenario }) => scenario);
  const tables = [...groups]
    .map(([name, rows]) => `${scenarioHead(name)}${figuresTable(rows)}${stepsOf(rows)}`)
    .join("");
  return tables === "" ? "" : NOTE + tables;
}

function figuresTable(rows: readonly Row[]): string {
  const used = COLUMNS.filter(([, cell]) => rows.some((row) => cell(row) !== NONE));
  return table(
    used.map(([head]) => head),
    rows.map((row) => used.map(([, cell]) => cell(row))),
  );
}

/** By kind of request, if the generator distinguishes them. */
function stepsOf(rows: readonly Row[]): string {
  const cells = rows.flatMap((row) => {
    const { kinds } = row.repeats.at(-1)!;
    return Object.entries(kinds ?? {}).map(([kind, shot]) => [
      `${[row.server, isShare(row) || isWhole(row) ? pointText(row) : ""].join(" ").trimEnd()}: ${kind}`,
      whole(shot.requests),
      ...[shot.p50_ms, shot.p90_ms, shot.p99_ms, shot.p999_ms, shot.max_ms].map(short),
    ]);
  });
  if (cells.length === 0) return "";
  return table(
    ["By kind, last repeat", "Requests", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "Max ms"],
    cells,
  );
}
