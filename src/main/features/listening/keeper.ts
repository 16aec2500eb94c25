import { setTimeout as delay } from "node:timers/promises";
import type { Commands } from "../../engine/commands/command-bus.ts";
import type { Logger } from "../../engine/log.ts";
import { Answers } from "../../engine/reads/answers.ts";
import { TOTALS_COMMANDS, TOTALS_STATE_READ, type TotalsState } from "./totals.ts";

export interface TotalsKeeperOptions {
  readonly commands: Pick<Commands, "execute">;
  readonly answers: Pick<Answers, "fetch">;
  /** Whether requests wait. */
  readonly busy: () => boolean;
  readonly log: Logger;
}

/** Milliseconds between two checks for due work. */
const LOOK_MS = 30_000;
const FIRST_LOOK_MS = 1_000;
/** Milliseconds that a step waits while requests do, at most, so that it does not starve. */
const PATIENCE_MS = 500;

/**
 * Maintains the totals for charts in the background: closes past hours and computes due sums, one step at a time.
 *
 * No answer waits for it: plays without totals are counted. A step is an ordinary read and command; changes between
 * them make the sum due again. It rests as long as it worked, and waits while requests do. There is one keeper per
 * database. `close` waits for the running step. Idempotent.
 */
export class TotalsKeeper {
  readonly #options: TotalsKeeperOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #due = 0;

  constructor(options: TotalsKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Slots without totals at the last check. */
  get due(): number {
    return this.#due;
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
        if (!this.#stop.signal.aborted)
          this.#options.log.warn({ err: error }, "computing play totals failed: retrying later");
      }
    }
  }

  /** @returns whether there may be more to do. */
  async #step(): Promise<boolean> {
    const started = performance.now();
    const state = await this.#look();
    this.#due = state.due;
    const { commands } = this.#options;
    if (state.sums.length > 0)
      await commands.execute(TOTALS_COMMANDS.keep, { sums: JSON.stringify(state.sums) });
    else if (state.closable) await commands.execute(TOTALS_COMMANDS.close, {});
    else return false;
    return this.#rested(performance.now() - started);
  }

  async #look(): Promise<TotalsState> {
    const read = TOTALS_STATE_READ;
    const found = await this.#options.answers.fetch(read, {}, Answers.key(read, {}));
    return JSON.parse(found!.entry.body) as TotalsState;
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
