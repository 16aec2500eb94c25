import type PQueue from "p-queue";
import type { CheckpointMode, CheckpointReport, WalState } from "../../../shared/protocol.ts";
import { maintain, PRIORITY } from "../commands/write-queue.ts";

export interface CheckpointerOptions {
  /** Uncheckpointed frames from which a PASSIVE checkpoint runs when nothing waits. */
  readonly idleFrames: number;
  /** WAL frames from which scans are held and the WAL is truncated, even under load. */
  readonly capFrames: number;
  /** WAL frames from which the writer refuses batches. The WAL is truncated as soon as possible. */
  readonly limitFrames: number;
  readonly run: (mode: CheckpointMode) => Promise<CheckpointReport>;
  /** Runs the action while no scan of this process holds a snapshot, if possible. */
  readonly whileScansHeld: <T>(action: () => Promise<T>) => Promise<T>;
  readonly onReport: (report: CheckpointReport) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Milliseconds between two attempts to truncate a WAL past its limit. */
const RETRY_MS = 500;

/**
 * Decides when the writer checkpoints; `wal_autocheckpoint` is off.
 *
 * Two thresholds, each checked after every commit, whatever is queued:
 *
 * - `idleFrames` not checkpointed: PASSIVE, as soon as nothing waits. It blocks nothing, but can't restart the WAL
 *   while any reader uses it, and under load one always does.
 * - `capFrames` in the WAL: a PASSIVE pass moves most frames. Then scans are held until the running ones have
 *   ended, and TRUNCATE moves the rest. The point lane goes on: its reads are short, and TRUNCATE waits for them.
 *
 * A long read in another process can still block TRUNCATE. TRUNCATE is then retried when the WAL has grown by half
 * of the cap, so that scans are not held after every commit. Past `limitFrames`, where the writer refuses batches
 * and the WAL does not grow, it is retried twice a second.
 */
export class Checkpointer {
  readonly #jobs: PQueue;
  readonly #options: CheckpointerOptions;
  #passing = false;
  /** Frames at the last PASSIVE. One that a reader blocked is not repeated before the WAL has grown again. */
  #passed = 0;
  #truncating: Promise<void> | undefined;
  /** Frames from which the next TRUNCATE runs. */
  #due: number;
  /** By `performance.now()`: when the last TRUNCATE ended. */
  #tried = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(jobs: PQueue, options: CheckpointerOptions) {
    this.#jobs = jobs;
    this.#options = options;
    this.#due = options.capFrames;
  }

  /** Call it after every commit and after a refused batch. */
  observe(wal: WalState): void {
    if (this.#closed) return;
    const { capFrames, idleFrames } = this.#options;
    if (wal.frames < capFrames) this.#due = capFrames;
    if (wal.frames < this.#passed) this.#passed = 0;
    if (this.#mustTruncate(wal)) this.#truncate(wal);
    else if (wal.frames - Math.max(wal.checkpointed, this.#passed) >= idleFrames) this.#passWhenIdle();
  }

  /** Resolves when no TRUNCATE is running. */
  async settled(): Promise<void> {
    await this.#truncating;
  }

  /** Waits for a running checkpoint and starts no more. */
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

  /** Waits for scans outside the job queue, so batches go on meanwhile. */
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
