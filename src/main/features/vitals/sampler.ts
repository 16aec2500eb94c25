import { RESOLUTIONS, type Resolution } from "../../../shared/history.ts";
import type { Logger } from "../../engine/log.ts";
import type { Counters } from "./counters.ts";
import type { History } from "./history.ts";
import { type Health, type Sample, sampleOf } from "./sample.ts";

export interface SamplerOptions {
  readonly counters: () => Promise<Counters>;
  readonly health: () => Health;
  readonly history: Pick<History, "append">;
  readonly log: Logger;
}

/** Number of ten-second samples per coarse sample. */
const FINE_OF_COARSE = RESOLUTIONS.coarse.seconds / RESOLUTIONS.fine.seconds;

/**
 * Takes a sample every ten seconds, and one of five minutes every thirtieth time. A sample that can't be
 * stored is lost: this is logged once, and again when it works.
 */
export class Sampler {
  readonly #options: SamplerOptions;
  #clock: NodeJS.Timeout | undefined;
  readonly #before: Partial<Record<Resolution, Counters>> = {};
  #taken = 0;
  #failing = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#begin();
    this.#clock = setInterval(() => {
      this.#running = this.take();
    }, RESOLUTIONS.fine.seconds * 1_000).unref();
  }

  /** Never rejects: on failure the first sample starts at the next call. */
  async #begin(): Promise<void> {
    try {
      const now = await this.#options.counters();
      this.#before.fine = now;
      this.#before.coarse = now;
    } catch (error) {
      this.#note(error);
    }
  }

  /** Never rejects. */
  async take(): Promise<void> {
    try {
      const now = await this.#options.counters();
      const samples = [["fine", this.#sample("fine", now)] as const];
      if (++this.#taken % FINE_OF_COARSE === 0)
        await this.#options.history.append([...samples, ["coarse", this.#sample("coarse", now)]]);
      else await this.#options.history.append(samples);
      this.#note(undefined);
    } catch (error) {
      this.#note(error);
    }
  }

  /** Waits for the running sample; the rest of a span is dropped. */
  async close(): Promise<void> {
    clearInterval(this.#clock);
    await this.#running;
  }

  #sample(resolution: Resolution, now: Counters): Sample {
    const before = this.#before[resolution] ?? now;
    this.#before[resolution] = now;
    return sampleOf(before, now, this.#options.health());
  }

  #note(error: unknown): void {
    const failing = error !== undefined;
    if (failing && !this.#failing) this.#options.log.warn({ err: error }, "the history cannot be written");
    if (!failing && this.#failing) this.#options.log.info("the history is written again");
    this.#failing = failing;
  }
}
