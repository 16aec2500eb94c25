import { join, resolve } from "node:path";
import type { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import { onTestFinished, vi } from "vitest";
import { Lane, type LaneOptions } from "../../src/main/engine/reads/lane.ts";
import { WriterThread } from "../../src/main/engine/storage/writer-thread.ts";
import { type Connection, openForWriting } from "../../src/shared/database/sqlite.ts";
import type { Param, Statement, ThreadOptions } from "../../src/shared/protocol.ts";
import { temporaryFolder } from "../support/server.ts";

/** The parts of the engine, real and each on a file of its own; what a test opens is closed when it ends. */

/** Long enough for a busy machine; only a hanging test reaches it. */
vi.setConfig({ testTimeout: 60_000 });

export const MIGRATIONS = resolve(import.meta.dirname, "../../migrations");

export const newFile = (): string => join(temporaryFolder(), "database.sqlite");

/** The writer's connection, in this thread. */
export function writable(file = newFile()): Connection {
  const db = openForWriting(file, "normal");
  onTestFinished(() => void db.close());
  return db;
}

/** For one action, outside of any test. */
export function writableFor(file: string, action: (db: Connection) => void): void {
  const db = openForWriting(file, "normal");
  action(db);
  db.close();
}

/** Another connection to the file: it sees only what is committed. */
export function outsider(file: string): Connection {
  const db = new Database(file, { timeout: 0 });
  onTestFinished(() => void db.close());
  return db;
}

export const sql = (text: string, params: Record<string, Param> = {}): Statement => ({ sql: text, params });

export async function startWriter(options: Partial<ThreadOptions> = {}): Promise<WriterThread> {
  const writer = await WriterThread.start({
    file: newFile(),
    synchronous: "normal",
    migrations: MIGRATIONS,
    migrate: true,
    ...options,
  });
  onTestFinished(() => writer.close().catch(() => {}));
  return writer;
}

export async function openLane(file: string, options: Partial<LaneOptions> = {}): Promise<Lane> {
  const lane = await Lane.open({
    name: "point",
    file,
    threads: 1,
    maxBatch: 64,
    maxWaiting: 1_000,
    maxWaitMs: 60_000,
    deadlineMs: 60_000,
    nice: 0,
    onBatch: () => {},
    ...options,
  });
  onTestFinished(() => lane.close());
  return lane;
}

/** The threads started from now on, so that a test can terminate one as a crash would. */
export function threadsStarted(): Worker[] {
  const workers: Worker[] = [];
  const note = (worker: Worker) => workers.push(worker);
  process.on("worker", note);
  onTestFinished(() => void process.off("worker", note));
  return workers;
}

/** A promise and its settlers: a handshake instead of a sleep. */
export const handshake = <T = void>() => Promise.withResolvers<T>();

/** The code of the AppError, or of whatever it was, that the promise was rejected with. */
export const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "resolved",
    (error) => error.code ?? error,
  );
