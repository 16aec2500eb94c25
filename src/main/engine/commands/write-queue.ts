import { setImmediate as endOfTurn } from "node:timers/promises";
import type PQueue from "p-queue";
import { isTogether } from "../../../shared/batches.ts";
import { AppError } from "../../../shared/errors.ts";
import type { BatchReport, Outcome, Statements, Work } from "../../../shared/protocol.ts";
import { AdmissionControl } from "../admission-control.ts";

/** The queue's view of an executor of batches: the writer thread, or any other executor of SQL. */
export interface BatchExecutor {
  /** @param tags what each command touches, for an executor that tells other servers. */
  batch(commands: readonly Work[], tags: () => readonly (readonly string[])[]): Promise<Committed>;
}

export type Committed = Pick<BatchReport, "outcomes" | "commitMs"> & {
  /** Resolves when reads show the batch, where that is later than its commit. The next batch does not wait for it. */
  readonly shown?: Promise<unknown>;
};

export interface WriteQueueOptions {
  /** Commands that may wait. Past it, commands are refused. */
  readonly maxWaiting: number;
  /** Bytes of SQL and parameters that may wait: a thousand large commands are as much load as many small ones. */
  readonly maxWaitingBytes: number;
  /** Milliseconds of expected wait. A command that would wait longer is refused. */
  readonly maxWaitMs: number;
  /** Commands that share one commit. */
  readonly maxBatch: number;
  /** Bytes in one batch. The writer's heap holds several copies of it. */
  readonly maxBatchBytes: number;
  /** Milliseconds that a command may wait. Then it is refused without having been sent. */
  readonly deadlineMs: number;
  readonly onBatch: (size: number, committed: Committed) => void;
}

interface Waiting {
  readonly command: Work;
  readonly tags: readonly string[];
  readonly bytes: number;
  readonly since: number;
  readonly resolve: (outcome: Outcome & { readonly waitedMs: number }) => void;
  readonly reject: (error: AppError) => void;
}

/** Jobs of the writer, most urgent first. */
export const PRIORITY = { checkpoint: 2, batch: 1, maintenance: 0 } as const;

/** Milliseconds after which maintenance runs before batches. Under load a batch always waits. */
const MAINTENANCE_PATIENCE_MS = 1_000;

let lastId = 0;

/** Runs a job when no batch waits. After a second of waiting, it runs before the next batch. */
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
 * The writer's queue: bounded, in order of arrival, and the place where commands form batches (group commit).
 *
 * There is no timer. The writer takes a batch when it is free. The batch holds the commands that arrived during the
 * previous commit: one command on an idle server, hundreds on a busy one.
 *
 * - Full, by number, bytes or expected wait: `overloaded` at once, nothing is queued.
 * - Past its deadline: `write_timeout`. It applies only to commands that were not sent, so nothing was written. The
 * caller is told at once, even while the writer is busy with a long job.
 * - Sent: the caller gets the outcome, whatever it is. A sent command can't be cancelled: it may be on its way to
 *   disk.
 * - Closing: waiting commands still run; new ones are refused with `closing`.
 */
export class WriteQueue {
  readonly #executor: BatchExecutor;
  readonly #jobs: PQueue;
  readonly #options: WriteQueueOptions;
  readonly #clock: NodeJS.Timeout;
  readonly #admission: AdmissionControl;
  /** When the last batch finished. The next batch's duration counts from then, even if it was sent earlier. */
  #done = 0;
  /** In order of arrival, which is the order of deadlines. */
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  /** Whether a batch is scheduled: for the end of the event loop's turn, or for when the writer is free. */
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
   * while the command was in flight.
   */
  submit(command: Work, tags: readonly string[] = []): Promise<Outcome & { readonly waitedMs: number }> {
    const bytes = bytesOf(command);
    const refusal = this.#refusal(bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, tags, bytes, since: performance.now(), resolve, reject });
      this.#bytes += bytes;
      this.#schedule();
    });
  }

  /** Runs waiting commands, then resolves. New ones are refused. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#scheduled) {
      await endOfTurn();
      await this.#jobs.onIdle();
    }
    clearInterval(this.#clock);
  }

  /** A command larger than the bound is admitted if nothing waits. Otherwise it would be refused for ever. */
  #refusal(bytes: number): AppError | undefined {
    if (this.#closed) return new AppError("closing");
    const { maxWaiting, maxWaitingBytes } = this.#options;
    const waiting = this.#waiting.length;
    const room = waiting < maxWaiting && this.#admission.admits(waiting, this.#batches());
    const fits = room && (waiting === 0 || this.#bytes + bytes <= maxWaitingBytes);
    return fits
      ? undefined
      : new AppError("overloaded", {
          detail: "the write queue is full; expected to wait longer than allowed",
        });
  }

  /** Batches needed for the waiting commands. */
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
      const report = await this.#executor.batch(
        batch.map(({ command }) => command),
        () => batch.map(({ tags }) => tags),
      );
      const now = performance.now();
      this.#admission.observe(now - Math.max(sent, this.#done), batch.length, syncOf(report));
      this.#done = now;
      const answer = () =>
        batch.forEach((waiting, i) => {
          waiting.resolve({ ...report.outcomes[i]!, waitedMs: sent - waiting.since });
        });
      if (report.shown === undefined) answer();
      else void report.shown.then(answer);
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

  /** At least one command, however large it is. */
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

/**
 * Milliseconds of a commit that wrote something. An empty commit syncs nothing, so it says nothing about the disk.
 */
function syncOf({ outcomes, commitMs }: Committed): number | undefined {
  const wrote = outcomes.some(({ changes }) => changes > 0);
  return wrote ? commitMs : undefined;
}

/** Counts text only. Everything else in a command is small. */
function bytesOf(work: Work): number {
  return isTogether(work)
    ? work.together.reduce((bytes, command) => bytes + bytesIn(command), 0)
    : bytesIn(work);
}

function bytesIn(command: Statements): number {
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
