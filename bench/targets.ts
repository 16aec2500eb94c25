import type { Round } from "./rounds.ts";
import type { ScenarioName } from "./scenarios/index.ts";
import type { ServerName } from "./servers/specs.ts";
import { median } from "./statistics.ts";

export type Metric =
  | "server_cpu_us_per_request"
  | "requests_per_second"
  | "p50_ms"
  | "p99_ms"
  | "busy"
  | "wal_bytes_max"
  | "rss_bytes";
type Subject = readonly [scenario: ScenarioName, server: ServerName];

export interface Target {
  readonly title: string;
  readonly metric: Metric;
  readonly of: Subject;
  /** The divisor of a ratio. */
  readonly by?: Subject;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Unit for display: the figure is divided by its size. */
  readonly unit?: readonly [name: "MB" | "ms" | "s", size: number];
}

const MB = ["MB", 1_000_000] as const;
const throughput = (
  scenario: ScenarioName,
  by: ServerName,
  atLeast: number | undefined,
  server: ServerName = "chinook",
): Target => ({
  title: `${scenario}: ${server} to ${by}, requests/s`,
  metric: "requests_per_second",
  of: [scenario, server],
  by: [scenario, by],
  ...(atLeast === undefined ? {} : { atLeast }),
});

/** Processor time varies less than throughput when the machine is busy. */
const cpu = (scenario: ScenarioName, by: ServerName): Target => ({
  title: `${scenario}: chinook to ${by}, CPU a request`,
  metric: "server_cpu_us_per_request",
  of: [scenario, "chinook"],
  by: [scenario, by],
});

const latency = (title: string, scenario: ScenarioName, atMost: number): Target => ({
  title,
  metric: "p99_ms",
  of: [scenario, "chinook"],
  atMost,
  unit: ["ms", 1],
});

