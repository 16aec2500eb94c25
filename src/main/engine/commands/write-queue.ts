import { setImmediate as endOfTurn } from "node:timers/promises";
import type PQueue from "p-queue";
import { AppError } from "../../../shared/errors.ts";
import type { BatchReport, Outcome, Statements } from "../../../shared/protocol.ts";
import { AdmissionControl } from "../admission-control.ts";

/** What the queue needs of whoever executes batches: the writer thread, or any other executor of SQL. */
export interface BatchExecutor {
  batch(commands: readonly Statements[]): Promise<Committed>;
}

/** What came of a batch. */
export type Committed = Pick<BatchReport, "outcomes" | "commitMs">;

export interface WriteQueueOptions {
  /** Commands that may wait; one more is refused. */
  readonly maxWaiting: number;
  /** Bytes of SQL and its parameters that may wait: a thousand large commands are no less of a load than many small ones. */
  readonly maxWaitingBytes: number;
  /** Milliseconds that a command may expect to wait; one that would wait longer is refused. */
  readonly maxWaitMs: number;
  /** Commands that share one commit. */
  readonly maxBatch: number;
  /** The same in one batch, of which the writer's heap has to hold several copies. */
  readonly maxBatchBytes: number;
  /** Milliseconds a command may wait before it is refused unsent. */
  readonly deadlineMs: number;
  readonly onBatch: (size: number, committed: Committed) => void;
}

interface Waiting {
  readonly command: Statements;
  readonly bytes: number;
  readonly since: number;
  readonly resolve: (outcome: Outcome & { readonly waitedMs: number }) => void;
  readonly reject: (error: AppError) => void;
}

/** Jobs of the writer, most urgent first. */
export const PRIORITY = { checkpoint: 2, batch: 1, maintenance: 0 } as const;

/** Milliseconds after which maintenance no longer stands behind batches: under load one always waits. */
const MAINTENANCE_PATIENCE_MS = 1_000;

let lastId = 0;

/** Runs a job when no batch waits, or before the next batch when it has waited for a second. */
export async function maintain<T>(jobs: PQueue, job: () => Promise<T>): Promise<T> {
  const id = `maintenance ${++lastId}`;
  const raise = () => jobs.setPriority(id, PRIORITY.checkpoint);
  const patience = setTimeout(raise, MAINTENANCE_PATIENCE_MS);
  const start = () => {
    clearTimeout(patience);
    return job();
  };
  return jobs.add(start, { id, priority: PRIORITY.maintenance });
}

/**
 * The way into the writer for commands: bounded, in order, and by the batch.
 *
 * There is no timer. A batch is taken when the writer is free to run it, and holds whatever came while the one
 * before it committed: one command when the server is idle, hundreds when it is not.
 *
 * - Full, by number, by bytes, or by the time that commands take: `overloaded` at once, nothing queued.
 * - Waited past its deadline: `write_timeout`, decided before it is sent and never after, so nothing was written.
 *   Its caller is told then and there, also while the writer is busy with something long.
 * - Sent: its outcome, whatever that is. There is no cancelling what may already be on its way to the disk.
 * - Closing: what waits is still run; what comes is refused with `closing`.
 */
export class WriteQueue {
  readonly #executor: BatchExecutor;
  readonly #jobs: PQueue;
  readonly #options: WriteQueueOptions;
  readonly #clock: NodeJS.Timeout;
  readonly #admission: AdmissionControl;
  /** When the last batch was done: the next one's time counts from there, though it was sent before. */
  #done = 0;
  /** In order of arrival, and so of their deadlines. */
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  /** Whether a batch is due to be taken: at the end of the turn, or when the writer is free. */
  #scheduled = false;
  #closed = false;

  constructor(executor: BatchExecutor, jobs: PQueue, options: WriteQueueOptions) {
    this.#executor = executor;
    this.#jobs = jobs;
    this.#options = options;
    this.#admission = new AdmissionControl(options.maxWaitMs);
    this.#clock = setInterval(() => this.#expire(), Math.min(100, options.deadlineMs)).unref();
  }

