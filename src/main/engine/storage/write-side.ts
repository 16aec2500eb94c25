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
  WalState,
} from "../../../shared/protocol.ts";
import type { Settings } from "../../../shared/settings.ts";
import { TUNING, type Tuning } from "../../../shared/tuning.ts";
import { ROOT } from "../../../shared/version.ts";
import { backupBeforeMigration } from "../../features/backups/before-migration.ts";
import type { PlaceSettings } from "../../features/backups/places.ts";
import { mergeSegments } from "../../features/search/upkeep.ts";
import { Commands } from "../commands/command-bus.ts";
import { forgetOldKeys } from "../commands/idempotency.ts";
import { maintain, PRIORITY, WriteQueue } from "../commands/write-queue.ts";
import { type Logger, SLOW_MS } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { Checkpointer } from "./checkpointer.ts";
import { Writer } from "./writer.ts";

const MEBIBYTE = 1_048_576;
const MAX_BATCH_BYTES = 8 * MEBIBYTE;
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 64 * MEBIBYTE;
const DEADLINE_MS = 5_000;
/** Half of the deadline: an estimate that is wrong by a factor of two still wastes no work. */
const MAX_WAIT_MS = DEADLINE_MS / 2;

const HOUR = 3_600_000;

export interface WriteSideOptions {
  readonly settings: Pick<Settings, "synchronous" | "checkpoints" | "walLimitMb" | "backupBeforeMigration"> &
    PlaceSettings;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly invalidate: (tags: readonly string[]) => void;
  readonly whileScansHeld: <T>(action: () => Promise<T>) => Promise<T>;
  /** Another file has been put in the database's place: readers open it anew. */
  readonly onReplaced?: () => void;
  /** False leaves the schema as it is found. */
  readonly migrate?: boolean;
  readonly tuning?: Tuning;
}

/** What was migrated before has something to lose; a file that is made now has not. */
async function bringUpToDate(thread: Writer, { settings, log }: WriteSideOptions): Promise<void> {
  const status = await thread.call("migrations", null);
  const applied = status.filter(({ appliedAt }) => appliedAt !== null).length;
  if (applied === status.length) return;
  if (applied > 0) await backupBeforeMigration(settings, log);
  const { version } = await thread.call("migrate", { target: "latest" });
  if (applied > 0) log.info({ from: applied, to: version }, "schema migrated");
}

/**
 * Everything that writes: the writer thread, the queue of its jobs, commands, checkpoints and housekeeping. The
 * server holds one, and so does a command that writes while no server runs: there is one way to write.
 */
export class WriteSide {
  readonly #writer: Writer;
  /** Two at a time: the writer does one after the other, and finds the next already there when it is done. */
  readonly #jobs = new PQueue({ concurrency: 2 });
  readonly #options: WriteSideOptions;
  readonly #queue: WriteQueue;
  readonly #checkpointer: Checkpointer;
  readonly #housekeeping: NodeJS.Timeout;
  readonly commands: Commands;
  #wal: WalState;
  /** Whether the last batch was refused for the WAL's length. */
  #full = false;
  /** Whether an exchange of the file may be under way. */
  #adopting = false;
  #closing: Promise<void> | undefined;

