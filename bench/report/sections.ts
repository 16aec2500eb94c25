import { isShare, type Round } from "../rounds.ts";
import { type ScenarioName, scenarioOf } from "../scenarios/index.ts";
import type { Sweep } from "../scenarios/scenario.ts";
import { type ServerName, specOf } from "../servers/specs.ts";
import { median } from "../statistics.ts";
import { type Axis, type Bar, barChart, columnChart, lineChart, type Series, shortNumber } from "./charts.ts";
import type { Figures, Row } from "./figures.ts";
import { scenarioHead } from "./parts.ts";
import { colorOf } from "./style.ts";
import { short, whole } from "./words.ts";

type Metric = "requests_per_second" | "p99_ms" | "server_cpu_us_per_request";

const RATE = { label: "requests per second" };
const MS = { label: "milliseconds", log: true };
const P99 = { ...MS, label: "99th percentile, milliseconds" };

const groupsOf = ({ scenarios }: Figures, ...groups: readonly string[]): [ScenarioName, Row[]][] => [
  ...Map.groupBy(
    scenarios.filter(({ scenario }) => groups.includes(scenarioOf(scenario).group)),
    ({ scenario }) => scenario,
  ),
];

const plain = (rows: readonly Row[]): Row[] => rows.filter(({ point }) => point === null);

/** Servers in one chart must not share a colour. */
function colorsOf(servers: readonly ServerName[]): Map<ServerName, string> {
  const taken = new Set<string>();
  return new Map(
    servers.map((server) => {
      const own = colorOf(server);
      const color = taken.has(own) ? (FREE.find((other) => !taken.has(other)) ?? own) : own;
      taken.add(color);
      return [server, color];
    }),
  );
}
const FREE = ["c4", "c5", "c3", "c2", "c6", "c7"];

const metricOf = (name: ScenarioName): Metric =>
  scenarioOf(name).metric ?? (scenarioOf(name).load === undefined ? "p99_ms" : "requests_per_second");

function barsOf(rows: readonly Row[], metric: Metric, note?: (row: Row, i: number) => string): Bar[] {
  return rows.map((row, i) => {
    const values = row.repeats.map((round) => round[metric] ?? 0);
    return {
      name: specOf(row.server).title,
      color: colorOf(row.server),
      value: row[metric] ?? 0,
      range: [Math.min(...values), Math.max(...values)],
      ...(note === undefined ? {} : { note: note(row, i) }),
    };
  });
}

/** Maximum throughput of each server per scenario; for some scenarios also the latency at a share of it. */
export function capacitySection(figures: Figures): string {
  return groupsOf(figures, "capacity", "identity", "upkeep")
    .filter(([name]) => name !== "wal" && name !== "memory")
    .map(
      ([name, rows]) =>
        `<div class="card">${scenarioHead(name)}${capacityChart(name, plain(rows))}${latencyCharts(rows)}</div>`,
    )
    .join("");
}

function capacityChart(name: ScenarioName, rows: readonly Row[]): string {
  const metric = metricOf(name);
  if (metric === "p99_ms") {
    return barChart("Latency: to the left is better", P99, barsOf(rows, metric, refusedNote));
  }
  return barChart(
    "Capacity: longer is better",
    RATE,
    barsOf(rows, metric, (row) => `p99 ${short(row.p99_ms)} ms`),
  );
}

const refusedNote = ({ refused }: Row): string => (refused ? `${whole(refused)} refused` : "");

function latencyCharts(rows: readonly Row[]): string {
  const rated = rows.filter(isShare);
  if (rated.length === 0) return "";
  const colors = colorsOf([...new Set(rated.map(({ server }) => server))]);
  const at70 = rated.filter(({ point }) => point!.value === 0.7);
  return `<div class="grid2">${byShare(rated, colors)}${byPercentile(at70, colors)}</div>`;
}

const byShare = (rows: readonly Row[], colors: Map<ServerName, string>): string =>
  lineChart(
    "99th percentile by rate",
    { label: "requests per second: 50, 70 and 90 % of these clients' maximum" },
    P99,
    [...Map.groupBy(rows, ({ server }) => server)].map(([server, own]) => ({
      name: server,
      color: colors.get(server)!,
      dots: true,
      points: own.map(({ rate, p99_ms }) => [rate!, p99_ms!] as const),
    })),
  );

/** Spaces 90, 99, 99.9, … equally. */
const NINES = [50, 90, 99, 99.9, 99.99];
const nines = (percentile: number): number => 1 / (1 - Math.min(percentile, 99.995) / 100);

const byPercentile = (rows: readonly Row[], colors: Map<ServerName, string>): string =>
  lineChart(
    "Latency at 70 % of each server's maximum",
    {
      label: "percentile",
      log: true,
      ticks: NINES.map(nines),
      text: (value) => `${+(100 - 100 / value).toFixed(2)}`,
    },
    MS,
    rows.map(({ server, repeats }) => ({
      name: server,
      color: colors.get(server)!,
      points: curveOf(repeats),
    })),
  );

