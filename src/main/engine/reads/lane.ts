import { LRUCache } from "lru-cache";
import { Piscina } from "piscina";
import { Numbers } from "../../../shared/batches.ts";
import { AppError, fromFailure, toFailure } from "../../../shared/errors.ts";
import type {
  ReadBatch,
  ReadBatchReport,
  ReaderOptions,
  ReadRequest,
  ReadRow,
} from "../../../shared/protocol.ts";
import type { ConnectionMemory } from "../../../shared/tuning.ts";
import { AdmissionControl } from "../admission-control.ts";
import { THREAD_LIMITS, threadUrl } from "../threads.ts";

export interface LaneOptions {
  readonly name: "point" | "scan";
  readonly file: string;
  /** Per thread. */
  readonly memory?: ConnectionMemory | undefined;
  readonly threads: number;
  /** Reads in one batch at most. */
  readonly maxBatch: number;
  /**
   * Milliseconds. Only reads whose statement took less in its last run are batched; the others run alone. Without
   * it all reads are batched.
   */
  readonly briefMs?: number;
  /** Reads that may wait. Past it, reads are refused. */
  readonly maxWaiting: number;
  /** Milliseconds of expected wait. A read that would wait longer is refused. */
  readonly maxWaitMs: number;
  /** Milliseconds after which a read's caller gets `read_timeout`, and after which a long read aborts itself. */
  readonly deadlineMs: number;
  /** Added to the threads' niceness, so that point reads get the processor first. */
  readonly nice: number;
  readonly onBatch: (size: number) => void;
  /** A thread has died. The pool is starting another. */
  readonly onLost?: () => void;
}

/** A read's row and its cost. */
export interface ReadAnswer {
  readonly row: ReadRow | null;
  readonly waitedMs: number;
  readonly ms: number;
}

interface Waiting {
  readonly request: ReadRequest;
  readonly since: number;
  readonly resolve: (answer: ReadAnswer) => void;
  readonly reject: (error: AppError) => void;
  settled: boolean;
  /** Whether a thread has died while running it. */
  lost: boolean;
}