  get length(): number {
    return this.#waiting.length;
  }

  /**
   * @throws AppError `overloaded`, `closing` or `write_timeout`: not written; `outcome_unknown`: the writer died
   * over it.
   */
  submit(command: Statements): Promise<Outcome & { readonly waitedMs: number }> {
    const bytes = bytesOf(command);
    const refusal = this.#refusal(bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, bytes, since: performance.now(), resolve, reject });
      this.#bytes += bytes;
      this.#schedule();
    });
  }

  /** Runs what waits, then resolves; refuses what comes. Again is harmless. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#scheduled) {
      await endOfTurn();
      await this.#jobs.onIdle();
    }
    clearInterval(this.#clock);
  }

  /** A command too large for the bound is let in when nothing waits, or it would be refused for ever. */
  #refusal(bytes: number): AppError | undefined {
    if (this.#closed) return new AppError("closing");
    const { maxWaiting, maxWaitingBytes } = this.#options;
    const waiting = this.#waiting.length;
    const room = waiting < maxWaiting && this.#admission.admits(waiting, this.#batches());
    const fits = room && (waiting === 0 || this.#bytes + bytes <= maxWaitingBytes);
    return fits ? undefined : new AppError("overloaded", { detail: "too many writes wait" });
  }

  /** How many it takes for what waits. */
  #batches(): number {
    const { maxBatch, maxBatchBytes } = this.#options;
    return Math.ceil(Math.max(this.#waiting.length / maxBatch, this.#bytes / maxBatchBytes));
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => void this.#jobs.add(() => this.#runBatch(), { priority: PRIORITY.batch }));
  }

  async #runBatch(): Promise<void> {
    this.#scheduled = false;
    this.#expire();
    const batch = this.#take(this.#batchLength());
    this.#schedule();
    if (batch.length === 0) return;
    const sent = performance.now();
    try {
      const report = await this.#executor.batch(batch.map(({ command }) => command));
      const now = performance.now();
      this.#admission.observe(now - Math.max(sent, this.#done), batch.length, syncOf(report));
      this.#done = now;
      batch.forEach((waiting, i) => {
        waiting.resolve({ ...report.outcomes[i]!, waitedMs: sent - waiting.since });
      });
      this.#options.onBatch(batch.length, report);
    } catch (error) {
      const reason = error instanceof AppError ? error : new AppError("internal", { cause: error });
      for (const { reject } of batch) reject(reason);
    }
  }

  #expire(): void {
    const oldest = performance.now() - this.#options.deadlineMs;
    const late = this.#waiting.findIndex(({ since }) => since >= oldest);
    for (const { reject } of this.#take(late === -1 ? this.#waiting.length : late)) {
      reject(new AppError("write_timeout"));
    }
  }

  /** At least one command, however large. */
  #batchLength(): number {
    const { maxBatch, maxBatchBytes } = this.#options;
    const most = Math.min(maxBatch, this.#waiting.length);
    let length = 0;
    for (let bytes = 0; length < most; length++) {
      bytes += this.#waiting[length]!.bytes;
      if (bytes > maxBatchBytes && length > 0) break;
    }
    return length;
  }

  #take(count: number): Waiting[] {
    const taken = this.#waiting.splice(0, count);
    for (const { bytes } of taken) this.#bytes -= bytes;
    return taken;
  }
}

/** Milliseconds of a commit that had something to write: one that had nothing syncs nothing. */
function syncOf({ outcomes, commitMs }: Committed): number | undefined {
  const wrote = outcomes.some(({ changes }) => changes > 0);
  return wrote ? commitMs : undefined;
}

/** What counts is text: everything else that a command holds is small. */
function bytesOf(command: Statements): number {
  let bytes = 0;
  for (const { sql, params } of command) {
    bytes += Buffer.byteLength(sql);
    for (const name in params) {
      const value = params[name];
      if (typeof value === "string") bytes += Buffer.byteLength(value);
    }
  }
  return bytes;
}
