import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { decodeCommands } from "../shared/batches.ts";
import { createFile } from "../shared/database/create-file.ts";
import { FileIdentity } from "../shared/database/file-identity.ts";
import { type Holder, WriterLock } from "../shared/database/lock.ts";
import { type Migration, migrate, migrationStatus, readMigrations } from "../shared/database/migrations.ts";
import { finishReplacement, replaceDatabase } from "../shared/database/replacement.ts";
import { type Connection, openForReading, openForWriting } from "../shared/database/sqlite.ts";
import { AppError, ERRORS, fromFailure, toFailure } from "../shared/errors.ts";
import type {
  AdoptReport,
  AdoptRequest,
  BatchReport,
  ThreadOptions,
  WriterJob,
  WriterJobs,
  WriterNotice,
  WriterRequest,
  WriterStarted,
} from "../shared/protocol.ts";
import { carryOver } from "./adopt.ts";
import { checkpoint, walState } from "./checkpoints.ts";
import { assertOfOneMachine } from "./cluster-file.ts";
import { ForeignWrites } from "./foreign-writes.ts";
import { GroupCommit } from "./group-commit.ts";
import { PageCopy } from "./page-copy.ts";
import { WalLimit } from "./wal-limit.ts";

/**
 * The writer thread: the only read-write connection, and the lock that ensures it.
 *
 * It runs one job at a time, in the order of its messages, and answers each with one message. Only a copy runs in
 * steps between other jobs. It is a plain Worker, not a pool's: a pool parks its workers between tasks, and no job
 * may wait for this one to wake.
 */
const port = parentPort!;
const options = workerData as ThreadOptions;

interface Open {
  readonly db: Connection;
  readonly lock: WriterLock;
  readonly migrations: readonly Migration[];
  readonly walMissing: boolean;
}

function open(): Open {
  const migrations = readMigrations(options.migrations);
  prepareFolder(options.file);
  const lock = new WriterLock(options.file);
  try {
    finishReplacement(options.file);
    if (!options.reopened) prepareFile(options.file);
    assertWritable(options.file);
    const walMissing = isMissing(lock.abandoned);
    const db = openDatabase(migrations);
    lock.opened();
    return { db, lock, migrations, walMissing };
  } catch (error) {
    lock.release();
    throw error instanceof AppError ? error : unusable(error);
  }
}

/**
 * Checks the WAL of a killed process. It belongs to the file that process had open: applied to an older copy, it
 * would damage that.
 *
 * @returns whether that WAL is missing. @throws AppError `database_unusable` if the file is another one.
 */
function isMissing(abandoned: Holder | undefined): boolean {
  const wal = `${options.file}-wal`;
  if (options.reopened || abandoned?.inode == null) return false;
  const same = String(statSync(options.file, { bigint: true }).ino) === abandoned.inode;
  const bytes = statSync(wal, { throwIfNoEntry: false })?.size;
  if (same || !bytes) return same && bytes === undefined;
  const detail = `${options.file} is not the file that ${wal} belongs to, of a server that was killed`;
  const advice = "put that file back, or move its WAL away and what was last written to it is lost";
  throw new AppError("database_unusable", { detail: `${detail}: ${advice}` });
}

function openDatabase(migrations: readonly Migration[]): Connection {
  const db = openForWriting(options.file, options.synchronous, options.memory);
  try {
    assertOfOneMachine(db, options.file);
    if (options.migrate) migrate(db, migrations, "latest");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepareFolder(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw unusable(error);
  }
}

/** Creates the file here, not in SQLite, so that others can never read it. */
function prepareFile(file: string): void {
  try {
    createFile(file);
  } catch (error) {
    throw unusable(error);
  }
  const { nlink } = statSync(file);
  if (nlink > 1) throw unusable(new Error(`it has ${nlink} hard links, each with its own lock and WAL`));
}

/** SQLite opens a read-only file like any other and would refuse every write later. */
function assertWritable(file: string): void {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw unusable(error);
  }
}

/** A damaged file is reported as damaged: checking permissions would not help. */
function unusable(cause: unknown): AppError {
  const { code, message } = toFailure(cause);
  const detail = `cannot open ${options.file} for writing: ${message}`;
  if (code === "SQLITE_NOTADB") {
    const advice = "it is another kind of file, or its head is damaged: use another one, or restore a backup";
    return new AppError("database_unusable", { detail: `${detail}; ${advice}`, cause });
  }
  const damaged = fromFailure({ code, message }).code === "corrupt";
  return new AppError(damaged ? "corrupt" : "database_unusable", { detail, cause });
}

/** Milliseconds between two checks for writes of other programs. */
const LOOK_MS = 250;

type Immediate = Exclude<WriterJob, "copy">;

/** A connection and the objects that use it. */
function workOn(db: Connection) {
  const wal = new WalLimit(db, options.file, options.walLimitBytes);
  const commits = new GroupCommit(db, wal);
  return {
    db,
    wal,
    commits,
    identity: new FileIdentity(options.file),
    foreign: new ForeignWrites(db),
    copy: new PageCopy(db),
  };
}

type Work = ReturnType<typeof workOn>;

