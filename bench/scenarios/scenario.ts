import type { Tuning } from "../../src/shared/tuning.ts";
import type { DatabaseName } from "../catalogue.ts";
import type { ServerName } from "../servers/specs.ts";
import type { TrafficName } from "../traffic.ts";

export interface Load {
  readonly traffic: TrafficName;
  readonly connections: number;
  /** Requests per second (open loop). Without it, as many as the connections allow (closed loop). */
  readonly rate?: number;
  /** The clients of a closed loop, if not the run's generator: undici's honour Retry-After. */
  readonly clients?: "undici";
  /** Each connection is a user with this mean think time in milliseconds. */
  readonly thinkMs?: number;
}

/** The change that one value of a swept parameter makes. */
export interface Change {
  readonly connections?: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly tuning?: Partial<Tuning>;
  readonly database?: DatabaseName;
}

/** One parameter, with a trial for each of its values. */
export interface Sweep {
  readonly parameter: string;
  readonly unit?: string;
  readonly values: readonly number[];
  readonly change: (value: number) => Change;
}

export const GROUPS = ["capacity", "identity", "ablation", "scaling", "profiles", "upkeep"] as const;

/**
 * A scenario as data: the load, the servers and the database. Each server is measured in a fresh process on a fresh
 * copy of the database, `repeats` times, in alternated order.
 */
export interface Scenario {
  readonly title: string;
  readonly group: (typeof GROUPS)[number];
  readonly servers: readonly ServerName[];
  readonly database: DatabaseName;
  /** Settings of Chinook Server other than its defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The measured load. Undefined: measures the time until the server is ready and has given its first answer. */
  readonly load?: Load;
  /** A load at the same time that is not measured. */
  readonly beside?: Load;
  /** Also measures latency at each of these shares of the maximum throughput of the paced clients. */
  readonly rates?: readonly number[];
  /** The servers measured at `rates`; all by default. */
  readonly ratesOf?: readonly ServerName[];
  readonly sweep?: Sweep;
  /** The measurement begins after this number of answers. */
  readonly after?: number;
  /** Samples the server's own figures during the run, whose duration is `--wal-minutes`. */
  readonly watched?: boolean;
  /** Duration in milliseconds, if not the default. */
  readonly measureMs?: number;
  /** Maximum repeats. */
  readonly repeats?: number;
  /** The metric that distinguishes its servers, if not throughput. */
  readonly metric?: "p99_ms";
  /** Part of `--quick`. */
  readonly quick?: boolean;
}

export const UNCACHED = { CHINOOK_CACHE_MB: "0" };
export const CONNECTIONS = 100;
/** The load that disturbs fast reads. */
export const EIGHT_SCANS = { traffic: "scans", connections: 8, clients: "undici" } as const satisfies Load;
/** Shares of a server's capacity at which latency is measured. */
export const RATES = [0.5, 0.7, 0.9] as const;
