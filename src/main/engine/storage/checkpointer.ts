import type PQueue from "p-queue";
import type { CheckpointMode, CheckpointReport, WalState } from "../../../shared/protocol.ts";
import { maintain, PRIORITY } from "../commands/write-queue.ts";

export interface CheckpointerOptions {
  /** Uncheckpointed frames from which a PASSIVE checkpoint runs as soon as nothing waits. */
  readonly idleFrames: number;
  /** WAL frames from which scans are held and the WAL is truncated, whatever waits. */
  readonly capFrames: number;
  /** WAL frames from which the writer refuses batches: the WAL is truncated as soon as that can be had. */
  readonly limitFrames: number;
  readonly run: (mode: CheckpointMode) => Promise<CheckpointReport>;
  /** Runs the action while no scan of this process holds a snapshot, as far as that can be had. */
  readonly whileScansHeld: <T>(action: () => Promise<T>) => Promise<T>;
  readonly onReport: (report: CheckpointReport) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Milliseconds between two attempts at a WAL that is past its limit. */
const RETRY_MS = 500;

/**
 * Decides when the writer checkpoints; `wal_autocheckpoint` is off.
 *
 * Two thresholds, each judged after every commit, whatever is queued:
 *
 * - `idleFrames` not yet in the file: PASSIVE, as soon as nothing waits. It disturbs nobody, but cannot start the WAL
 *   over while any reader looks at it, and under load one always does.
 * - `capFrames` in the WAL: a PASSIVE pass moves the bulk, then scans are held until those that run have ended, and
 *   TRUNCATE moves the rest. Reads of the point lane go on: they are short, and TRUNCATE waits for them.
 *
 * A long read in another process can still hold TRUNCATE back. It is then tried again when the WAL has grown by half
 * of the cap, so that scans are not held after every commit; past `limitFrames`, where the writer refuses batches and
 * nothing grows, twice a second.
 */
export class Checkpointer {
  readonly #jobs: PQueue;
  readonly #options: CheckpointerOptions;
  #passing = false;
  /** Frames at the last PASSIVE: one that a reader held back is not repeated before the WAL has grown again. */
  #passed = 0;
  #truncating: Promise<void> | undefined;
  /** Frames at which the next TRUNCATE is due. */
  #due: number;
  /** By `performance.now()`: when the last TRUNCATE ended. */
  #tried = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(jobs: PQueue, options: CheckpointerOptions) {
    this.#jobs = jobs;
    this.#options = options;
    this.#due = options.capFrames;
  }

  /** To be told after every commit, and after a batch that was refused. */
  observe(wal: WalState): void {
    if (this.#closed) return;
    const { capFrames, idleFrames } = this.#options;
    if (wal.frames < capFrames) this.#due = capFrames;
    if (wal.frames < this.#passed) this.#passed = 0;
    if (this.#mustTruncate(wal)) this.#truncate(wal);
    else if (wal.frames - Math.max(wal.checkpointed, this.#passed) >= idleFrames) this.#passWhenIdle();
  }

  /** Resolves when no TRUNCATE is under way. */
  async settled(): Promise<void> {
    await this.#truncating;
  }

  /** Waits for what runs; starts nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
  }

  #mustTruncate({ frames }: WalState): boolean {
    const retry = frames >= this.#options.limitFrames && performance.now() - this.#tried >= RETRY_MS;
    return this.#truncating === undefined && (frames >= this.#due || retry);
  }

  #passWhenIdle(): void {
    if (this.#passing) return;
    this.#passing = true;
    maintain(this.#jobs, () => this.#pass("PASSIVE"))
      .catch(this.#options.onFailure)
      .finally(() => {
        this.#passing = false;
      });
  }

  #truncate({ frames }: WalState): void {
    this.#due = frames + this.#options.capFrames / 2;
    this.#truncating = this.#passAndTruncate()
      .catch(this.#options.onFailure)
      .finally(() => {
        this.#tried = performance.now();
        this.#truncating = undefined;
      });
  }

  /** Scans are waited for outside the queue of jobs: batches go on meanwhile. */
  async #passAndTruncate(): Promise<void> {
    const { capFrames, whileScansHeld } = this.#options;
    const pass = (mode: CheckpointMode) =>
      this.#jobs.add(() => this.#pass(mode), { priority: PRIORITY.checkpoint });
    await pass("PASSIVE");
    const report = await whileScansHeld(async () => (this.#closed ? undefined : pass("TRUNCATE")));
    if (report !== undefined) this.#due = report.complete ? capFrames : report.wal.frames + capFrames / 2;
  }

  async #pass(mode: CheckpointMode): Promise<CheckpointReport> {
    const report = await this.#options.run(mode);
    this.#passed = report.wal.frames;
    this.#options.onReport(report);
    return report;
  }
}
