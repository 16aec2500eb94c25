import type PQueue from "p-queue";
import { AppError } from "../../shared/errors.ts";
import type { BatchReport, Outcome, Statements } from "../../shared/protocol.ts";

/** What the queue needs of whoever executes batches: the writer thread, or any other executor of SQL. */
export interface BatchExecutor {
  /** @param commands `readonly Statements[]` as JSON text. */
  call(job: "batch", commands: string): Promise<BatchReport>;
}

export interface WriteQueueOptions {
  /** Commands that may wait; one more is refused. */
  readonly maxWaiting: number;
  /** Commands that share one commit. */
  readonly maxBatch: number;
  /** Milliseconds a command may wait before it is refused unsent. */
  readonly deadlineMs: number;
  readonly onBatch: (size: number, report: BatchReport) => void;
}

interface Waiting {
  readonly command: Statements;
  readonly since: number;
  readonly resolve: (outcome: Outcome & { readonly waitedMs: number }) => void;
  readonly reject: (error: AppError) => void;
}

/** Jobs of the writer, most urgent first. */
export const PRIORITY = { checkpoint: 2, batch: 1, maintenance: 0 } as const;

/**
 * The way into the writer for commands: bounded, in order, and by the batch.
 *
 * There is no timer. A batch is taken when the writer is free to run it, and holds whatever came while the one
 * before it committed: one command when the server is idle, hundreds when it is not.
 *
 * - Full: `overloaded` at once, nothing queued.
 * - Waited past its deadline: `write_timeout`, decided before it is sent and never after, so nothing was written.
 * - Sent: its outcome, whatever that is. There is no cancelling what may already be on its way to the disk.
 */
export class WriteQueue {
  readonly #executor: BatchExecutor;
  readonly #jobs: PQueue;
  readonly #options: WriteQueueOptions;
  #waiting: Waiting[] = [];
  #scheduled = false;

  constructor(executor: BatchExecutor, jobs: PQueue, options: WriteQueueOptions) {
    this.#executor = executor;
    this.#jobs = jobs;
    this.#options = options;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** @throws AppError `overloaded` or `write_timeout`: not written; `outcome_unknown`: the writer died over it. */
  submit(command: Statements): Promise<Outcome & { readonly waitedMs: number }> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(
        new AppError("overloaded", { detail: "too many writes are waiting", retryAfter: 1 }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, since: performance.now(), resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => void this.#jobs.add(() => this.#runBatch(), { priority: PRIORITY.batch }));
  }

  async #runBatch(): Promise<void> {
    this.#scheduled = false;
    const batch = this.#takeBatch();
    this.#schedule();
    if (batch.length === 0) return;
    const sent = performance.now();
    try {
      const report = await this.#executor.call("batch", JSON.stringify(batch.map(({ command }) => command)));
      this.#options.onBatch(batch.length, report);
      batch.forEach((waiting, i) => {
        waiting.resolve({ ...report.outcomes[i]!, waitedMs: sent - waiting.since });
      });
    } catch (error) {
      const reason = error instanceof AppError ? error : new AppError("internal", { cause: error });
      for (const { reject } of batch) reject(reason);
    }
  }

  #takeBatch(): Waiting[] {
    const oldest = performance.now() - this.#options.deadlineMs;
    const late = this.#waiting.findIndex(({ since }) => since >= oldest);
    const expired = this.#waiting.splice(0, late === -1 ? this.#waiting.length : late);
    for (const { reject } of expired) reject(new AppError("write_timeout", { retryAfter: 1 }));
    return this.#waiting.splice(0, this.#options.maxBatch);
  }
}
