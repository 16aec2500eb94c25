import { setTimeout as delay } from "node:timers/promises";
import type { Commands } from "../../engine/commands/command-bus.ts";
import type { Logger } from "../../engine/log.ts";
import { Answers } from "../../engine/reads/answers.ts";
import { KEEP_SALES, SALES_STATE_READ, type SalesState } from "./sales.ts";

export interface SalesKeeperOptions {
  readonly commands: Pick<Commands, "execute">;
  readonly answers: Pick<Answers, "fetch">;
  readonly log: Logger;
}

/** Milliseconds between two looks at what there is to do. */
const LOOK_MS = 30_000;
const FIRST_LOOK_MS = 1_500;

/**
 * Packs the days that are due, a few at a time, behind everything else: it rests as long as it worked. No report waits
 * for it: a day that is due is read line by line. There is one keeper a database. `close` waits for the step that runs.
 */
export class SalesKeeper {
  readonly #options: SalesKeeperOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: SalesKeeperOptions) {
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
    for (let wait = FIRST_LOOK_MS; await this.#slept(wait); wait = LOOK_MS) {
      try {
        while (await this.#step());
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#options.log.warn({ err: error }, "sales wait to be packed");
      }
    }
  }

  /** @returns whether there may be more to do. */
  async #step(): Promise<boolean> {
    const started = performance.now();
    const found = await this.#options.answers.fetch(SALES_STATE_READ, {}, Answers.key(SALES_STATE_READ, {}));
    const { due, packed } = JSON.parse(found!.entry.body) as SalesState;
    if (packed.length === 0) return false;
    await this.#options.commands.execute(KEEP_SALES, { packed: JSON.stringify(packed) });
    return (await this.#slept(performance.now() - started)) && due > packed.length;
  }

  /** @returns false when it was closed meanwhile. */
  #slept(ms: number): Promise<boolean> {
    return delay(ms, true, { signal: this.#stop.signal, ref: false }).catch(() => false);
  }
}
