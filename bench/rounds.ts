import type { Checked } from "./checks.ts";
import type { Generator, KindShot, Shot, Slice } from "./load/generator.ts";
import type { Inside, Watched } from "./metrics.ts";
import type { ScenarioName } from "./scenarios/index.ts";
import { type ServerName, specOf } from "./servers/specs.ts";

/** Where on a parameter's scale a trial stands. `share`: of what the clients of fixed rates get answered at most. */
export interface Point {
  readonly parameter: string;
  readonly value: number;
}

/** One experiment: a scenario on a server, the how-manieth time. */
export interface Trial {
  readonly scenario: ScenarioName;
  readonly server: ServerName;
  readonly repeat: number;
  readonly point: Point | null;
}

export const SHARE = "share of capacity";

/** All of it: a closed loop of those clients. The other shares are rates, and are reckoned from it. */
export const WHOLE: Point = { parameter: SHARE, value: 1 };

export const isWhole = ({ point }: Pick<Trial, "point">): boolean =>
  point?.parameter === SHARE && point.value === WHOLE.value;

/** Measured at a rate that is a share of the whole. */
export const isShare = (trial: Pick<Trial, "point">): boolean =>
  trial.point?.parameter === SHARE && !isWhole(trial);

/** What one trial found: one scenario, one server, one fresh process. Null is what could not be measured. */
export interface Round extends Trial {
  /** Who made the load; null where there was none. Figures of before it was written down have no such member. */
  readonly generator?: Generator["name"] | null;
  readonly connections: number;
  /** Requests a second that were asked for; null is as many as the connections bear. */
  readonly rate: number | null;
  readonly requests: number;
  readonly seconds: number;
  /** Answers: what was refused is none, where the generator can tell. */
  readonly requests_per_second: number;
  readonly p50_ms: number;
  readonly p90_ms: number;
  readonly p99_ms: number;
  readonly p999_ms: number;
  readonly max_ms: number;
  /**
   * Answers that were not 2xx, connections that failed, answers that were wrong, writes that were lost. Refusals are
   * among them, but of a server that is there to show them.
   */
  readonly errors: number;
  /** Requests that were answered with 503, by those generators that look at a status: wrk does not. */
  readonly refused: number;
  /** Requests still waiting at the end; their wait so far is part of the percentiles. */
  readonly unanswered: number | null;
  /** Requests that were due and never sent, because too many waited. */
  readonly dropped: number | null;
  /** How late the generator was to release requests. */
  readonly late_p99_ms: number | null;
  /** Answers compared with what the database holds. */
  readonly checked: number;
  /** 503s and failed writes, as the server counts them. */
  readonly busy: number;
  readonly server_cpu_us_per_request: number | null;
  /** 100 is one core: then the load generator is the bottleneck. */
  readonly load_cpu_percent: number | null;
  /** 100 is the whole machine: then client and server take from one another. */
  readonly machine_percent: number | null;
  readonly rss_bytes: number | null;
  /** Read by system calls a request, the request's own bytes included: what SQLite's page cache did not hold. */
  readonly read_bytes_per_request: number | null;
  /** Fetched from the disk: what the system's page cache did not hold. */
  readonly disk_bytes: number | null;
  readonly database_bytes: number | null;
  readonly wal_bytes_max: number | null;
  /** Of what ran beside and was not measured: answered with 2xx. */
  readonly beside_requests_per_second: number | null;
  /** A finding; null where it is not told from other errors. */
  readonly beside_refused_per_second: number | null;
  /** All else, connections that failed among it. They are said, and fail nothing. */
  readonly beside_errors: number;
  /** From the server's own metrics, of ours alone. */
  readonly inside: Inside | null;
  readonly curve: Shot["curve"];
  readonly slices: readonly Slice[] | null;
  readonly wal: Watched["wal"] | null;
  readonly kinds: Readonly<Record<string, KindShot>> | null;
  readonly problems: readonly string[];
}

/** What was found beside the load generator's own figures. */
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
  const amiss = specOf(trial.server).mayRefuse ? 0 : refused;
  const each = (total: number | null | undefined) =>
    total == null || requests === 0 ? null : total / requests;
  const cpu = each(found.serverCpu);
  return {
    ...trial,
    ...{ generator: found.generator, connections: found.connections, rate: found.rate, requests, seconds },
    requests_per_second: (requests - (turnedAway ?? 0)) / seconds,
    ...seen,
    slices: seen.slices ?? found.watched?.slices ?? null,
    errors: failed + amiss + wrong.length + lost,
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
    problems: problemsOf(failed, amiss, wrong, lost),
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

/** Where it was watched the largest, elsewhere as it was at the end. */
function largestLog({ watched, walBytes = null }: Findings): number | null {
  return watched === undefined ? walBytes : Math.max(...watched.wal.map(({ bytes }) => bytes));
}

function problemsOf(failed: number, refused: number, wrong: readonly string[], lost: number): string[] {
  const failures = failed > 0 ? [`${failed} requests failed`] : [];
  const refusals = refused > 0 ? [`${refused} requests were refused`] : [];
  const losses = lost > 0 ? [`${lost} answered writes are not in the database`] : [];
  return [...failures, ...refusals, ...losses, ...wrong.slice(0, 3).map((text) => `wrong answer: ${text}`)];
}

/** From here on the clients, and not the server, may be what is measured. Percent of a core. */
const SATURATED_PERCENT = 90;
/** Milliseconds of lateness that matter to nobody. */
const LATE_MS = 5;

/** Why a round says more of the load generator than of the server; undefined when it does not. */
export function saturationOf({ load_cpu_percent, late_p99_ms, p99_ms }: Round): string | undefined {
  if (load_cpu_percent !== null && load_cpu_percent >= SATURATED_PERCENT)
    return "the load generator had no processor left";
  const late = late_p99_ms !== null && late_p99_ms > LATE_MS && late_p99_ms > p99_ms / 2;
  return late ? "the load generator released its requests late" : undefined;
}
