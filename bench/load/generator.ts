import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface Job {
  readonly url: string;
  /** A file with one request a line: method, path, body and kind, separated by tabs. */
  readonly requests: string;
  readonly connections: number;
  /** Requests a second; without it each client sends its next request when the last is answered. */
  readonly rate?: number;
  /** Milliseconds in the mean between a client's answer and its next request. */
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

/** A part of a second of a shot. */
export interface Slice {
  readonly seconds: number;
  readonly requests: number;
  readonly max_ms: number;
}

/** What a load generator saw between two moments. Null is what it does not say. */
export interface Shot extends Percentiles {
  readonly requests: number;
  readonly seconds: number;
  /** Answers that were not 2xx, and connections that failed or timed out. */
  readonly errors: number;
  /** Those of the errors that were refusals. They came at once or late, and are in no percentile. */
  readonly refused: number | null;
  /** Still waiting at the end. */
  readonly unanswered: number | null;
  /** Due, and never sent: too many waited already. */
  readonly dropped: number | null;
  /** The 99th percentile of how late the generator itself was to release a request. */
  readonly late_p99_ms: number | null;
  /** Latency at ever higher percentiles, as the histogram has them: `[percentile, ms]`. */
  readonly curve: readonly (readonly [number, number])[] | null;
  readonly slices: readonly Slice[] | null;
  readonly kinds: Readonly<Record<string, KindShot>> | null;
  readonly cpu_seconds: number | null;
}

/** They run in a process of their own. Between two shots they may go on or pause, whichever the generator can. */
export interface Clients {
  /** Measures until the promise settles. One shot at a time. */
  shoot(until: Promise<unknown>): Promise<Shot>;
  stop(): Promise<void>;
}

export interface Generator {
  readonly name: "wrk" | "autocannon" | "undici" | "paced" | "users";
  start(job: Job): Promise<Clients>;
}

/** The status of an answer that the server gives for want of room. */
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
