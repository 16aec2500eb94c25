import { AppError } from "../../shared/errors.ts";
import type { Command } from "./commands/command.ts";
import type { Commands } from "./commands/command-bus.ts";
import { FORGET_KEYS } from "./commands/idempotency.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

const HOUR_MS = 3_600_000;

/** An hourly task: a command small enough to run between others, repeated while its answer is 1. */
export type Upkeep = Command<Record<string, never>>;

export interface HousekeepingOptions {
  readonly commands: Pick<Commands, "execute">;
  readonly optimize: () => Promise<unknown>;
  /** Hourly tasks of the features. */
  readonly upkeep: readonly Upkeep[];
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "housekeepingFailures">;
  readonly everyMs?: number;
}

/**
 * Background work on the database, one task after the other. A failed task is logged and counted in a metric. It
 * does not stop the other tasks, and is retried the next hour.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #clock: NodeJS.Timeout;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    this.#clock = setInterval(() => void this.run(), options.everyMs ?? HOUR_MS).unref();
  }

  /** Runs all tasks. A call during a run returns the same promise. It never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Starts no further task. A running task ends when the parts it uses are closed. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#clock);
  }

  async #run(): Promise<void> {
    const { upkeep, optimize } = this.#options;
    for (const command of [FORGET_KEYS, ...upkeep])
      await this.#try(command.name, () => this.#repeat(command));
    await this.#try("optimize", optimize);
  }

  async #repeat(command: Upkeep): Promise<void> {
    const { commands } = this.#options;
    while (!this.#closed && (await commands.execute(command, {})).body === "1");
  }

  async #try(task: string, action: () => Promise<unknown>): Promise<void> {
    if (this.#closed) return;
    try {
      await action();
    } catch (error) {
      if (!this.#closed) this.#report(task, error);
    }
  }

  #report(task: string, error: unknown): void {
    const code = error instanceof AppError ? error.code : "internal";
    this.#options.metrics.housekeepingFailures.inc({ task, code });
    this.#options.log.error({ err: error, task, code }, "housekeeping failed");
  }
}
