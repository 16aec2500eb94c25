import { DATABASES, type DatabaseName } from "./catalogue.ts";
import type { Options } from "./options.ts";
import { isShare, type Point, SHARE, type Trial, WHOLE } from "./rounds.ts";
import { type ScenarioName, scenarioOf } from "./scenarios/index.ts";
import type { Change, Scenario } from "./scenarios/scenario.ts";
import { type ServerName, specOf } from "./servers/specs.ts";

/** The servers of `--quick`: Chinook Server and the usual ways to write one. */
const QUICK_SERVERS: readonly ServerName[] = ["bare", "echo", "in-handler", "piscina-per-request", "chinook"];
/** A percentile at a fixed rate comes from thousands of answers. Two repeats show whether it is stable. */
const RATE_REPEATS = 2;

/** The servers of a scenario that can run it, are available and were selected. */
export function serversOf(name: ScenarioName, { servers, size }: Options): ServerName[] {
  const { servers: all, load }: Scenario = scenarioOf(name);
  return all.filter((server) => {
    const { lacks = [], needs } = specOf(server);
    if (load !== undefined && lacks.includes(load.traffic)) return false;
    if (needs !== undefined && process.env[needs] === undefined) return false;
    if (servers.length > 0) return servers.includes(server);
    return size !== "quick" || QUICK_SERVERS.includes(server);
  });
}

export const repeatsOf = ({ repeats = Number.POSITIVE_INFINITY }: Scenario, options: Options): number =>
  options.exactly ?? Math.min(repeats, options.repeats);

/** The change that a point of a sweep makes. */
export function changeAt({ sweep }: Scenario, point: Point | null): Change {
  return sweep === undefined || point === null ? {} : sweep.change(point.value);
}

/**
 * The trials of a scenario in order. Each repeat begins with another server, so that none is always first and
 * servers compared with each other run close in time. Fixed rates come last: they are shares of the closed loop's
 * throughput.
 */
export function trialsOf(name: ScenarioName, options: Options): Trial[] {
  const scenario = scenarioOf(name);
  const servers = serversOf(name, options);
  const repeats = repeatsOf(scenario, options);
  const points = pointsOf(scenario);
  const main = inTurn(name, servers, points, repeats);
  const { rates = [], ratesOf = servers } = scenario;
  if (options.size === "quick") return main;
  const shown = options.size === "smoke" ? rates.slice(0, 1) : rates;
  const shares = shown.map((value) => ({ parameter: SHARE, value }));
  const rated = servers.filter((server) => ratesOf.includes(server));
  const atMost = Math.min(repeats, RATE_REPEATS);
  const wholes = shares.length === 0 ? [] : [WHOLE];
  return [...main, ...inTurn(name, rated, wholes, atMost), ...inTurn(name, rated, shares, atMost)];
}

const pointsOf = ({ sweep }: Scenario): readonly (Point | null)[] =>
  sweep === undefined ? [null] : sweep.values.map((value) => ({ parameter: sweep.parameter, value }));

function inTurn(
  scenario: ScenarioName,
  servers: readonly ServerName[],
  points: readonly (Point | null)[],
  repeats: number,
): Trial[] {
  return Array.from({ length: repeats }, (_, i) => i).flatMap((i) =>
    points.flatMap((point) => {
      const first = i % Math.max(1, servers.length);
      const order = [...servers.slice(first), ...servers.slice(0, first)];
      return order.map((server) => ({ scenario, server, repeat: i + 1, point }));
    }),
  );
}

/** Seconds of a trial besides its load: copying, starting, checking, stopping. */
const OVERHEAD_S = 1;
const STARTS_S = 6;
const AFTER_PER_SECOND = 15_000;
const VARIANT_S = 2;

export function secondsOf(trial: Trial, options: Options): number {
  const { scenario: name, point } = trial;
  const scenario = scenarioOf(name);
  if (scenario.load === undefined) return STARTS_S;
  const copy = (DATABASES[databaseOf(scenario, point)].seconds - 6) / 60;
  return (
    OVERHEAD_S +
    copy +
    (warmMsOf(trial, options) + measureMsOf(scenario, options)) / 1_000 +
    (scenario.after ?? 0) / AFTER_PER_SECOND
  );
}

export const databaseOf = (scenario: Scenario, point: Point | null): DatabaseName =>
  changeAt(scenario, point).database ?? scenario.database;

/** Fixed rates and users warm a server up slowly, so they get more time. */
const STEADY_WARM_UPS = 2;

export function warmMsOf(trial: Trial, { warmMs }: Options): number {
  const { load } = scenarioOf(trial.scenario);
  const steady = isShare(trial) || load?.rate !== undefined || load?.thinkMs !== undefined;
  return warmMs * (steady ? STEADY_WARM_UPS : 1);
}

export function measureMsOf({ watched, measureMs }: Scenario, options: Options): number {
  if (watched) return options.walMs;
  return options.size === "full" ? (measureMs ?? options.measureMs) : options.measureMs;
}

/** Seconds for everything, including the creation of databases. */
export function estimate(trials: readonly Trial[], options: Options): number {
  const databases = new Map<string, number>();
  for (const { scenario: name, server, point } of trials) {
    const scenario = scenarioOf(name);
    const database = databaseOf(scenario, point);
    databases.set(database, DATABASES[database].seconds);
    const { pageBytes } = specOf(server);
    if (pageBytes !== undefined) databases.set(`${database} ${pageBytes}`, VARIANT_S);
  }
  const making = options.size === "smoke" ? 5 : [...databases.values()].reduce((a, b) => a + b, 0);
  return making + trials.reduce((sum, trial) => sum + secondsOf(trial, options), 0);
}
