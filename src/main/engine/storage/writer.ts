import { setTimeout as delay } from "node:timers/promises";
import type {
  BatchReport,
  ThreadOptions,
  WalState,
  Work,
  WriterJob,
  WriterJobs,
} from "../../../shared/protocol.ts";
import { WriterThread } from "./writer-thread.ts";

/** Milliseconds between a lost thread and the next: none at first, then doubled each time. */
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A thread that lived this long ends a series of deaths. */
const SETTLED_MS = 60_000;
/** Milliseconds that a call waits for the next thread. */
const PATIENCE_MS = 5_000;

export interface WriterEvents {
  /** A thread has died, and the calls in flight with it. */
  readonly onLost: (cause: unknown) => void;
  /** A new thread is ready but has no calls yet. */
  readonly onReplaced?: () => void;
  /** Another program has written to the database. */
  readonly onForeignWrite?: () => void;
  /** No new thread could be started. It will be retried. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * The writer, across deaths of its thread: a dead thread is replaced.
 *
 * - Calls in flight have an unknown outcome. Calls made before the next thread is ready wait for it. If none is
 *   ready in time, or it can't start, they are rejected with `writer_lost`: they were never sent.
 * - The first lost thread is replaced at once. In a series of deaths, such as a command that exhausts the heap each
 *   time it is retried, the pauses grow. Attempts go on as long as the server runs: the cause may be a disk that is
 *   about to be repaired.
 * - `alive` is the current state.
 */
export class Writer {
  readonly #options: ThreadOptions;
  readonly #events: WriterEvents;
  readonly #closing = new AbortController();
  #thread: WriterThread;
  #started = performance.now();
  #pause = 0;
  /** Resolves when a thread is ready again, or the attempt to start one has failed. */
  #attempt: Promise<void> = Promise.resolve();
  #url: string | undefined;

  private constructor(thread: WriterThread, options: ThreadOptions, events: WriterEvents) {
    this.#thread = thread;
    this.#options = options;
    this.#events = events;
    this.#watch(thread);
  }

  /** @throws AppError `locked`, `database_unusable`, `migration_refused` or `sqlite_too_old`. */
  static async start(options: ThreadOptions, events: WriterEvents): Promise<Writer> {
    return new Writer(await WriterThread.start(options), options, events);
  }

  get alive(): boolean {
    return this.#thread.alive;
  }

  get schemaVersion(): number {
    return this.#thread.schemaVersion;
  }

  get pageBytes(): number {
    return this.#thread.pageBytes;
  }

  /** As of the thread's start. */
  get wal(): WalState {
    return this.#thread.wal;
  }

  /** As of the thread's start. */
  get walMissing(): boolean {
    return this.#thread.walMissing;
  }

  /** @throws AppError `writer_lost`: not sent; `outcome_unknown`, `closing`, or the job's own failure. */
  call<J extends WriterJob>(job: J, request: WriterJobs[J]["request"]): Promise<WriterJobs[J]["reply"]> {
    return this.#served((thread) => thread.call(job, request));
  }

  /** As `call`. */
  batch(commands: readonly Work[]): Promise<BatchReport> {
    return this.#served((thread) => thread.batch(commands));
  }

  #served<T>(action: (thread: WriterThread) => Promise<T>): Promise<T> {
    if (this.#thread.alive || this.#closing.signal.aborted) return action(this.#thread);
    return this.#nextThread().then(action);
  }

  /** The next thread, or the dead one if none is ready in time: that one refuses every call. */
  async #nextThread(): Promise<WriterThread> {
    const served = new AbortController();
    await Promise.race([this.#attempt, delay(PATIENCE_MS, undefined, served).catch(() => {})]);
    served.abort();
    return this.#thread;
  }

  /** Publishes the server's URL to processes that find the database locked. Repeated for each new thread. */
  async announce(url: string): Promise<void> {
    this.#url = url;
    await this.call("announce", url);
  }

  /** As {@link WriterThread.close}. Waits for a thread that is being started. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#attempt;
    await this.#thread.close();
  }

  #watch(thread: WriterThread): void {
    thread.onForeignWrite = () => this.#events.onForeignWrite?.();
    void thread.exited.then((cause) => {
      if (this.#closing.signal.aborted) return;
      this.#events.onLost(cause);
      if (performance.now() - this.#started > SETTLED_MS) this.#pause = 0;
      this.#attempt = this.#restart();
    });
  }

  async #restart(): Promise<void> {
    await this.#wait();
    if (this.#closing.signal.aborted) return;
    try {
      const thread = await WriterThread.start({ ...this.#options, reopened: true });
      this.#events.onReplaced?.();
      this.#thread = thread;
    } catch (error) {
      this.#events.onFailure(error);
      setImmediate(() => this.#tryAgain());
      return;
    }
    this.#started = performance.now();
    this.#watch(this.#thread);
    if (this.#url !== undefined) await this.#thread.call("announce", this.#url).catch(this.#events.onFailure);
  }

  #tryAgain(): void {
    if (!this.#closing.signal.aborted) this.#attempt = this.#restart();
  }

  /** With jitter, so that servers that share a disk do not all restart at once. */
  async #wait(): Promise<void> {
    const pause = this.#pause * (0.5 + Math.random() / 2);
    this.#pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, this.#pause * 2));
    const { signal } = this.#closing;
    if (pause > 0) await delay(pause, undefined, { signal }).catch(() => {});
  }
}