/**
 * Replaces the open database by one with another catalogue. A failure before the exchange leaves everything as it
 * was. A failure after it ends the thread, and the next thread finishes the exchange.
 */
function adopt(
  { db, identity, copy }: Work,
  { staged, time }: AdoptRequest,
  migrations: readonly Migration[],
): { work: Work; report: AdoptReport } {
  if (options.keepWal) {
    throw new AppError("in_use", { detail: "a replicator reads this file: stop it and the server first" });
  }
  if (copy.running) throw new AppError("backup_running");
  identity.check();
  const started = performance.now();
  carryOver(db, staged);
  try {
    db.close();
    const { kept } = replaceDatabase(options.file, time, staged);
    const work = workOn(openDatabase(migrations));
    const ms = performance.now() - started;
    return { work, report: { kept: kept!, ms, wal: work.wal.state } };
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
    throw new AppError("outcome_unknown", { cause: error });
  }
}

function start({ db, lock, migrations }: Open): void {
  let work = workOn(db);
  const jobs: { readonly [J in Immediate]: (request: WriterJobs[J]["request"]) => WriterJobs[J]["reply"] } = {
    batch: (commands) => {
      work.identity.check();
      const report: BatchReport = { ...work.commits.run(decodeCommands(commands)), wal: work.wal.state };
      return JSON.stringify(report);
    },
    checkpoint: (mode) => checkpoint(work.db, options.file, mode),
    migrate: ({ target }) => migrate(work.db, migrations, target),
    migrations: () => migrationStatus(work.db, migrations),
    optimize: () => optimize(work.db),
    statements: () => work.commits.costs,
    cancelCopy: () => {
      work.copy.cancel();
      return null;
    },
    announce: (url) => {
      lock.announce(url);
      return null;
    },
    adopt: (request) => {
      const adopted = adopt(work, request, migrations);
      work = adopted.work;
      lock.opened();
      return adopted.report;
    },
    close: () => {
      close(work.db, lock);
      return null;
    },
  };
  const fail = (id: number, error: unknown) => port.postMessage({ id, failure: toFailure(error) });
  port.on("message", ({ id, job, request }: WriterRequest) => {
    if (job === "copy") {
      work.copy.run(request as string).then(
        (reply) => port.postMessage({ id, reply }),
        (error) => fail(id, error),
      );
      return;
    }
    try {
      port.postMessage({ id, reply: (jobs[job] as (request: unknown) => unknown)(request) });
    } catch (error) {
      fail(id, error);
    }
    work.copy.jobDone();
    if (job === "close") port.close();
  });
  setInterval(() => {
    if (work.foreign.happened()) port.postMessage({ notice: "foreign_write" } satisfies WriterNotice);
  }, LOOK_MS).unref();
}

/**
 * Refreshes the query planner's statistics; `0x10002` analyses every table, with a bound on rows per index. Samples
 * left by a plain ANALYZE are deleted: with them, a statement that compares a parameter with an indexed text is
 * prepared again for every execution, whatever hides the parameter (see ../main/engine/reads/DESIGN.md).
 */
function optimize(db: Connection): { ms: number } {
  const started = performance.now();
  db.pragma("analysis_limit = 1000");
  db.pragma("optimize = 0x10002");
  db.exec("DROP TABLE IF EXISTS sqlite_stat4");
  forgetLog(db);
  return { ms: performance.now() - started };
}

/**
 * Drops what is known of the table of changes: it begins with a row or none, for which walking it looks cheaper than
 * seeking, and grows by thousands before it is analysed again.
 */
function forgetLog(db: Connection): void {
  const known = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'").get();
  if (known !== undefined) db.exec("DELETE FROM sqlite_stat1 WHERE tbl = 'changes'");
}

/** The last checkpoint leaves a single file, unless a replicator needs the WAL. */
function close(db: Connection, lock: WriterLock): void {
  try {
    optimizeLast(db);
    if (options.keepWal) closeKeepingWal(db);
    else db.close();
  } finally {
    lock.release();
  }
}

/**
 * The last connection to close moves the WAL and deletes it, unless it is read-only. So a reader stays open until
 * the writer has closed.
 */
function closeKeepingWal(db: Connection): void {
  const last = openForReading(options.file);
  try {
    last.prepare("SELECT count(*) FROM sqlite_schema").get();
    db.close();
  } finally {
    last.close();
  }
}

/** A failure, such as a full disk, must not keep the database open. */
function optimizeLast(db: Connection): void {
  try {
    db.pragma("optimize");
    forgetLog(db);
  } catch (error) {
    console.error("optimize before closing:", error);
  }
}

/** The thread calls this once. Importing the module starts nothing. */
export default function run(): void {
  try {
    const opened = open();
    start(opened);
    const { length: version } = opened.migrations;
    port.postMessage({
      ready: true,
      version,
      wal: walState(opened.db, options.file),
      pageBytes: opened.db.pragma("page_size", { simple: true }) as number,
      walMissing: opened.walMissing,
    } satisfies WriterStarted);
  } catch (error) {
    const failure = toFailure(error);
    if (!(failure.code in ERRORS)) console.error(error);
    port.postMessage({ ready: false, failure } satisfies WriterStarted);
    port.close();
  }
}
