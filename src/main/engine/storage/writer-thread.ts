import type { Worker } from "node:worker_threads";
import { encodeCommands } from "../../../shared/batches.ts";
import { AppError, fromFailure } from "../../../shared/errors.ts";
import type {
  BatchReport,
  Statements,
  ThreadOptions,
  WalState,
  WriterJob,
  WriterJobs,
  WriterNotice,
  WriterReply,
  WriterStarted,
} from "../../../shared/protocol.ts";
import { startThread, THREAD_LIMITS, threadUrl } from "../threads.ts";

type Started = Extract<WriterStarted, { ready: true }>;

interface Pending {
  readonly resolve: (reply: never) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * The front's end of the writer thread: `call` a job, get its reply.
 *
 * Every call settles exactly once. When the thread dies, the calls in flight are rejected with
 * `outcome_unknown` (a batch may have been committed without its answer), later ones with `writer_lost`. After
 * `close` they are rejected with `closing`: what was called before it is done first, in order.
 *
 * A death is told when the thread has ended and not when it errs: until then its connection is open, and a commit
 * may still be under way.
 */
export class WriterThread {
  readonly #worker: Worker;
  /** By their id, which is free again after the reply. No map: see "Garbage" in ../http/DESIGN.md. */
  readonly #pending: (Pending | undefined)[] = [];
  /** Why no further call is taken: the thread has ended, or is about to. */
  #ended: AppError | undefined;
  #closing: Promise<void> | undefined;
  /** Resolves when the thread has ended, with the error that ended it where there was one. */
  readonly exited: Promise<unknown>;
  #cause: unknown;
  /** Another program has written to the database. */
  onForeignWrite: () => void = () => {};
  /** The number of the last migration, and the WAL as it was found at the start. */
  readonly schemaVersion: number;
  /** Of the file: what a frame of the WAL holds. */
  readonly pageBytes: number;
  readonly wal: WalState;
  /** Whether a process that was killed left no WAL, where there must have been one. */
  readonly walMissing: boolean;

  private constructor(worker: Worker, { version, wal, pageBytes, walMissing }: Started) {
    this.#worker = worker;
    this.schemaVersion = version;
    this.pageBytes = pageBytes;
    this.wal = wal;
    this.walMissing = walMissing;
    worker.on("message", (message: WriterReply | WriterNotice) => {
      if ("notice" in message) this.onForeignWrite();
      else this.#settle(message);
    });
    worker.on("error", (error) => this.#fail(error));
    this.exited = new Promise((resolve) => worker.once("exit", () => resolve(this.#cause)));
    worker.once("exit", () => this.#die());
  }

  /** @throws AppError `locked`, `database_unusable`, `migration_refused` or `sqlite_too_old`. */
  static async start(options: ThreadOptions): Promise<WriterThread> {
    const worker = startThread(threadUrl("../../../writer/thread", import.meta.url), {
      workerData: options,
      name: "writer",
      resourceLimits: THREAD_LIMITS,
    });
    const started = await firstMessage(worker);
    if (!started.ready) throw fromFailure(started.failure);
    return new WriterThread(worker, started);
  }

  /** Whether the thread runs and takes calls. */
  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** Runs commands in one transaction, each with an outcome of its own. */
  async batch(commands: readonly Statements[]): Promise<BatchReport> {
    return JSON.parse(await this.call("batch", encodeCommands(commands)));
  }

  call<J extends WriterJob>(job: J, request: WriterJobs[J]["request"]): Promise<WriterJobs[J]["reply"]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return this.#send(job, request);
  }

  #send<J extends WriterJob>(job: J, request: WriterJobs[J]["request"]): Promise<WriterJobs[J]["reply"]> {
    return new Promise((resolve, reject) => {
      const free = this.#pending.indexOf(undefined);
      const id = free === -1 ? this.#pending.length : free;
      this.#pending[id] = { resolve, reject };
      this.#worker.postMessage({ id, job, request });
    });
  }

  /** Closes the database and lets go of the lock. Again is harmless, and so it is when the thread has died. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const died = this.#ended !== undefined;
    this.#ended ??= new AppError("closing", { detail: "the writer is closed" });
    try {
      if (!died) await this.#send("close", null);
    } catch (error) {
      // A thread that dies over its closing has closed: what it left, the next start finds its way with.
      if (!(error instanceof AppError && error.code === "outcome_unknown")) throw error;
    } finally {
      await this.exited;
    }
  }

  #settle(message: WriterReply): void {
    const pending = this.#pending[message.id];
    this.#pending[message.id] = undefined;
    if ("failure" in message) pending?.reject(fromFailure(message.failure));
    else pending?.resolve(message.reply as never);
  }

  #fail(cause: unknown): void {
    this.#cause = cause;
    this.#ended ??= new AppError("writer_lost", { cause });
  }

  #die(): void {
    this.#fail(this.#cause);
    const cause = this.#cause;
    for (const pending of this.#pending.splice(0))
      pending?.reject(new AppError("outcome_unknown", { cause }));
  }
}

/** A thread can end before it says anything, by an error of its own or by being ended. */
function firstMessage(worker: Worker): Promise<WriterStarted> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => {
      reject(
        new AppError("database_unusable", { detail: `the writer thread ended at its start with ${code}` }),
      );
    });
  });
}
