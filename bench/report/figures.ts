import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Machine } from "../machine.ts";
import type { Options } from "../options.ts";
import { type Point, type Round, SHARE, type Trial } from "../rounds.ts";
import { SCENARIOS, type ScenarioName, scenarioOf } from "../scenarios/index.ts";
import { type ServerName, specOf } from "../servers/specs.ts";
import { median } from "../statistics.ts";
import { judge, TARGETS, type Verdict } from "../targets.ts";

/** A trial that failed. The others went on. */
export interface Failure extends Trial {
  readonly error: string;
}

/** The results of a run. */
export interface Findings {
  readonly options: Options;
  readonly machine: Machine;
  readonly catalogue: { readonly origin: "sample" | "generated"; readonly tracks: number };
  readonly generator: string;
  readonly rounds: readonly Round[];
  readonly failures: readonly Failure[];
}

const MEDIANS = [
  "requests_per_second",
  "p50_ms",
  "p90_ms",
  "p99_ms",
  "p999_ms",
  "late_p99_ms",
  "server_cpu_us_per_request",
  "load_cpu_percent",
  "machine_percent",
  "rss_bytes",
  "read_bytes_per_request",
  "database_bytes",
  "beside_requests_per_second",
  "beside_refused_per_second",
] as const satisfies readonly (keyof Round)[];

const SUMS = ["errors", "refused", "busy", "checked"] as const;
const LARGEST = ["wal_bytes_max", "dropped", "disk_bytes"] as const;

type Medians = Readonly<Record<(typeof MEDIANS)[number], number | null>>;
type Sums = Readonly<Record<(typeof SUMS)[number], number>>;
type Largest = Readonly<Record<(typeof LARGEST)[number], number | null>>;

/** A server in a scenario, or at one point of it: medians over its repeats, and the highest of its maxima. */
export interface Row extends Medians, Sums, Largest {
  readonly scenario: ScenarioName;
  readonly server: ServerName;
  readonly point: Point | null;
  readonly generator?: Round["generator"];
  readonly connections: number;
  /** Requests per second of an open loop; null for a closed loop. */
  readonly rate: number | null;
  readonly max_ms: number;
  readonly repeats: readonly Round[];
}

/**
 * Whether something went wrong. The server's own count of refusals includes the load beside; there the clients
 * count the refusals of the measured load.
 */
export const hasProblem = ({ scenario, server, errors, busy }: Row): boolean =>
  errors > 0 || (busy > 0 && !specOf(server).mayRefuse && scenarioOf(scenario).beside === undefined);

export function rowsOf(rounds: readonly Round[]): Row[] {
  const groups = Map.groupBy(rounds, ({ scenario, server, point }) =>
    [scenario, server, point?.parameter, point?.value].join(" "),
  );
  return [...groups.values()].map(rowOf).sort(inOrder);
}

/** In the order of declaration. Trials ran in another order. */
function inOrder(a: Row, b: Row): number {
  const names = Object.keys(SCENARIOS);
  const { servers } = scenarioOf(a.scenario);
  const share = (row: Row) => (row.point?.parameter === SHARE ? row.point.value : 0);
  return (
    names.indexOf(a.scenario) - names.indexOf(b.scenario) ||
    share(a) - share(b) ||
    servers.indexOf(a.server) - servers.indexOf(b.server) ||
    (a.point?.value ?? 0) - (b.point?.value ?? 0)
  );
}

function rowOf(repeats: Round[]): Row {
  const { scenario, server, point, generator, connections, rate } = repeats[0]!;
  const collect = <N extends keyof Round, T>(names: readonly N[], of: (values: Round[N][]) => T) =>
    Object.fromEntries(names.map((name) => [name, of(repeats.map((round) => round[name]))]));
  return {
    ...{ scenario, server, point, generator: generator ?? null, connections, rate },
    ...(collect(MEDIANS, medianOf) as unknown as Medians),
    max_ms: Math.max(...repeats.map((round) => round.max_ms)),
    ...(collect(LARGEST, largestOf) as unknown as Largest),
    ...(collect(SUMS, (values) => values.reduce((a, b) => a + (b ?? 0), 0)) as unknown as Sums),
    repeats,
  };
}

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value != null);

const medianOf = (values: readonly (number | null)[]): number | null =>
  known(values).length === 0 ? null : median(known(values));

const largestOf = (values: readonly (number | null)[]): number | null =>
  known(values).length === 0 ? null : Math.max(...known(values));

type JudgedTarget = (typeof TARGETS)[string] & Verdict & { readonly name: string };

/** The JSON output of `--json`: ratios, and targets with all rounds that they are computed from. */
export interface Figures {
  readonly machine: Machine;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly scenarios: readonly Row[];
  readonly ratios: Readonly<Record<string, number>>;
  readonly targets: readonly JudgedTarget[];
  readonly failures: readonly Failure[];
}

export function figuresOf({ machine, options, catalogue, generator, rounds, failures }: Findings): Figures {
  const targets = Object.entries(TARGETS).flatMap(([name, target]) => {
    const verdict = judge(target, rounds);
    return verdict === undefined ? [] : [{ name, ...target, ...verdict }];
  });
  const { size, repeats, exactly, smoke, warmMs, measureMs, walMs, plays } = options;
  return {
    machine,
    settings: {
      ...{ size, smoke, repeats: exactly ?? repeats, warmMs, measureMs, walMs, plays, generator },
      ...{ catalogue: catalogue.origin, tracks: catalogue.tracks },
    },
    scenarios: rowsOf(rounds),
    ratios: Object.fromEntries(targets.filter(({ by }) => by).map(({ name, value }) => [name, value])),
    targets,
    failures,
  };
}

/** Atomic: an aborted run leaves the earlier figures. */
export function writeFigures(file: string, figures: Figures): void {
  writeFileSync(`${file}.part`, `${JSON.stringify(figures, null, 1)}\n`);
  renameSync(`${file}.part`, file);
}

/** @throws Error if the file has no figures of this suite. */
export function readFigures(file: string): Figures {
  const figures = JSON.parse(readFileSync(file, "utf8"));
  if (!Array.isArray(figures.scenarios) || figures.scenarios.some((row: Row) => !(row.scenario in SCENARIOS)))
    throw new Error(`${file}: expected figures written by --json, with known scenarios`);
  return { failures: [], targets: [], ...figures };
}

export const roundsOf = ({ scenarios }: Figures): Round[] => scenarios.flatMap(({ repeats }) => repeats);
