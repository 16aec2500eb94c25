import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "../../../engine/log.ts";
import type { IntegrityReport } from "./look.ts";
import type { IntegrityMessage } from "./process.ts";

const MODULE = fileURLToPath(new URL(`./process${extname(import.meta.url)}`, import.meta.url));
const HEAP_MB = 64;
/** Milliseconds from the start to the first round: a server that starts has better things to do. */
const FIRST_MS = 60_000;
/** A round that could not be finished is begun again so soon, or at its next turn when that is sooner. */
const AGAIN_MS = 600_000;

export interface IntegrityOptions {
  readonly database: string;
  /** Milliseconds between two rounds; 0: none. */
  readonly everyMs: number;
  readonly log: Logger;
}

/**
 * Looks through the database now and then, in a process of its own, and keeps what the last round found. `close`
 * ends a round that runs. Again is harmless.
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

  /** A round, or the one that runs. @throws Error when it could not be finished. */
  look(): Promise<IntegrityReport> {
    this.#running ??= this.#look().finally(() => {
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
      await this.look();
      this.#wait(everyMs);
    } catch (error) {
      if (!this.#closed) log.warn({ err: error }, "the database could not be looked through");
      this.#wait(Math.min(AGAIN_MS, everyMs));
    }
  }

  async #look(): Promise<IntegrityReport> {
    const child = fork(MODULE, {
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child = child;
    const message = await firstMessage(child, { file: this.#options.database });
    if ("failure" in message) throw new Error(message.failure.message);
    this.#last = message.report;
    this.#tell(message.report);
    return message.report;
  }

  #tell({ at: _, seconds, ...looks }: IntegrityReport): void {
    const faults = Object.entries(looks).filter(([, look]) => look.faults.length > 0);
    if (faults.length > 0) this.#options.log.error(Object.fromEntries(faults), "the database is damaged");
    else this.#options.log.info({ seconds }, "the database was looked through and is whole");
  }
}

/** It settles exactly once, whatever becomes of the process. */
function firstMessage(child: ChildProcess, request: { readonly file: string }): Promise<IntegrityMessage> {
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as IntegrityMessage));
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`its process ended with ${signal ?? code}`)));
    child.send(request);
  });
}
