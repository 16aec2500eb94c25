import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "./log.ts";

export interface KeeperOptions {
  /** One piece of work. @returns whether there may be more to do. */
  readonly step: () => Promise<boolean>;
  /** Whether requests wait. */
  readonly busy: () => boolean;
  /** Logged with the error of a failed step. */
  readonly failed: string;
  readonly log: Pick<Logger, "warn">;
}

/** Milliseconds between two checks for due work. */
const LOOK_MS = 30_000;
const FIRST_LOOK_MS = 1_000;
/** Milliseconds that a step waits while requests do, at most, so that it does not starve. */
const PATIENCE_MS = 500;

/**
 * Repeats small steps of background work until nothing is due, and looks again half a minute later. It rests as long
 * as it worked, and waits while requests do. A failed step is logged and retried at the next look. There is one keeper
 * per kind of work and database. `close` waits for the running step. Idempotent.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { failed, log } = this.#options;
    for (let wait = FIRST_LOOK_MS; await this.#slept(wait); wait = LOOK_MS) {
      try {
        while (await this.#step());
      } catch (error) {
        if (!this.#stop.signal.aborted) log.warn({ err: error }, failed);
      }
    }
  }

  async #step(): Promise<boolean> {
    const started = performance.now();
    const more = await this.#options.step();
    return more && this.#rested(performance.now() - started);
  }

  async #rested(ms: number): Promise<boolean> {
    let going = await this.#slept(ms);
    for (let waited = 0; going && this.#options.busy() && waited < PATIENCE_MS; waited += 10)
      going = await this.#slept(10);
    return going;
  }

  /** @returns false if it was closed meanwhile. */
  #slept(ms: number): Promise<boolean> {
    return delay(ms, true, { signal: this.#stop.signal, ref: false }).catch(() => false);
  }
}
