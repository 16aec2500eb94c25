import { fileURLToPath } from "node:url";
import PQueue from "p-queue";
import { framesIn } from "../../../shared/database/wal.ts";
import { AppError } from "../../../shared/errors.ts";
import type {
  AdoptReport,
  AdoptRequest,
  BatchReport,
  CheckpointReport,
  CopyReport,
  MigrationReport,
  MigrationStatus,
  StatementCosts,
  WalState,
  Work,
} from "../../../shared/protocol.ts";
import type { Settings } from "../../../shared/settings.ts";
import { TUNING, type Tuning } from "../../../shared/tuning.ts";
import { ROOT } from "../../../shared/version.ts";
import { maintain, PRIORITY } from "../commands/write-queue.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { Checkpointer } from "./checkpointer.ts";
import type { Storage } from "./storage.ts";
import { Writer } from "./writer.ts";

const MEBIBYTE = 1_048_576;
const LOST_WAL =
  "the WAL of a killed process is missing: unless another program checkpointed it, its commits are lost";

export interface LocalStorageOptions {
  readonly settings: Pick<Settings, "database" | "synchronous" | "checkpoints" | "walLimitMb">;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly whileScansHeld: <T>(action: () => Promise<T>) => Promise<T>;
  /** The database file was replaced: cached knowledge of the old file is invalid. */
  readonly onReplaced?: () => void;
  /** Another program has written to the database: cached answers may be stale. */
  readonly onForeignWrite?: () => void;
  /** Runs before the migration of a database with data. If it fails, nothing is migrated. */
  readonly beforeMigration: () => Promise<unknown>;
  /** False skips migrations. */
  readonly migrate?: boolean;
  readonly tuning?: Tuning | undefined;
}

/** A database with applied migrations has data to lose; a new file has none. */
async function bringUpToDate(thread: Writer, { beforeMigration, log }: LocalStorageOptions): Promise<void> {
  const status = await thread.call("migrations", null);
  const applied = status.filter(({ appliedAt }) => appliedAt !== null).length;
  if (applied === status.length) return;
  if (applied > 0) await beforeMigration();
  const { version } = await thread.call("migrate", { target: "latest" });
  if (applied > 0) log.info({ from: applied, to: version }, "schema migrated");
}

/** Storage over a local file: the writer thread, the queue of its jobs, and checkpoints. */
export class LocalStorage implements Storage {
  readonly #writer: Writer;
  /** Two at a time: the writer runs one after the other, and the next job is already there when it finishes one. */
  readonly jobs = new PQueue({ concurrency: 2 });
  readonly #options: LocalStorageOptions;
  readonly #checkpointer: Checkpointer;
  #wal: WalState;
  /** Whether the last batch was refused because of the WAL's length. */
  #full = false;
  /** Whether the file may be being replaced. */
  #adopting = false;
  #closing: Promise<void> | undefined;

