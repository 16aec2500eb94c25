export interface ScheduleOptions {
  /** 0: nothing is scheduled. */
  readonly everyMs: number;
  readonly make: () => Promise<void>;
  /** When the newest backup was made, in milliseconds since 1970; NaN when there is none. */
  readonly last: () => Promise<number>;
  readonly onFailure: (error: unknown) => void;
}

/** A failed backup is tried again so soon, or at its next turn when that is sooner. */
const AGAIN_MS = 300_000;

/**
 * Makes a backup when the newest is as old as the interval: a restart neither skips one nor makes one too many. A
 * clock that was set back delays one by an interval at most.
 */
export class Schedule {
  readonly #options: ScheduleOptions;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    if (options.everyMs > 0) void this.#plan();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #plan(): Promise<void> {
    const { everyMs, last } = this.#options;
    const age = Date.now() - (await last().catch(() => Number.NaN));
    const due = Number.isNaN(age) ? 0 : everyMs - Math.max(0, age);
    this.#wait(Math.max(0, due));
  }

  #wait(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#turn(), ms).unref();
  }

  async #turn(): Promise<void> {
    const { everyMs, make, onFailure } = this.#options;
    try {
      await make();
      this.#wait(everyMs);
    } catch (error) {
      if (!this.#closed) onFailure(error);
      this.#wait(Math.min(AGAIN_MS, everyMs));
    }
  }
}
