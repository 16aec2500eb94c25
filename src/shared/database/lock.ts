import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import Database from "better-sqlite3";
import { AppError } from "../errors.ts";
import { createFile, modeOf } from "./create-file.ts";

/**
 * The process that holds a database. It is named in the second server's refusal, and used by commands that go
 * through the running server.
 */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  /** The server's URL; null until it listens, and for commands that only write. */
  readonly url: string | null;
  /** The inode of the open database; null until it is open. */
  readonly inode: string | null;
}

export const lockFile = (file: string): string => `${file}.lock`;
export const holderFile = (file: string): string => `${file}.holder.json`;

/** Milliseconds to wait for the lock: `isHeld` holds it for a moment. */
const PATIENCE_MS = 50;

/**
 * Excludes a second writer from a database file, for the lifetime of this object.
 *
 * The lock is SQLite's exclusive lock on a small file beside the database. The operating system releases it when
 * the process ends, however it ends, so there are no stale locks and no process ids to check. The database file
 * itself is not locked, since readers must open it. The holder's name is in a second file, because an exclusively
 * locked file can't be read. That file alone proves nothing.
 */
export class WriterLock {
  readonly #file: string;
  readonly #lock: Database.Database;
  readonly #since = new Date().toISOString();
  /** The last holder, if it did not release the lock: its process was killed. */
  readonly abandoned: Holder | undefined;
  #url: string | null = null;
  #inode: string | null = null;

  /** @throws AppError `locked`, naming the holder. */
  constructor(file: string) {
    this.#file = file;
    this.#lock = openLock(file);
    try {
      this.#lock.exec("BEGIN EXCLUSIVE");
      this.abandoned = readHolder(file);
      this.#writeHolder();
    } catch (error) {
      this.#lock.close();
      throw lockedError(file, error);
    }
  }

  announce(url: string): void {
    this.#url = url;
    this.#writeHolder();
  }

  /** Call it when the database was opened, and when its file was replaced. */
  opened(): void {
    this.#inode = String(statSync(this.#file, { bigint: true }).ino);
    this.#writeHolder();
  }

  #writeHolder(): void {
    const [since, url, inode] = [this.#since, this.#url, this.#inode];
    const holder: Holder = { pid: process.pid, host: hostname(), since, url, inode };
    writeFileSync(holderFile(this.#file), `${JSON.stringify(holder)}\n`, { mode: modeOf(this.#file) });
  }

  /**
   * Removes the name first: once the lock is free, that file belongs to the next holder. It may do so before, when the
   * lock file was deleted. Idempotent.
   */
  release(): void {
    try {
      const ours = this.#lock.open && readHolder(this.#file)?.since === this.#since;
      if (ours) rmSync(holderFile(this.#file), { force: true });
    } finally {
      this.#lock.close();
    }
  }
}

/**
 * Makes the lock file as private as the database: anyone who may open it, even only to read, can hold the lock. It
 * is created here, not by SQLite. An existing file is not opened, see {@link createFile}.
 */
function makePrivate(file: string): void {
  const [lock, mode] = [lockFile(file), modeOf(file)];
  createFile(lock);
  if (existsSync(file) && (statSync(lock).mode & 0o777) !== mode) chmodSync(lock, mode);
}

function openLock(file: string): Database.Database {
  try {
    makePrivate(file);
    return new Database(lockFile(file), { timeout: PATIENCE_MS });
  } catch (error) {
    throw lockedError(file, error);
  }
}

function lockedError(file: string, cause: unknown): AppError {
  if (!(cause instanceof Database.SqliteError && cause.code.startsWith("SQLITE_BUSY"))) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new AppError("database_unusable", { detail: `cannot lock ${lockFile(file)}: ${reason}`, cause });
  }
  const holder = readHolder(file);
  const who =
    holder === undefined
      ? "another process"
      : `process ${holder.pid} on ${holder.host}, since ${holder.since}${holder.url === null ? "" : `, at ${holder.url}`}`;
  return new AppError("locked", { detail: `${file} is in use by ${who}`, cause });
}

/**
 * Whether the lock is held now. The holder is not disturbed. A process that is just taking the lock waits for this
 * check, hence {@link PATIENCE_MS}.
 */
export function isHeld(file: string): boolean {
  if (!existsSync(lockFile(file))) return false;
  const lock = new Database(lockFile(file), { readonly: true, timeout: 0 });
  try {
    lock.prepare("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return true;
    throw error;
  } finally {
    lock.close();
  }
}

/** Undefined if no holder has written its name, or the file is incomplete. */
export function readHolder(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(holderFile(file), "utf8")) as Holder | null;
    return typeof holder?.pid === "number" ? holder : undefined;
  } catch {
    return undefined;
  }
}
