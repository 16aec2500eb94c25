import type { Worker } from "node:worker_threads";
import { encodeCommands } from "../../../shared/batches.ts";
import { AppError, fromFailure } from "../../../shared/errors.ts";
import type {
  BatchReport,
  ThreadOptions,
  WalState,
  Work,
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
 * The main thread's side of the writer thread: `call` a job, get its reply.
 *
 * Every call settles exactly once. When the thread dies, calls in flight are rejected with `outcome_unknown` (a
 * batch may have been committed without its answer), later ones with `writer_lost`. After `close` they are rejected
 * with `closing`; earlier calls finish first, in order.
 *
 * A death is reported when the thread has ended, not when it fails: until then its connection is open, and a commit
 * may still be running.
 */
export class WriterThread {
  readonly #worker: Worker;
  /** Calls by id. An id is free again after its reply. Not a Map: see "Garbage" in ../http/DESIGN.md. */
  readonly #pending: (Pending | undefined)[] = [];
  /** Why no more calls are accepted: the thread has ended or is ending. */
  #ended: AppError | undefined;
  #closing: Promise<void> | undefined;
  /** Resolves when the thread has ended, with its error if there was one. */
  readonly exited: Promise<unknown>;
  #cause: unknown;
  /** Called when another program has written to the database. */
  onForeignWrite: () => void = () => {};
  /** The number of the last applied migration, and the state of the WAL at the start. */
  readonly schemaVersion: number;
  /** Page size of the file: the content of a WAL frame. */
  readonly pageBytes: number;
  readonly wal: WalState;
  /** Whether the WAL of a killed process is missing. */
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
    worker.once("exit", () => this.#rejectPending());
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

  /** Whether the thread runs and accepts calls. */
  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** Runs commands in one transaction, each with its own outcome. */
  async batch(commands: readonly Work[]): Promise<BatchReport> {
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

  /** Closes the database and releases the lock. Idempotent, also when the thread has died. */
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
      // A thread that died while closing is closed. The next start recovers what it left.
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

  #rejectPending(): void {
    this.#fail(this.#cause);
    const cause = this.#cause;
    for (const pending of this.#pending.splice(0))
      pending?.reject(new AppError("outcome_unknown", { cause }));
  }
}

/** A thread can end before its first message, by its own error or by being terminated. */
function firstMessage(worker: Worker): Promise<WriterStarted> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => {
      reject(
        new AppError("database_unusable", {
          detail: `the writer thread exited during its start with code ${code}`,
        }),
      );
    });
  });
}
