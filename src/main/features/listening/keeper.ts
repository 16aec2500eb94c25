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

/** Milliseconds between two looks at what there is to do. */
const LOOK_MS = 30_000;
const FIRST_LOOK_MS = 1_000;
/** Milliseconds that a step stands back for requests that wait, so that it is not kept away for ever. */
const PATIENCE_MS = 500;

/**
 * Keeps the totals that charts are made of, behind everything else: closes the hours that have passed, and sums what
 * is due, a step at a time.
 *
 * No answer waits for it: what has no totals is counted. A step is a read and a command like any other; what changes
 * between them is due again. It rests as long as it worked, and stands back while requests wait. There is one keeper a
 * database. `close` waits for the step that runs, and may be called again.
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

  /** Slots without totals when it last looked. */
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
        if (!this.#stop.signal.aborted) this.#options.log.warn({ err: error }, "totals of plays wait");
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

  /** @returns false when it was closed meanwhile. */
  #slept(ms: number): Promise<boolean> {
    return delay(ms, true, { signal: this.#stop.signal, ref: false }).catch(() => false);
  }
}