  private constructor(writer: Writer, options: LocalStorageOptions) {
    this.#writer = writer;
    this.#options = options;
    this.#wal = writer.wal;
    const { walIdleBytes, walCapBytes } = options.tuning ?? TUNING;
    const frames = (bytes: number) => framesIn(bytes, writer.pageBytes);
    this.#checkpointer = new Checkpointer(this.jobs, {
      idleFrames: frames(walIdleBytes),
      capFrames: frames(walCapBytes),
      limitFrames: frames(options.settings.walLimitMb * MEBIBYTE),
      run: (mode) => writer.call("checkpoint", mode),
      whileScansHeld: options.whileScansHeld,
      onReport: (report) => this.#observeCheckpoint(report),
      onFailure: (error) => options.log.error({ err: error }, "checkpoint failed"),
    });
  }

  /**
   * @throws AppError `locked`, `database_unusable`, `migration_refused` or `sqlite_too_old`; or the error of the
   * backup before a migration. Then nothing was migrated.
   */
  static async open(options: LocalStorageOptions): Promise<LocalStorage> {
    const { database: file, synchronous, checkpoints, walLimitMb } = options.settings;
    const migrations = fileURLToPath(new URL("migrations", ROOT));
    const keepWal = checkpoints === "external";
    const { log, metrics, tuning = TUNING } = options;
    let side: LocalStorage | undefined;
    const writer = await Writer.start(
      {
        ...{ file, synchronous, migrations, migrate: false, keepWal, memory: tuning.writer },
        walLimitBytes: keepWal ? undefined : walLimitMb * MEBIBYTE,
      },
      {
        onLost: (err) => {
          metrics.threadsLost.inc({ thread: "writer" });
          log.error({ err }, "the writer thread died: starting another");
        },
        onReplaced: () => void (side === undefined || side.#adopted()),
        onForeignWrite: () => {
          log.warn("another program has written to the database: cached answers are dropped");
          options.onForeignWrite?.();
        },
        onFailure: (err) => log.error({ err }, "the writer could not be started"),
      },
    );
    if (writer.walMissing) log.warn(LOST_WAL);
    try {
      if (options.migrate ?? true) await bringUpToDate(writer, options);
      side = new LocalStorage(writer, options);
      return side;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  get alive(): boolean {
    return this.#writer.alive;
  }

  get schemaVersion(): number {
    return this.#writer.schemaVersion;
  }

  get wal(): WalState {
    return this.#wal;
  }

  /** Runs commands in one transaction, each with its own outcome. */
  async batch(commands: readonly Work[]): Promise<BatchReport> {
    const report = await this.#writer.batch(commands);
    this.#wal = report.wal;
    this.#noteFull(report.outcomes.at(-1)?.failure?.code === "wal_full");
    if (this.#options.settings.checkpoints === "managed") this.#checkpointer.observe(report.wal);
    return report;
  }

  optimize(): Promise<{ ms: number }> {
    return this.#maintain(() => this.#writer.call("optimize", null));
  }

  /** Not through the queue of jobs: the writer answers between two of them. */
  statements(): Promise<readonly StatementCosts[]> {
    return this.#writer.call("statements", null);
  }

  /** @throws AppError `in_use` if a replicator runs the checkpoints. */
  async checkpoint(): Promise<CheckpointReport> {
    if (this.#options.settings.checkpoints === "external") {
      throw new AppError("in_use", {
        detail: "a replicator runs the checkpoints (CHINOOK_CHECKPOINTS=external)",
      });
    }
    return this.#maintain(async () => {
      const report = await this.#options.whileScansHeld(() => this.#writer.call("checkpoint", "TRUNCATE"));
      this.#observeCheckpoint(report);
      return report;
    });
  }

  /**
   * Replaces the catalogue by another: as a whole, in one step. Data outside the catalogue is kept. Runs before
   * every waiting batch.
   *
   * @throws AppError `import_refused`, `backup_running`, `in_use`: then nothing has changed.
   */
  adopt(request: AdoptRequest): Promise<AdoptReport> {
    return this.jobs.add(() => this.#adopt(request), { priority: PRIORITY.checkpoint });
  }

  async #adopt(request: AdoptRequest): Promise<AdoptReport> {
    this.#adopting = true;
    const report = await this.#writer.call("adopt", request).catch((error) => {
      if (error.code !== "outcome_unknown") this.#adopting = false;
      throw error;
    });
    this.#wal = report.wal;
    this.#adopted();
    this.#options.log.info({ kept: report.kept, ms: report.ms }, "the catalogue was replaced");
    return report;
  }

  /** Also called when the thread dies during a replacement: the next thread first finishes what was decided. */
  #adopted(): void {
    if (!this.#adopting) return;
    this.#adopting = false;
    this.#options.onReplaced?.();
  }

  migrate(target: number | "latest"): Promise<MigrationReport> {
    return this.#maintain(() => this.#writer.call("migrate", { target }));
  }

  migrations(): Promise<readonly MigrationStatus[]> {
    return this.#maintain(() => this.#writer.call("migrations", null));
  }

  /**
   * Copies the database to an empty file, a few pages after each batch. It bypasses the job queue: nothing waits
   * for it.
   *
   * @throws AppError `backup_running`, `backup_failed`, `disk_full`; `closing` if it was cancelled.
   */
  copy(to: string): Promise<CopyReport> {
    return this.#writer.call("copy", to);
  }

  async cancelCopy(): Promise<void> {
    await this.#writer.call("cancelCopy", null);
  }

  /** Publishes the server's URL to processes that find the database locked. */
  async announce(url: string): Promise<void> {
    await this.#writer.announce(url);
  }

  /** Runs queued jobs, then closes the database and releases the lock. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#checkpointer.close();
    await this.jobs.onIdle();
    await this.#writer.close();
  }

  #maintain<T>(job: () => Promise<T>): Promise<T> {
    return maintain(this.jobs, job);
  }

  /** Logged once per transition, however many writes are refused. */
  #noteFull(full: boolean): void {
    if (full === this.#full) return;
    this.#full = full;
    const { log } = this.#options;
    if (full) log.error({ wal_bytes: this.#wal.bytes }, "writes are refused: the WAL is past its limit");
    else log.info({ wal_bytes: this.#wal.bytes }, "writes are accepted again: the WAL is below its limit");
  }

  #observeCheckpoint({ mode, complete, ms, wal }: CheckpointReport): void {
    const { metrics, log } = this.#options;
    this.#wal = wal;
    metrics.checkpointDuration.observe(ms / 1_000, mode);
    metrics.checkpoints.inc({ mode, result: complete ? "complete" : "held_back" });
    if (mode === "TRUNCATE" && !complete) {
      log.warn(
        { wal_bytes: wal.bytes },
        "a long read, in this or another process, blocks the WAL's checkpoint",
      );
    }
  }
}