/** A target without a bound is for information. */
export const TARGETS: Readonly<Record<string, Target>> = {
  cached_get_to_bare: throughput("cached-get", "bare", 0.85),
  cached_get_to_in_handler: throughput("cached-get", "in-handler", undefined),
  uncached_get_to_in_handler: throughput("uncached-get", "in-handler", 2.5),
  uncached_get_to_bare: throughput("uncached-get", "bare", 0.5),
  uncached_get_to_in_handler_tuned: throughput("uncached-get", "in-handler-tuned", undefined),
  uncached_get_to_piscina: throughput("uncached-get", "piscina-per-request", undefined),
  in_handler_tuned_to_in_handler: throughput("uncached-get", "in-handler", undefined, "in-handler-tuned"),
  durable_post_to_in_handler: throughput("durable-post", "in-handler", 8),
  durable_post_to_echo: throughput("durable-post", "echo", 0.6),
  durable_post_to_several_writers: throughput("durable-post", "several-writers", undefined),
  mixed_95_5_to_in_handler: throughput("mixed-95-5", "in-handler", undefined),
  search_to_in_handler: throughput("search", "in-handler", undefined),
  cached_get_cpu_to_bare: cpu("cached-get", "bare"),
  uncached_get_cpu_to_in_handler: cpu("uncached-get", "in-handler"),
  uncached_get_cpu_to_in_handler_tuned: cpu("uncached-get", "in-handler-tuned"),
  durable_post_cpu_to_in_handler: cpu("durable-post", "in-handler"),
  durable_post_busy: {
    title: "durable-post: refused or busy answers",
    metric: "busy",
    of: ["durable-post", "chinook"],
    atMost: 0,
  },
  points_beside_scans_to_alone: {
    title: "points beside scans to alone, p99",
    metric: "p99_ms",
    of: ["points-beside-scans", "chinook"],
    by: ["points-alone", "chinook"],
    atMost: 3,
  },
  full_beside_scans_to_alone: {
    title: "the same with every connection in use, p99",
    metric: "p99_ms",
    of: ["full-beside-scans", "chinook"],
    by: ["full-alone", "chinook"],
    atMost: 3,
  },
  in_handler_points_beside_scans_to_ours: {
    title: "points beside scans: in-handler to chinook, p99",
    metric: "p99_ms",
    of: ["points-beside-scans", "in-handler"],
    by: ["points-beside-scans", "chinook"],
    atLeast: 10,
  },
  wal_bytes: {
    title: "largest WAL under full write load",
    metric: "wal_bytes_max",
    of: ["wal", "chinook"],
    atMost: 64_000_000,
    unit: MB,
  },
  wal_bytes_arrays: {
    title: "largest WAL under arrays of plays",
    metric: "wal_bytes_max",
    of: ["wal-arrays", "chinook"],
    atMost: 128_000_000,
    unit: MB,
  },
  wal_bytes_scans: {
    title: "largest WAL beside continuous scans",
    metric: "wal_bytes_max",
    of: ["wal-scans", "chinook"],
    atMost: 64_000_000,
    unit: MB,
  },
  rss_bytes: {
    title: "resident memory after 100,000 requests",
    metric: "rss_bytes",
    of: ["memory", "chinook"],
    atMost: 200_000_000,
    unit: MB,
  },
  start_ms: {
    title: "from spawn to the first answer on an existing database",
    metric: "p50_ms",
    of: ["start", "chinook"],
    atMost: 1_000,
    unit: ["ms", 1],
  },
  charts_served: {
    title: "charts/s for four clients, no cache",
    metric: "requests_per_second",
    of: ["chart", "chinook"],
    atLeast: 200,
  },
  charts_to_postgres: throughput("chart", "postgres", 10),
  list_to_in_handler: throughput("list", "in-handler", 3),
  search_served: {
    title: "searches/s for 100 connections",
    metric: "requests_per_second",
    of: ["search", "chinook"],
    atLeast: 1_500,
  },
  search_p99: latency("1,500 searches a second: p99", "search-1500", 15),
  suggestions_p99: latency("1,500 suggestions a second: p99", "suggestions-1500", 8),
  known_get_by_key: throughput("known-get", "chinook", 0.9, "chinook-key"),
  known_get_by_session: throughput("known-get", "chinook", 0.9, "chinook-session"),
  known_post_by_key: throughput("known-post", "chinook", 0.95, "chinook-key"),
  known_post_by_session: throughput("known-post", "chinook", 0.95, "chinook-session"),
  audited_to_unaudited: throughput("audited-patch", "chinook", 0.9, "chinook-key"),
  cached_beside_logins_to_alone: {
    title: "cached reads beside a hundred logins to alone, p99",
    metric: "p99_ms",
    of: ["cached-beside-logins", "chinook-key"],
    by: ["cached-alone", "chinook-key"],
  },
  points_beside_logins_to_alone: {
    title: "point reads beside a hundred logins to alone, p99",
    metric: "p99_ms",
    of: ["points-beside-logins", "chinook-key"],
    by: ["points-known", "chinook-key"],
  },
  similar_p99: latency("200 requests a second for similar tracks: p99", "similar-200", 25),
};

export interface Verdict {
  readonly value: number;
  /** The ratio of each repeat, before the median. */
  readonly rounds: readonly number[];
  /** Undefined without a bound. */
  readonly met?: boolean;
}

/** @returns undefined if it was not measured. */
export function judge(target: Target, rounds: readonly Round[]): Verdict | undefined {
  const figures = figuresOf(target, rounds);
  if (figures.length === 0) return undefined;
  const value = median(figures);
  const { atLeast, atMost } = target;
  if (atLeast === undefined && atMost === undefined) return { value, rounds: figures };
  const met = value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY);
  return { value, rounds: figures, met };
}

/** Repeats are compared pair by pair: a disturbance of one repeat affects both sides. */
function figuresOf({ metric, of, by }: Target, rounds: readonly Round[]): number[] {
  const select = ([scenario, server]: Subject) =>
    rounds.filter((round) => round.scenario === scenario && round.server === server && round.point === null);
  return select(of).flatMap((round) => {
    const other = by === undefined ? undefined : select(by).find(({ repeat }) => repeat === round.repeat);
    const value = round[metric];
    const divisor = by === undefined ? 1 : other?.[metric];
    return value === null || divisor == null || divisor === 0 ? [] : [value / divisor];
  });
}
