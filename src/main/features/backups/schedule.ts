export interface ScheduleOptions {
  /** 0: no schedule. */
  readonly everyMs: number;
  readonly make: () => Promise<void>;
  /** Time of the newest backup, in milliseconds since 1970; NaN if there is none. */
  readonly last: () => Promise<number>;
  readonly onFailure: (error: unknown) => void;
}

/** Milliseconds until a failed backup is retried, or until its next turn if that is earlier. */
const RETRY_MS = 300_000;

/**
 * Makes a backup when the newest one is as old as the interval: a restart neither skips a backup nor makes an extra
 * one. A clock that was set back delays one by an interval at most.
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
      this.#wait(Math.min(RETRY_MS, everyMs));
    }
  }
}
