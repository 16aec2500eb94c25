import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "../../../engine/log.ts";
import type { IntegrityMessage } from "./process.ts";
import type { IntegrityReport } from "./steps.ts";

const MODULE = fileURLToPath(new URL(`./process${extname(import.meta.url)}`, import.meta.url));
const HEAP_MB = 64;
/** Milliseconds from the start to the first round, so that it does not slow the start down. */
const FIRST_MS = 60_000;
/** Milliseconds until an unfinished round is repeated, or until its next turn if that is sooner. */
const RETRY_MS = 600_000;

export interface IntegrityOptions {
  readonly database: string;
  /** Milliseconds between two rounds; 0: no rounds. */
  readonly everyMs: number;
  readonly log: Logger;
}

/**
 * Checks the database periodically, in a separate process, and keeps the last report. `close` ends a running
 * round. Idempotent.
 */
export class Integrity {
  readonly #options: IntegrityOptions;
  #timer: NodeJS.Timeout | undefined;
  #child: ChildProcess | undefined;
  #last: IntegrityReport | null = null;
  #running: Promise<IntegrityReport> | undefined;
  #closed = false;

  constructor(options: IntegrityOptions) {
    this.#options = options;
  }

  get last(): IntegrityReport | null {
    return this.#last;
  }

  start(): void {
    const { everyMs } = this.#options;
    if (everyMs > 0) this.#wait(Math.min(FIRST_MS, everyMs));
  }

  /** Starts a round, or joins the running one. @throws Error if it could not be finished. */
  check(): Promise<IntegrityReport> {
    this.#running ??= this.#runCheck().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#child?.kill("SIGKILL");
  }

  #wait(ms: number): void {
    if (!this.#closed) this.#timer = setTimeout(() => void this.#turn(), ms).unref();
  }

  async #turn(): Promise<void> {
    const { everyMs, log } = this.#options;
    try {
      await this.check();
      this.#wait(everyMs);
    } catch (error) {
      if (!this.#closed) log.warn({ err: error }, "the integrity check of the database failed to run");
      this.#wait(Math.min(RETRY_MS, everyMs));
    }
  }

  async #runCheck(): Promise<IntegrityReport> {
    const child = fork(MODULE, {
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child = child;
    const message = await firstMessage(child, { file: this.#options.database });
    if ("failure" in message) throw new Error(message.failure.message);
    this.#last = message.report;
    this.#logResult(message.report);
    return message.report;
  }

  #logResult({ at: _, seconds, ...checks }: IntegrityReport): void {
    const faults = Object.entries(checks).filter(([, check]) => check.faults.length > 0);
    if (faults.length > 0) this.#options.log.error(Object.fromEntries(faults), "the database is damaged");
    else this.#options.log.info({ seconds }, "the database was checked and is intact");
  }
}

/** Settles exactly once, however the process ends. */
function firstMessage(child: ChildProcess, request: { readonly file: string }): Promise<IntegrityMessage> {
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as IntegrityMessage));
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`its process ended with ${signal ?? code}`)));
    child.send(request);
  });
}
