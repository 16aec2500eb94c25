import type { Checked } from "./checks.ts";
import type { Generator, KindShot, Shot, Slice } from "./load/generator.ts";
import type { Inside, Watched } from "./metrics.ts";
import type { ScenarioName } from "./scenarios/index.ts";
import { type ServerName, specOf } from "./servers/specs.ts";

/** A trial's value of a parameter. `share`: of the maximum throughput of the paced clients. */
export interface Point {
  readonly parameter: string;
  readonly value: number;
}

/** One experiment: a scenario, a server and the number of the repeat. */
export interface Trial {
  readonly scenario: ScenarioName;
  readonly server: ServerName;
  readonly repeat: number;
  readonly point: Point | null;
}

export const SHARE = "share of capacity";

/** The closed loop of those clients. The other shares are rates derived from it. */
export const WHOLE: Point = { parameter: SHARE, value: 1 };

export const isWhole = ({ point }: Pick<Trial, "point">): boolean =>
  point?.parameter === SHARE && point.value === WHOLE.value;

/** Measured at a rate that is a share of the whole. */
export const isShare = (trial: Pick<Trial, "point">): boolean =>
  trial.point?.parameter === SHARE && !isWhole(trial);

/** The result of one trial: one scenario, one server, one fresh process. Null if it could not be measured. */
export interface Round extends Trial {
  /** The load generator; null without load. Old figures do not have it. */
  readonly generator?: Generator["name"] | null;
  readonly connections: number;
  /** Requests per second of an open loop; null for a closed loop. */
  readonly rate: number | null;
  readonly requests: number;
  readonly seconds: number;
  /** Answered requests, without refusals if the generator distinguishes them. */
  readonly requests_per_second: number;
  readonly p50_ms: number;
  readonly p90_ms: number;
  readonly p99_ms: number;
  readonly p999_ms: number;
  readonly max_ms: number;
  /**
   * Responses other than 2xx, failed connections, wrong answers and lost writes. Includes refusals, except for a
   * server that is there to show them.
   */
  readonly errors: number;
  /** Requests answered with 503. Zero for wrk, which does not look at the status. */
  readonly refused: number;
  /** Requests in flight at the end. Their wait so far is in the percentiles. */
  readonly unanswered: number | null;
  /** Requests that were due and not sent, because too many waited. */
  readonly dropped: number | null;
  /** The generator's own delay in sending requests. */
  readonly late_p99_ms: number | null;
  /** Answers compared with the content of the database. */
  readonly checked: number;
  /** 503s and failed writes, as counted by the server. */
  readonly busy: number;
  readonly server_cpu_us_per_request: number | null;
  /** 100 is one core. Then the load generator is the bottleneck. */
  readonly load_cpu_percent: number | null;
  /** 100 is the whole machine. Then client and server compete for processors. */
  readonly machine_percent: number | null;
  readonly rss_bytes: number | null;
  /** Bytes per request read by system calls, including the request's own: misses of SQLite's page cache. */
  readonly read_bytes_per_request: number | null;
  /** Bytes fetched from the disk: misses of the system's page cache. */
  readonly disk_bytes: number | null;
  readonly database_bytes: number | null;
  readonly wal_bytes_max: number | null;
  /** The load beside, which is not measured: 2xx responses. */
  readonly beside_requests_per_second: number | null;
  /** A result of its own; null if the generator does not distinguish refusals. */
  readonly beside_refused_per_second: number | null;
  /** All other errors, including failed connections. They are reported and fail nothing. */
  readonly beside_errors: number;
  /** From the server's own metrics; for Chinook Server only. */
  readonly inside: Inside | null;
  readonly curve: Shot["curve"];
  readonly slices: readonly Slice[] | null;
  readonly wal: Watched["wal"] | null;
  readonly kinds: Readonly<Record<string, KindShot>> | null;
  readonly problems: readonly string[];
}

