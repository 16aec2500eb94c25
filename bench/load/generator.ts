import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface Job {
  readonly url: string;
  /** A file with one request per line: method, path, body and kind, separated by tabs. */
  readonly requests: string;
  readonly connections: number;
  /** Tokens that requests carry in turn; none for servers without authentication. */
  readonly tokens: readonly string[];
  /**
   * Requests per second (open loop). Without it, each client sends its next request after the last answer (closed
   * loop).
   */
  readonly rate?: number;
  /** Mean think time in milliseconds. */
  readonly thinkMs?: number;
}

export interface Percentiles {
  readonly p50_ms: number;
  readonly p90_ms: number;
  readonly p99_ms: number;
  readonly p999_ms: number;
  readonly max_ms: number;
}

/** Requests of one kind. */
export interface KindShot extends Percentiles {
  readonly requests: number;
}

/** A fraction of a second of a shot. */
export interface Slice {
  readonly seconds: number;
  readonly requests: number;
  readonly max_ms: number;
}

/** A load generator's measurements between two times. Null if it does not measure something. */
export interface Shot extends Percentiles {
  readonly requests: number;
  readonly seconds: number;
  /** Responses other than 2xx, and connections that failed or timed out. */
  readonly errors: number;
  /** Refusals among the errors. They are in no percentile. */
  readonly refused: number | null;
  /** Requests in flight at the end. */
  readonly unanswered: number | null;
  /** Requests that were due but not sent: too many waited already. */
  readonly dropped: number | null;
  /** 99th percentile of the generator's own delay in sending a request. */
  readonly late_p99_ms: number | null;
  /** Latency at increasing percentiles, from the histogram: `[percentile, ms]`. */
  readonly curve: readonly (readonly [number, number])[] | null;
  readonly slices: readonly Slice[] | null;
  readonly kinds: Readonly<Record<string, KindShot>> | null;
  readonly cpu_seconds: number | null;
}

/** Clients run in a separate process. Between two shots they continue or pause, depending on the generator. */
export interface Clients {
  /** Measures until the promise settles. One shot at a time. */
  shoot(until: Promise<unknown>): Promise<Shot>;
  stop(): Promise<void>;
}

export interface Generator {
  readonly name: "wrk" | "autocannon" | "undici" | "paced" | "users";
  start(job: Job): Promise<Clients>;
}

/** Status of a request refused because of overload. */
export const REFUSED = 503;

/** Seconds after which an unanswered request is an error. */
export const TIMEOUT_SECONDS = 60;

export function onPath(command: string): string | undefined {
  const files = (process.env.PATH ?? "").split(delimiter).map((directory) => join(directory, command));
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