  private constructor(writer: Writer, options: WriteSideOptions) {
    this.#writer = writer;
    this.#options = options;
    this.#wal = writer.wal;
    const { writeBatch, walIdleBytes, walCapBytes } = options.tuning ?? TUNING;
    this.#queue = new WriteQueue(writer, this.#jobs, {
      maxWaiting: MAX_WAITING,
      maxWaitingBytes: MAX_WAITING_BYTES,
      maxWaitMs: MAX_WAIT_MS,
      maxBatch: writeBatch,
      maxBatchBytes: MAX_BATCH_BYTES,
      deadlineMs: DEADLINE_MS,
      onBatch: (size, report) => this.#observe(size, report),
    });
    const frames = (bytes: number) => framesIn(bytes, writer.pageBytes);
    this.#checkpointer = new Checkpointer(this.#jobs, {
      idleFrames: frames(walIdleBytes),
      capFrames: frames(walCapBytes),
      limitFrames: frames(options.settings.walLimitMb * MEBIBYTE),
      run: (mode) => writer.call("checkpoint", mode),
      whileScansHeld: options.whileScansHeld,
      onReport: (report) => this.#observeCheckpoint(report),
      onFailure: (error) => options.log.error({ err: error }, "checkpoint failed"),
    });
    this.commands = this.#createCommands();
    this.#housekeeping = setInterval(() => this.#keepHouse(), HOUR).unref();
  }

  /**
   * @throws AppError `locked`, `database_unusable`, `migration_refused` or `sqlite_too_old`; as a backup does when
   * the one before a migration fails: then nothing was migrated.
   */
  static async open(options: WriteSideOptions): Promise<WriteSide> {
    const { database: file, synchronous, checkpoints, walLimitMb } = options.settings;
    const migrations = fileURLToPath(new URL("migrations", ROOT));
    const keepWal = checkpoints === "external";
    const { log, metrics, tuning = TUNING } = options;
    let side: WriteSide | undefined;
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
        onFailure: (err) => log.error({ err }, "the writer could not be started"),
      },
    );
    try {
      if (options.migrate ?? true) await bringUpToDate(writer, options);
      side = new WriteSide(writer, options);
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

  get queueLength(): number {
    return this.#queue.length;
  }

  get wal(): WalState {
    return this.#wal;
  }

  optimize(): Promise<{ ms: number }> {
    return this.#maintain(() => this.#writer.call("optimize", null));
  }

  /** @throws AppError `in_use` when checkpoints are a replicator's. */
  async checkpoint(): Promise<CheckpointReport> {
    if (this.#options.settings.checkpoints === "external") {
      throw new AppError("in_use", {
        detail: "checkpoints are left to a replicator (CHINOOK_CHECKPOINTS=external)",
      });
    }
    return this.#maintain(async () => {
      const report = await this.#options.whileScansHeld(() => this.#writer.call("checkpoint", "TRUNCATE"));
      this.#observeCheckpoint(report);
      return report;
    });
  }

  /**
   * Puts another catalogue in the place of the one there is: whole, in one step, with everything kept that is not of
   * the catalogue. Before every batch that waits.
   *
   * @throws AppError `import_refused`, `backup_running`, `in_use`: then nothing has changed.
   */
  adopt(request: AdoptRequest): Promise<AdoptReport> {
    return this.#jobs.add(() => this.#adopt(request), { priority: PRIORITY.checkpoint });
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

  /** Also when the thread dies over it: the next one finishes what was decided, before it does anything else. */
  #adopted(): void {
    if (!this.#adopting) return;
    this.#adopting = false;
    this.#options.onReplaced?.();
    this.#options.invalidate(["*"]);
  }

  migrate(target: number | "latest"): Promise<MigrationReport> {
    return this.#maintain(() => this.#writer.call("migrate", { target }));
  }

  migrations(): Promise<readonly MigrationStatus[]> {
    return this.#maintain(() => this.#writer.call("migrations", null));
  }

  /**
   * Copies the database to an empty file, a few pages after each batch. Not through the queue of jobs: nothing waits
   * for it.
   *
   * @throws AppError `backup_running`, `backup_failed`, `disk_full`; `closing` when it was cancelled.
   */
  copy(to: string): Promise<CopyReport> {
    return this.#writer.call("copy", to);
  }

  async cancelCopy(): Promise<void> {
    await this.#writer.call("cancelCopy", null);
  }

  /** Where the server listens, for those who find the database held. */
  async announce(url: string): Promise<void> {
    await this.#writer.announce(url);
  }

  /** Runs what is queued, then closes the database and lets go of the lock. Again is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#housekeeping);
    await this.#queue.close();
    await this.#checkpointer.close();
    await this.#jobs.onIdle();
    await this.#writer.close();
  }

  #maintain<T>(job: () => Promise<T>): Promise<T> {
    return maintain(this.#jobs, job);
  }

  #createCommands(): Commands {
    const { metrics, log, invalidate } = this.#options;
    return new Commands({
      queue: this.#queue,
      invalidate,
      onOutcome: ({ name }, { waitedMs, ms }) => {
        metrics.writeWait.observe(waitedMs / 1_000);
        metrics.writeDuration.observe(ms / 1_000, name);
        if (ms >= SLOW_MS) log.warn({ command: name, ms }, "slow command");
      },
      onFailure: (_, code) => metrics.writeFailures.inc({ code }),
    });
  }

  #observe(size: number, { outcomes, commitMs, wal }: BatchReport): void {
    const { metrics, settings } = this.#options;
    metrics.writeBatchSize.observe(size);
    metrics.commitDuration.observe(commitMs / 1_000);
    this.#wal = wal;
    this.#noteFull(outcomes.at(-1)?.failure?.code === "wal_full");
    if (settings.checkpoints === "managed") this.#checkpointer.observe(wal);
  }

  /** Said once each time, however many writes are refused. */
  #noteFull(full: boolean): void {
    if (full === this.#full) return;
    this.#full = full;
    const { log } = this.#options;
    if (full) log.error({ wal_bytes: this.#wal.bytes }, "writes are refused: the WAL is past its limit");
    else log.info({ wal_bytes: this.#wal.bytes }, "writes are taken again: the WAL is below its limit");
  }

  #observeCheckpoint({ mode, complete, ms, wal }: CheckpointReport): void {
    const { metrics, log } = this.#options;
    this.#wal = wal;
    metrics.checkpointDuration.observe(ms / 1_000, mode);
    metrics.checkpoints.inc({ mode, result: complete ? "complete" : "held_back" });
    if (mode === "TRUNCATE" && !complete) {
      log.warn(
        { wal_bytes: wal.bytes },
        "a long read, here or in another process, keeps the WAL from shrinking",
      );
    }
  }

  #keepHouse(): void {
    const housework = async () => {
      await this.#writer.batch([[forgetOldKeys(new Date())], [mergeSegments()]]);
      await this.#writer.call("optimize", null);
    };
    this.#maintain(housework).catch((error) =>
      this.#options.log.error({ err: error }, "housekeeping failed"),
    );
  }
}
