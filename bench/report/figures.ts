import { writeFileSync } from "node:fs";
import type { Catalogue } from "../databases.ts";
import type { Generator } from "../load/generator.ts";
import type { Machine } from "../machine.ts";
import type { Options } from "../options.ts";
import type { Round } from "../rounds.ts";
import { SCENARIOS, type Scenario, type ScenarioName } from "../scenarios.ts";
import type { ServerName } from "../servers.ts";
import { judge, median, TARGETS } from "../targets.ts";

/** Everything that was found. */
export interface Findings {
  readonly options: Options;
  readonly machine: Machine;
  readonly catalogue: Catalogue;
  readonly generator: Generator;
  readonly rounds: readonly Round[];
}

const MEDIANS = [
  "requests_per_second",
  "p50_ms",
  "p90_ms",
  "p99_ms",
  "p999_ms",
  "server_cpu_us_per_request",
  "load_cpu_percent",
  "rss_bytes",
  "beside_requests_per_second",
] as const satisfies readonly (keyof Round)[];

/** A server in a scenario: medians over its repeats, the worst of its maxima, the sum of its errors. */
export interface Row extends Readonly<Record<(typeof MEDIANS)[number], number | null>> {
  readonly scenario: ScenarioName;
  readonly server: ServerName;
  readonly connections: number;
  /** Requests a second that were asked for; null is as many as the connections bear. */
  readonly rate: number | null;
  readonly max_ms: number;
  readonly wal_bytes_max: number | null;
  readonly errors: number;
  readonly busy: number;
  readonly checked: number;
  readonly repeats: readonly Round[];
}

export function rowsOf({ rounds, options }: Findings): Row[] {
  const groups = Map.groupBy(rounds, ({ scenario, server }) => `${scenario} ${server}`);
  return [...groups.values()].map((repeats) => rowOf(repeats, options)).sort(inOrder);
}

/** As the scenarios and their servers are declared: trials ran in other orders. */
function inOrder(a: Row, b: Row): number {
  const names = Object.keys(SCENARIOS);
  const { servers }: Scenario = SCENARIOS[a.scenario];
  const scenarios = names.indexOf(a.scenario) - names.indexOf(b.scenario);
  return scenarios || servers.indexOf(a.server) - servers.indexOf(b.server);
}

function rowOf(repeats: Round[], options: Options): Row {
  const { scenario, server } = repeats[0]!;
  const { load }: Scenario = SCENARIOS[scenario];
  const total = (name: "errors" | "busy" | "checked") => repeats.reduce((sum, round) => sum + round[name], 0);
  const medians = Object.fromEntries(MEDIANS.map((name) => [name, medianOf(repeats.map((r) => r[name]))]));
  return {
    scenario,
    server,
    connections: Math.min(load?.connections ?? 0, options.connections ?? Number.POSITIVE_INFINITY),
    rate: load?.rate ?? null,
    ...(medians as Record<(typeof MEDIANS)[number], number | null>),
    max_ms: Math.max(...repeats.map((round) => round.max_ms)),
    wal_bytes_max: largestOf(repeats.map((round) => round.wal_bytes_max)),
    errors: total("errors"),
    busy: total("busy"),
    checked: total("checked"),
    repeats,
  };
}

const numbers = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);

function medianOf(values: readonly (number | null)[]): number | null {
  const known = numbers(values);
  return known.length === 0 ? null : median(known);
}

function largestOf(values: readonly (number | null)[]): number | null {
  const known = numbers(values);
  return known.length === 0 ? null : Math.max(...known);
}

export const verdictsOf = ({ rounds }: Findings) =>
  Object.entries(TARGETS).flatMap(([name, target]) => {
    const verdict = judge(target, rounds);
    return verdict === undefined ? [] : [{ name, target, verdict }];
  });

/** The contract's shape, and beside its ratios the targets with every round that they rest on. */
export function writeFigures(file: string, findings: Findings): void {
  const { machine, options, catalogue, generator } = findings;
  const verdicts = verdictsOf(findings);
  const { directory: _, sample: __, json: ___, ...chosen } = options;
  const figures = {
    machine,
    settings: { ...chosen, generator: generator.name, ...catalogueOf(catalogue) },
    scenarios: rowsOf(findings),
    ratios: Object.fromEntries(
      verdicts.filter(({ target }) => target.by).map(({ name, verdict }) => [name, verdict.value]),
    ),
    targets: verdicts.map(({ name, target, verdict }) => ({ name, ...target, ...verdict })),
  };
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

const catalogueOf = ({ origin, tracks, plays }: Catalogue) => ({
  catalogue: origin,
  tracks: tracks.length,
  plays,
});