/** Figures from other sources than the load generator. */
export interface Findings {
  readonly generator: Generator["name"] | null;
  readonly connections: number;
  readonly rate: number | null;
  readonly shot: Shot;
  readonly beside?: Shot | undefined;
  readonly checks?: Checked;
  readonly serverCpu?: number | null;
  readonly machine?: number | null;
  readonly rss?: number | null;
  readonly asked?: number | null;
  readonly fetched?: number | null;
  readonly databaseBytes?: number;
  readonly watched?: Watched | undefined;
  readonly walBytes?: number | null;
  readonly inside?: Inside | undefined;
  readonly busy?: number;
  readonly lost?: number;
}

export function roundOf(trial: Trial, found: Findings): Round {
  const { shot, beside, checks, lost = 0 } = found;
  const { requests, seconds, cpu_seconds, errors, refused: turnedAway, ...seen } = shot;
  const wrong = checks?.wrong ?? [];
  const failed = errors - (turnedAway ?? 0);
  const refused = (turnedAway ?? 0) + (checks?.refused ?? 0);
  const countedRefusals = specOf(trial.server).mayRefuse ? 0 : refused;
  const each = (total: number | null | undefined) =>
    total == null || requests === 0 ? null : total / requests;
  const cpu = each(found.serverCpu);
  return {
    ...trial,
    ...{ generator: found.generator, connections: found.connections, rate: found.rate, requests, seconds },
    requests_per_second: (requests - (turnedAway ?? 0)) / seconds,
    ...seen,
    slices: seen.slices ?? found.watched?.slices ?? null,
    errors: failed + countedRefusals + wrong.length + lost,
    refused,
    checked: checks?.checked ?? 0,
    busy: found.busy ?? 0,
    server_cpu_us_per_request: cpu === null ? null : cpu * 1e6,
    load_cpu_percent: cpu_seconds === null ? null : (cpu_seconds / seconds) * 100,
    machine_percent: found.machine ?? null,
    rss_bytes: found.rss ?? null,
    read_bytes_per_request: each(found.asked),
    disk_bytes: found.fetched ?? null,
    database_bytes: found.databaseBytes ?? null,
    wal_bytes_max: largestLog(found),
    wal: found.watched?.wal ?? null,
    inside: found.inside ?? null,
    ...besideOf(beside),
    problems: problemsOf(failed, countedRefusals, wrong, lost),
  };
}

function besideOf(shot: Shot | undefined) {
  const each = (count: number | null) => (shot === undefined || count === null ? null : count / shot.seconds);
  const { requests, errors, refused } = shot ?? { requests: 0, errors: 0, refused: null };
  return {
    beside_requests_per_second: each(Math.max(0, requests - errors)),
    beside_refused_per_second: each(refused),
    beside_errors: errors - (refused ?? 0),
  };
}

/** The maximum if it was sampled, otherwise the size at the end. */
function largestLog({ watched, walBytes = null }: Findings): number | null {
  return watched === undefined ? walBytes : Math.max(...watched.wal.map(({ bytes }) => bytes));
}

function problemsOf(failed: number, refused: number, wrong: readonly string[], lost: number): string[] {
  const failures = failed > 0 ? [`${failed} requests failed`] : [];
  const refusals = refused > 0 ? [`${refused} requests were refused`] : [];
  const losses = lost > 0 ? [`${lost} answered writes are not in the database`] : [];
  return [...failures, ...refusals, ...losses, ...wrong.slice(0, 3).map((text) => `wrong answer: ${text}`)];
}

/** Percent of a core from which the clients may be the bottleneck. */
const SATURATED_PERCENT = 90;
/** Milliseconds of the generator's delay that can be ignored. */
const LATE_MS = 5;

/** Why a round measures the load generator rather than the server; undefined if it does not. */
export function saturationOf({ load_cpu_percent, late_p99_ms, p99_ms }: Round): string | undefined {
  if (load_cpu_percent !== null && load_cpu_percent >= SATURATED_PERCENT)
    return "the load generator had no processor left";
  const late = late_p99_ms !== null && late_p99_ms > LATE_MS && late_p99_ms > p99_ms / 2;
  return late ? "the load generator released its requests late" : undefined;
}
