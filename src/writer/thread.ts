import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { AppError, ERRORS, toFailure } from "../shared/errors.ts";
import type {
  Statements,
  WriterJob,
  WriterJobs,
  WriterOptions,
  WriterRequest,
  WriterStarted,
} from "../shared/protocol.ts";
import { type Connection, openForWriting } from "../shared/sqlite.ts";
import { checkpoint, walState } from "./checkpoints.ts";
import { GroupCommit } from "./group-commit.ts";
import { WriterLock } from "./lock.ts";
import { type Migration, migrate, migrationStatus, readMigrations } from "./migrations.ts";

/**
 * The writer thread: the only read-write connection, and the lock that makes it so.
 *
 * It does one job at a time, in the order of its messages, and answers each with one message. It is a plain
 * Worker and no pool's: a pool parks its workers between tasks, and this one must never be waited for.
 */
const port = parentPort!;
const options = workerData as WriterOptions;

interface Open {
  readonly db: Connection;
  readonly lock: WriterLock;
  readonly migrations: readonly Migration[];
}

function open(): Open {
  const migrations = readMigrations(options.migrations);
  prepareFile(options.file);
  const lock = new WriterLock(options.file);
  try {
    const db = openForWriting(options.file, options.synchronous);
    if (options.migrate) migrate(db, migrations, "latest");
    return { db, lock, migrations };
  } catch (error) {
    lock.release();
    throw error instanceof AppError ? error : unusable(error);
  }
}

/** The file is made here and not by SQLite, so that it is never readable by everyone. */
function prepareFile(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    closeSync(openSync(file, "a", 0o640));
  } catch (error) {
    throw unusable(error);
  }
}

function unusable(cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError("database_unusable", {
    detail: `cannot open ${options.file} for writing: ${reason}`,
    cause,
  });
}

function start({ db, lock, migrations }: Open): void {
  const commits = new GroupCommit(db);
  const jobs: { readonly [J in WriterJob]: (request: WriterJobs[J]["request"]) => WriterJobs[J]["reply"] } = {
    batch: (commands) => ({
      ...commits.run(JSON.parse(commands) as Statements[]),
      wal: walState(db, options.file),
    }),
    checkpoint: (mode) => checkpoint(db, options.file, mode),
    migrate: ({ target }) => migrate(db, migrations, target),
    migrations: () => migrationStatus(db, migrations),
    optimize: () => optimize(db),
    announce: (url) => {
      lock.announce(url);
      return null;
    },
    close: () => {
      close(db, lock);
      return null;
    },
  };
  port.on("message", ({ id, job, request }: WriterRequest) => {
    try {
      port.postMessage({ id, reply: (jobs[job] as (request: unknown) => unknown)(request) });
    } catch (error) {
      port.postMessage({ id, failure: toFailure(error) });
    }
    if (job === "close") port.close();
  });
}

/** Refreshes what the query planner knows; `0x10002` looks at every table, with a bound on rows per index. */
function optimize(db: Connection): { ms: number } {
  const started = performance.now();
  db.pragma("analysis_limit = 1000");
  db.pragma("optimize = 0x10002");
  return { ms: performance.now() - started };
}

/** The last checkpoint leaves a single file behind, unless a replicator needs the WAL. */
function close(db: Connection, lock: WriterLock): void {
  try {
    if (!db.readonly) db.pragma("optimize");
    db.close();
  } finally {
    lock.release();
  }
}

function run(): void {
  try {
    const opened = open();
    start(opened);
    const { length: version } = opened.migrations;
    port.postMessage({
      ready: true,
      version,
      wal: walState(opened.db, options.file),
    } satisfies WriterStarted);
  } catch (error) {
    const failure = toFailure(error);
    if (!(failure.code in ERRORS)) console.error(error);
    port.postMessage({ ready: false, failure } satisfies WriterStarted);
    port.close();
  }
}

if (!isMainThread) run();
