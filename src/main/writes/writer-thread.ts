import { Worker } from "node:worker_threads";
import { AppError, fromFailure } from "../../shared/errors.ts";
import type {
  WalState,
  WriterJob,
  WriterJobs,
  WriterOptions,
  WriterReply,
  WriterStarted,
} from "../../shared/protocol.ts";
import { THREAD_LIMITS, threadUrl } from "../threads.ts";

interface Pending {
  readonly resolve: (reply: never) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * The front's end of the writer thread: `call` a job, get its reply.
 *
 * Every call settles exactly once. When the thread dies, the calls in flight are rejected with
 * `outcome_unknown` (a batch may have been committed without its answer), later ones with `closing`.
 */
export class WriterThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #dead: AppError | undefined;
  /** The number of the last migration, and the WAL as it was found at the start. */
  readonly schemaVersion: number;
  readonly wal: WalState;

  private constructor(worker: Worker, { version, wal }: { version: number; wal: WalState }) {
    this.#worker = worker;
    this.schemaVersion = version;
    this.wal = wal;
    worker.on("message", (message: WriterReply) => this.#settle(message));
    worker.on("error", (error) => this.#die(error));
    worker.on("exit", () => this.#die(undefined));
  }

  /** @throws AppError `locked`, `database_unusable`, `migration_refused` or `sqlite_too_old`. */
  static async start(options: WriterOptions): Promise<WriterThread> {
    const worker = new Worker(threadUrl("../../writer/thread", import.meta.url), {
      workerData: options,
      name: "writer",
      resourceLimits: THREAD_LIMITS,
    });
    const started = await new Promise<WriterStarted>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    if (!started.ready) throw fromFailure(started.failure);
    return new WriterThread(worker, started);
  }

  get alive(): boolean {
    return this.#dead === undefined;
  }

  call<J extends WriterJob>(job: J, request: WriterJobs[J]["request"]): Promise<WriterJobs[J]["reply"]> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, job, request });
    });
  }

  /** Closes the database and lets go of the lock. Again is harmless. */
  async close(): Promise<void> {
    if (this.#dead !== undefined) return;
    const exited = new Promise((resolve) => this.#worker.once("exit", resolve));
    await this.call("close", null);
    await exited;
  }

  #settle(message: WriterReply): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if ("failure" in message) pending?.reject(fromFailure(message.failure));
    else pending?.resolve(message.reply as never);
  }

  #die(cause: unknown): void {
    this.#dead ??= new AppError("closing", { detail: "the writer thread has ended", cause });
    for (const { reject } of this.#pending.values()) reject(new AppError("outcome_unknown", { cause }));
    this.#pending.clear();
  }
}
