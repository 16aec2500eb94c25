import { monitorEventLoopDelay } from "node:perf_hooks";
import { framesIn } from "../../../shared/database/wal.ts";
import { TUNING } from "../../../shared/tuning.ts";
import { steadyNow } from "../../engine/clock.ts";
import type { Engine } from "../../engine/engine.ts";
import { countersOf, type Sample, Samples, type Window } from "./window.ts";

/** Milliseconds between two samples: the maximum age of the newest figures. */
export const SAMPLE_MS = 10_000;
const HOUR_MS = 3_600_000;
/** Sampling interval of the event loop in milliseconds; it is included in the reported delays. */
const LOOP_MS = 20;
const NS = 1_000_000;
/**
 * Twice the size at which an idle checkpoint starts: a reader may block one, and the next follows after
 * another 4 MB.
 */
const BEHIND_FRAMES = framesIn(2 * TUNING.walIdleBytes, 4_096);

/** Samples the counters, and measures what no counter has: the event loop and the WAL. */
export class Sampler {
  readonly #engine: Engine;
  readonly #samples: Samples;
  readonly #loop = monitorEventLoopDelay({ resolution: LOOP_MS });
  readonly #now: () => number;
  /** When checkpoints last caught up with the WAL. */
  #caughtUp: number;
  #checkpoints = 0;
  #current: Sample | undefined;

  /** @param now the machine's clock, in milliseconds since 1970. */
  constructor(engine: Engine, now: () => number = Date.now) {
    this.#engine = engine;
    this.#now = now;
    this.#samples = new Samples(engine.metrics.readWait.bounds, HOUR_MS / SAMPLE_MS + 1);
    this.#caughtUp = steadyNow();
    this.#loop.enable();
  }

  /** Reads the current values, for the end of a window. */
  async measure(): Promise<void> {
    const { metrics, cache } = this.#engine;
    const at = steadyNow();
    const delay = (ns: number) => Math.max(0, ns / NS - LOOP_MS);
    this.#current = {
      ...(await countersOf(metrics, cache.counters.staleFills)),
      at,
      clock: this.#now() - at,
      loopP99: delay(this.#loop.percentile(99)),
      loopMax: delay(this.#loop.max),
    };
    this.#watchCheckpoints(this.#current.checkpoints, at);
  }

  /** Takes a sample and stores it: an interval ends. */
  async take(): Promise<void> {
    await this.measure();
    this.#samples.add(this.#current!);
    this.#loop.reset();
  }

  #watchCheckpoints(checkpoints: number, at: number): void {
    if (checkpoints !== this.#checkpoints || !this.#behind) this.#caughtUp = at;
    this.#checkpoints = checkpoints;
  }

  get #behind(): boolean {
    const { frames, checkpointed } = this.#engine.storage.wal;
    return frames - checkpointed >= BEHIND_FRAMES;
  }

  get checkpointBehindMs(): number {
    return this.#behind ? steadyNow() - this.#caughtUp : 0;
  }

  /** At least one sample must have been taken. */
  last(ms: number): Window {
    return this.#samples.last(ms, this.#current!);
  }

  close(): void {
    this.#loop.disable();
  }
}