/** The curve of the median repeat: percentiles of several repeats can't be averaged. */
function curveOf(repeats: readonly Round[]): (readonly [number, number])[] {
  const sorted = [...repeats].sort((a, b) => a.p99_ms - b.p99_ms);
  const { curve } = sorted[Math.floor((sorted.length - 1) / 2)]!;
  return (curve ?? [])
    .filter(([percentile]) => percentile >= 50 && percentile < 99.995)
    .map(([percentile, ms]) => [nines(percentile), Math.max(ms, 0.01)]);
}

/** From the naive server, one choice per step, with the effect of each step. */
export function ablationSection(figures: Figures): string {
  const text =
    "<p>From better-sqlite3 in the handler to this server, with one more choice per step. Behind each bar: the improvement over the previous step, as a factor. Steps without effect in a scenario are omitted.</p>";
  const charts = groupsOf(figures, "ablation").map(([name, rows]) => {
    const metric = metricOf(name);
    const steps = plain(rows);
    const better = (row: Row, before: Row) =>
      metric === "p99_ms"
        ? before.p99_ms! / row.p99_ms!
        : row.requests_per_second! / before.requests_per_second!;
    const reference = (i: number) => (name === "without-one" ? steps[0]! : steps[i - 1]!);
    const note = (row: Row, i: number) => (i === 0 ? "" : `${short(better(row, reference(i)))} ×`);
    const axis = metric === "p99_ms" ? P99 : RATE;
    return `<div class="card">${scenarioHead(name)}${barChart(metric === "p99_ms" ? "To the left is better" : "Longer is better", axis, barsOf(steps, metric, note))}</div>`;
  });
  return charts.length === 0 ? "" : text + charts.join("");
}

/** One parameter per chart: throughput and latency. */
export function scalingSection(figures: Figures): string {
  return groupsOf(figures, "scaling")
    .map(([name, rows]) => {
      const { axis, place } = axisOf(scenarioOf(name).sweep!);
      const charts = [
        lineChart("Requests a second", axis, RATE, seriesOf(rows, "requests_per_second", place)),
        lineChart("99th percentile", axis, P99, seriesOf(rows, "p99_ms", place)),
      ];
      return `<div class="card">${scenarioHead(name)}<div class="grid2">${charts.join("")}</div></div>`;
    })
    .join("");
}

/** A logarithm has no zero: it is placed one step before the first value. */
function axisOf({ parameter, unit, values }: Sweep): { axis: Axis; place: (value: number) => number } {
  const first = Math.min(...values.filter((value) => value > 0));
  const place = (value: number) => (value === 0 ? first / 2 : value);
  const text = (value: number) => (value < first ? "0" : shortNumber(value));
  const label = unit === undefined ? parameter : `${parameter}, ${unit}`;
  return { axis: { label, log: true, ticks: values.map(place), text }, place };
}

function seriesOf(rows: readonly Row[], metric: Metric, place: (value: number) => number): Series[] {
  const groups = Map.groupBy(rows, ({ server }) => server);
  const colors = colorsOf([...groups.keys()]);
  return [...groups].map(([server, own]) => ({
    name: server,
    color: colors.get(server)!,
    dots: true,
    points: own
      .filter((row) => row[metric] !== null)
      .map((row) => [place(row.point!.value), row[metric]!] as const),
  }));
}

/** Batch sizes and commit times by number of clients. */
export function insideSection({ scenarios }: Figures): string {
  const ours = scenarios.filter(({ server, repeats }) => server === "chinook" && repeats[0]!.inside !== null);
  const by = (name: ScenarioName) => ours.filter(({ scenario }) => scenario === name);
  const points = (rows: readonly Row[], value: (round: Round) => number | null) =>
    rows.flatMap((row) => {
      const values = row.repeats.map(value).filter((number) => number !== null);
      return values.length === 0 ? [] : [[row.point!.value, median(values)] as const];
    });
  const clients = { label: "clients", log: true, ticks: [1, 4, 16, 64, 256, 512], text: shortNumber };
  const [reads, writes] = [by("clients-read"), by("clients-write")];
  const charts = [
    lineChart("Mean batch by clients", clients, { label: "requests in a batch", log: true }, [
      {
        name: "reads",
        color: "c0",
        dots: true,
        points: points(reads, ({ inside }) => inside!.read_batch_mean),
      },
      {
        name: "writes",
        color: "c1",
        dots: true,
        points: points(writes, ({ inside }) => inside!.write_batch_mean),
      },
    ]),
    lineChart("Commit by clients", clients, { ...MS, label: "commit time in milliseconds" }, [
      {
        name: "median",
        color: "c0",
        dots: true,
        points: points(writes, ({ inside }) => inside!.commit_p50_ms),
      },
      {
        name: "99th percentile",
        color: "c1",
        dots: true,
        points: points(writes, ({ inside }) => inside!.commit_p99_ms),
      },
    ]),
    batchChart("Read batches, uncached-get", by("uncached-get"), "read_batches"),
    batchChart("Write batches, durable-post", by("durable-post"), "write_batches"),
  ].filter((chart) => chart !== "");
  return charts.length === 0 ? "" : `<div class="grid2">${charts.join("")}</div>`;
}