/**
 * One lane of readers: N threads that take waiting reads in batches.
 *
 * - A free thread takes everything that waits (up to the cap) at the end of the event loop's turn. Reads that
 *   arrived in one turn travel as one message. An idle lane adds no delay, and a busy one amortises the hop.
 * - On a lane of mixed costs, only reads that were brief in their last run are batched: a search of a small
 *   catalogue costs less than its message. A long or unknown read travels alone, so that no answer waits behind a
 *   long read of the same batch (head-of-line blocking).
 * - Order within a lane is first come, first served. Full, by number or by expected wait: `overloaded` at once.
 * - A caller gets `read_timeout` at the deadline, whether its read waits or runs. A running read can't be
 *   cancelled, and its thread counts as busy until it returns.
 * - When a thread dies, each read of its batch is retried once, alone, before all others. So a read that kills its
 *   thread gets `reader_lost` at its second death, and its neighbours get their answers.
 * - `pause` stops dispatch and waits a limited time for running reads. When it succeeds, no thread of this lane has
 *   an open snapshot.
 * - Closed: `closing`, for waiting, running and new reads.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #pool: Piscina<string, ReadBatchReport>;
  readonly #waiting: Waiting[] = [];
  /** At most one batch per thread. Not a Set: see "Garbage" in ../http/DESIGN.md. */
  readonly #running: Waiting[][] = [];
  /** Milliseconds of the latest run, by SQL text. */
  readonly #costs = new LRUCache<string, number>({ max: 512 });
  readonly #clock: NodeJS.Timeout;
  readonly #admission: AdmissionControl;
  readonly #exited = new WeakSet<object>();
  #generation = 0;
  #free: number;
  #scheduled = false;
  #pauses = 0;
  readonly #idle = new Set<(idle: boolean) => void>();
  #closed: Promise<void> | undefined;

  private constructor(options: LaneOptions, pool: Piscina<string, ReadBatchReport>) {
    this.#options = options;
    this.#pool = pool;
    this.#free = options.threads;
    this.#admission = new AdmissionControl(options.maxWaitMs);
    this.#clock = setInterval(() => this.#expire(), Math.min(100, options.deadlineMs)).unref();
    // The pool replaces a thread that dies idle and emits `error`. Without a listener, that would end the process.
    pool.on("error", () => this.#replenish());
    pool.on("workerDestroy", (thread: object) => this.#onThreadExit(thread));
  }

  /** Resolves when each thread has an open connection. A thread started later opens its own with its first batch. */
  static async open(options: LaneOptions): Promise<Lane> {
    const pool = new Piscina<string, ReadBatchReport>({
      filename: threadUrl("../../../workers/reader", import.meta.url).href,
      minThreads: options.threads,
      maxThreads: options.threads,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      recordTiming: false,
      // Threads wait for a message, not on an atomic: a single client's read costs a quarter less processor time.
      atomics: "disabled",
      niceIncrement: options.nice,
      resourceLimits: THREAD_LIMITS,
      workerData: { file: options.file, memory: options.memory } satisfies ReaderOptions,
    });
    const nothing = toMessage(0, [], 0);
    try {
      await Promise.all(Array.from({ length: options.threads }, () => pool.run(nothing)));
      return new Lane(options, pool);
    } catch (error) {
      await pool.destroy();
      throw fromFailure(toFailure(error));
    }
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Threads that run reads now. */
  get busy(): number {
    return this.#options.threads - this.#free;
  }

  /** The database file was replaced: reads sent from now on use the new file. */
  reopen(): void {
    this.#generation++;
  }

  /** Closes the connection of every thread. Call it while the lane is paused; a thread that still runs keeps its own. */
  async closeConnections(): Promise<void> {
    const message = JSON.stringify({ ...EMPTY, close: true } satisfies ReadBatch);
    await Promise.all(Array.from({ length: this.#free }, () => this.#pool.run(message)));
    this.reopen();
  }

  get threads(): number {
    return this.#pool.threads.length;
  }

  /** Whether a thread is free or may soon be. A thread that runs far past every deadline may never return. */
  get alive(): boolean {
    if (this.threads === 0) return false;
    const stuck = performance.now() - 2 * this.#options.deadlineMs;
    return this.#free > 0 || this.#running.some(([first]) => first!.since > stuck);
  }

  /** @throws AppError `overloaded`, `read_timeout`, `reader_lost`, `closing`, or SQLite's error. */
  read(request: ReadRequest): Promise<ReadAnswer> {
    if (this.#closed !== undefined) return Promise.reject(new AppError("closing"));
    const waiting = this.#waiting.length;
    if (waiting >= this.#options.maxWaiting || !this.#admission.admits(waiting)) {
      const detail = `too many reads are waiting on the ${this.#options.name} lane`;
      return Promise.reject(new AppError("overloaded", { detail }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, since: performance.now(), resolve, reject, settled: false, lost: false });
      this.#schedule();
    });
  }

  /**
   * Stops dispatch until `resume` and waits for running reads. Pauses nest.
   *
   * @returns false if a read still runs after `maxMs`. Then dispatch goes on, and there is nothing to resume.
   */
  async pause(maxMs: number): Promise<boolean> {
    this.#pauses++;
    const idle = this.#running.length === 0 || (await this.#becomesIdle(maxMs));
    if (!idle) this.resume();
    return idle;
  }

  #becomesIdle(maxMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), maxMs);
      const done = (idle: boolean) => {
        clearTimeout(timer);
        this.#idle.delete(done);
        resolve(idle);
      };
      this.#idle.add(done);
    });
  }

  resume(): void {
    this.#pauses--;
    this.#schedule();
  }

  /**
   * Rejects every caller at once, then waits for running reads: ending a thread inside a call of better-sqlite3 can
   * abort the whole process (its issue 1507). Past the deadline the thread is ended anyway. Idempotent.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#clock);
    this.#pool.removeAllListeners("workerDestroy");
    const closing = new AppError("closing");
    for (const waiting of this.#waiting.splice(0)) this.#reject(waiting, closing);
    for (const batch of this.#running) for (const waiting of batch) this.#reject(waiting, closing);
    if (this.#running.length > 0) await this.#becomesIdle(this.#options.deadlineMs);
    await this.#pool.destroy();
  }

  #schedule(): void {
    if (this.#scheduled || this.#free === 0 || this.#pauses > 0 || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#free > 0 && this.#pauses === 0 && this.#waiting.length > 0) void this.#dispatch();
    });
  }

  async #dispatch(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#nextBatchLength());
    const sent = performance.now();
    this.#free--;
    this.#running.push(batch);
    this.#options.onBatch(batch.length);
    try {
      const report = await this.#pool.run(toMessage(this.#generation, batch, this.#timeLeft(batch, sent)));
      this.#admission.observe((performance.now() - sent) / this.#options.threads, batch.length);
      batch.forEach((waiting, i) => {
        this.#costs.set(waiting.request[0], report.ms[i]!);
        this.#settle(waiting, report.columns, i * 3, sent - waiting.since, report.ms[i]!);
      });
      // The pool's own map of tasks still references the report, and would keep its texts in memory.
      report.columns.length = 0;
    } catch (cause) {
      this.#lose(batch, cause);
    } finally {
      this.#finish(batch);
    }
  }

  /** Milliseconds until the last caller's deadline. Work after that is wasted. */
  #timeLeft(batch: readonly Waiting[], now: number): number {
    const newest = Math.max(...batch.map(({ since }) => since));
    return newest + this.#options.deadlineMs - now;
  }

  /** The pool may emit two events for one thread: its error and its exit. */
  #onThreadExit(thread: object): void {
    if (this.#exited.has(thread)) return;
    this.#exited.add(thread);
    this.#options.onLost?.();
  }

  /**
   * The pool does not replace a thread that died before it was ready. An empty batch makes it start one. Otherwise
   * a lane whose threads all died that way would look dead until the next read.
   */
  #replenish(): void {
    if (this.#closed !== undefined || this.threads >= this.#options.threads) return;
    this.#pool.run(toMessage(this.#generation, [], 0)).catch(() => {});
  }

  #lose(batch: readonly Waiting[], cause: unknown): void {
    this.#replenish();
    const again = batch.filter(({ settled, lost }) => !settled && !lost);
    for (const waiting of batch) {
      if (waiting.lost) this.#reject(waiting, new AppError("reader_lost", { cause }));
      waiting.lost = true;
    }
    this.#waiting.unshift(...again);
  }

  /** Divides the waiting reads among the free threads, so that one does not take all while another is idle. */
  #nextBatchLength(): number {
    if (this.#waiting[0]!.lost) return 1;
    const share = Math.min(this.#options.maxBatch, Math.ceil(this.#waiting.length / this.#free));
    if (this.#options.briefMs === undefined) return share;
    const long = this.#waiting.slice(0, share).findIndex((waiting) => !this.#isBrief(waiting));
    return long === -1 ? share : Math.max(1, long);
  }

  #isBrief({ request: [sql] }: Waiting): boolean {
    const ms = this.#costs.get(sql);
    return ms !== undefined && ms < this.#options.briefMs!;
  }

  #finish(batch: Waiting[]): void {
    this.#free++;
    this.#running.splice(this.#running.indexOf(batch), 1);
    if (this.#running.length === 0) for (const resolve of this.#idle) resolve(true);
    this.#schedule();
  }

  #settle(
    waiting: Waiting,
    columns: ReadBatchReport["columns"],
    at: number,
    waitedMs: number,
    ms: number,
  ): void {
    const body = columns[at]!;
    if (typeof body === "object" && body !== null) {
      this.#reject(waiting, fromFailure(body));
      return;
    }
    const row = body === null ? null : ([body, columns[at + 1], columns[at + 2]] as ReadRow);
    waiting.settled = true;
    waiting.resolve({ row, waitedMs, ms });
  }

  /** Only a read's first outcome counts. */
  #reject(waiting: Waiting, error: AppError): void {
    if (waiting.settled) return;
    waiting.settled = true;
    waiting.reject(error);
  }

  #expire(): void {
    const oldest = performance.now() - this.#options.deadlineMs;
    const error = new AppError("read_timeout");
    while (this.#waiting.length > 0 && this.#waiting[0]!.since < oldest) {
      this.#reject(this.#waiting.shift()!, error);
    }
    for (const batch of this.#running) {
      for (const waiting of batch) if (waiting.since < oldest) this.#reject(waiting, error);
    }
  }
}

const EMPTY = { generation: 0, sql: [], reads: [], deadlineMs: 0 } as const;

function toMessage(generation: number, batch: readonly Waiting[], deadlineMs: number): string {
  const texts = new Numbers<string>();
  const reads = batch.map(({ request: [sql, params] }) => [texts.number(sql), params] as const);
  return JSON.stringify({ generation, sql: texts.list, reads, deadlineMs } satisfies ReadBatch);
}
