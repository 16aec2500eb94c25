import { fromFailure } from "../../shared/errors.ts";
import type { Statements } from "../../shared/protocol.ts";
import { forgetOldKeys } from "./commands/idempotency.ts";
import { maintain } from "./commands/write-queue.ts";
import type { Logger } from "./log.ts";
import type { Storage } from "./storage/storage.ts";

const HOUR_MS = 3_600_000;

/** What is done once an hour: a command that is small enough to be done between others. */
export type Upkeep = (now: Date) => Statements;

export interface HousekeepingOptions {
  readonly storage: Storage;
  /** The features' own. */
  readonly upkeep: readonly Upkeep[];
  readonly log: Logger;
  readonly everyMs?: number;
}

/** Work on the database that nobody waits for. What fails is logged, and tried again the next time. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #clock: NodeJS.Timeout;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    this.#clock = setInterval(() => void this.run(), options.everyMs ?? HOUR_MS).unref();
  }

  async run(): Promise<void> {
    const { storage, log } = this.#options;
    try {
      await maintain(storage.jobs, () => this.#keepHouse());
      await storage.optimize();
    } catch (error) {
      log.error({ err: error }, "housekeeping failed");
    }
  }

  close(): void {
    clearInterval(this.#clock);
  }

  /** @throws AppError for the first command that failed; the others are done. */
  async #keepHouse(): Promise<void> {
    const { storage, upkeep } = this.#options;
    const now = new Date();
    const commands = [[forgetOldKeys(now)], ...upkeep.map((due) => due(now))];
    const { outcomes } = await storage.batch(commands);
    const failed = outcomes.find(({ failure }) => failure !== undefined);
    if (failed !== undefined) throw fromFailure(failed.failure!);
  }
}