/** Distribution of batch sizes, at full load and at parts of it. */
function batchChart(title: string, rows: readonly Row[], of: "read_batches" | "write_batches"): string {
  const shown = rows.filter((row) => row.point === null || isShare(row));
  const shares = shown.map(({ repeats }) => {
    const bars = repeats[0]!.inside![of];
    const total = bars.reduce((sum, [, count]) => sum + count, 0);
    return bars.map(([bound, count]) => [bound, total === 0 ? 0 : (count / total) * 100] as const);
  });
  const bounds = (shares[0] ?? []).map(([bound]) => bound);
  const columns = bounds.map((bound, i) => ({
    name: bound === null ? "more" : String(bound),
    values: shares.map((bars) => bars[i]![1]),
  }));
  const used = columns.filter(({ values }) => values.some((value) => value > 0));
  const series = shown.map(({ point }, i) => ({
    name: point === null ? "full load" : `${Math.round(point.value * 100)} %`,
    color: ["c0", "c5", "c2", "c1"][i] ?? "c7",
  }));
  return columnChart(title, "requests in a batch, up to", { label: "percent of batches" }, series, used);
}

/** Over time in the longest run, and in the runs with each cap. */
export function logSection({ scenarios }: Figures): string {
  const watched = scenarios.filter(({ repeats }) => repeats[0]!.wal !== null);
  const long = watched.filter(({ scenario }) => scenario === "wal");
  const strained = watched.filter(({ scenario }) => /^wal-(arrays|scans)$/.test(scenario));
  const caps = watched.filter(({ scenario }) => scenario === "wal-cap");
  const seconds = { label: "seconds" };
  const sizes = (rows: readonly Row[]): Series[] =>
    rows.map(({ point, repeats }, i) => ({
      name: point === null ? "log" : `${point.value} MB`,
      color: `c${i % 8}`,
      points: repeats[0]!.wal!.map(({ seconds, bytes }) => [seconds, bytes / 1e6] as const),
    }));
  const answers = (rows: readonly Row[]): Series[] =>
    rows.map(({ repeats }) => ({
      name: "plays and reads",
      color: "c0",
      points: (repeats[0]!.slices ?? []).map(({ seconds, requests }) => [seconds, requests * 4] as const),
    }));
  const charts = [
    lineChart("WAL under full write load", seconds, { label: "megabytes" }, sizes(long)),
    lineChart(
      "WAL under arrays of plays, and beside continuous scans",
      seconds,
      { label: "megabytes" },
      sizes(strained).map((series, i) => ({ ...series, name: strained[i]!.scenario, color: `c${i}` })),
    ),
    lineChart("Answers over time, the same run", seconds, RATE, answers(long)),
    lineChart("WAL by cap", seconds, { label: "megabytes" }, sizes(caps)),
    lineChart("Answers over time at a fixed rate, mixed 95 to 5", seconds, RATE, overTime(scenarios)),
  ].filter((chart) => chart !== "");
  return charts.length === 0 ? "" : `<div class="grid2">${charts.join("")}</div>`;
}

/** Answers per quarter of a second, from the paced generator. */
const overTime = (scenarios: readonly Row[]): Series[] =>
  scenarios
    .filter(({ scenario, point }) => scenario === "mixed-95-5" && point?.value === 0.9)
    .map(({ server, repeats }) => ({
      name: `${server}, at 90 %`,
      color: colorOf(server),
      points: (repeats[0]!.slices ?? []).map(({ seconds, requests }) => [seconds, requests * 4] as const),
    }));

/** Each profile beside the default one. */
export function profileSection(figures: Figures): string {
  const charts = groupsOf(figures, "profiles").map(([name, rows]) => {
    const own = plain(rows);
    const first = own.find(({ server }) => server === "chinook");
    const note = (row: Row) =>
      first === undefined || row === first
        ? "the default"
        : `${(row.requests_per_second! / first.requests_per_second!).toFixed(2)} ×, ${short(row.rss_bytes! / 1e6)} MB`;
    const title = `Capacity, and resident memory${first === undefined ? "" : `; the default takes ${short(first.rss_bytes! / 1e6)} MB`}`;
    return `<div class="card">${scenarioHead(name)}${barChart(title, RATE, barsOf(own, "requests_per_second", note))}</div>`;
  });
  return charts.join("");
}
