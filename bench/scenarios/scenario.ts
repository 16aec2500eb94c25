import type { Tuning } from "../../src/shared/tuning.ts";
import type { DatabaseName } from "../databases.ts";
import type { ServerName } from "../servers/specs.ts";
import type { TrafficName } from "../traffic.ts";

export interface Load {
  readonly traffic: TrafficName;
  readonly connections: number;
  /** Requests a second, whatever the server makes of them; without it as many as the connections bear. */
  readonly rate?: number;
  /** Who asks in a closed loop, when it is not the generator of the run: undici's, which do as Retry-After says. */
  readonly clients?: "undici";
  /** Each connection is a user who thinks for so many milliseconds in the mean between two requests. */
  readonly thinkMs?: number;
}

/** What one value of a swept parameter changes. */
export interface Change {
  readonly connections?: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly tuning?: Partial<Tuning>;
  readonly database?: DatabaseName;
}

/** One parameter, and a trial for each of its values. */
export interface Sweep {
  readonly parameter: string;
  readonly unit?: string;
  readonly values: readonly number[];
  readonly change: (value: number) => Change;
}

export const GROUPS = ["capacity", "ablation", "scaling", "profiles", "upkeep"] as const;

/**
 * A scenario is data: what is asked, of whom, over which database. Each of its servers is measured in a fresh
 * process on a fresh copy of the database, `repeats` times, in alternated order.
 */
export interface Scenario {
  readonly title: string;
  readonly group: (typeof GROUPS)[number];
  readonly servers: readonly ServerName[];
  readonly database: DatabaseName;
  /** Settings of Chinook Server that differ from its defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What is measured. Undefined: how long the server takes to be ready and to give its first answer. */
  readonly load?: Load;
  /** What runs at the same time without being measured. */
  readonly beside?: Load;
  /** Measured once more at each of these shares of what the clients of fixed rates get answered, for its latency. */
  readonly rates?: readonly number[];
  /** Which of the servers; all of them when it is left out. */
  readonly ratesOf?: readonly ServerName[];
  readonly sweep?: Sweep;
  /** The main load begins to be measured only after as many answers. */
  readonly after?: number;
  /** Looks at the server's own figures while it runs, for as long as `--wal-minutes` says. */
  readonly watched?: boolean;
  /** Milliseconds instead of the usual ones. */
  readonly measureMs?: number;
  /** Repeats at the most. */
  readonly repeats?: number;
  /** What tells its servers apart, when it is not requests a second. */
  readonly metric?: "p99_ms";
  /** Part of `--quick`. */
  readonly quick?: boolean;
}

export const UNCACHED = { CHINOOK_CACHE_MB: "0" };
export const CONNECTIONS = 100;
/** What is in the way of quick reads. */
export const EIGHT_SCANS = { traffic: "scans", connections: 8, clients: "undici" } as const satisfies Load;
/** Shares of its capacity at which a server's latency is worth knowing. */
export const RATES = [0.5, 0.7, 0.9] as const;
