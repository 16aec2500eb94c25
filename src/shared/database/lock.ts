import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import Database from "better-sqlite3";
import { AppError } from "../errors.ts";
import { createFile, modeOf } from "./create-file.ts";

/** Who holds a database: for the second server's refusal, and for commands that go through the first. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  /** Where it listens; null until it does, and for commands that only write. */
  readonly url: string | null;
  /** Of the database that is open; null until it is. */
  readonly inode: string | null;
}

export const lockFile = (file: string): string => `${file}.lock`;
export const holderFile = (file: string): string => `${file}.holder.json`;

/** Milliseconds: somebody who asks whether it is held holds it for a moment. */
const PATIENCE_MS = 50;

/**
 * Keeps a second writer away from a database file, for as long as this object lives.
 *
 * The lock is SQLite's own exclusive lock on a small file beside the database: the operating system drops it
 * with the process, however that ends, so there is no stale lock to judge and no process id to trust. It is not
 * the database file itself, since readers must get in. The holder's name stands in a second file, because an
 * exclusively locked one cannot be read; that file alone means nothing.
 */
export class WriterLock {
  readonly #file: string;
  readonly #lock: Database.Database;
  readonly #since = new Date().toISOString();
  /** Who held it last and did not let go of it: its process was killed. */
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
      this.#note();
    } catch (error) {
      this.#lock.close();
      throw lockedError(file, error);
    }
  }

  announce(url: string): void {
    this.#url = url;
    this.#note();
  }

  /** To be told when the database is open, and when another file has taken its place. */
  opened(): void {
    this.#inode = String(statSync(this.#file, { bigint: true }).ino);
    this.#note();
  }

  #note(): void {
    const [since, url, inode] = [this.#since, this.#url, this.#inode];
    const holder: Holder = { pid: process.pid, host: hostname(), since, url, inode };
    writeFileSync(holderFile(this.#file), `${JSON.stringify(holder)}\n`, { mode: modeOf(this.#file) });
  }

  /** The name goes first: once the lock is free, the file is another holder's. Again is harmless. */
  release(): void {
    try {
      if (this.#lock.open) rmSync(holderFile(this.#file), { force: true });
    } finally {
      this.#lock.close();
    }
  }
}

/**
 * Whoever may open the lock's file can hold it, also who may only read it: so it is as private as the database. It is
 * made here and not by SQLite. One that is there is not opened, see {@link createFile}.
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
  return new AppError("locked", { detail: `${file} is held by ${who}`, cause });
}

/**
 * Whether somebody holds the lock at this moment. A holder is not disturbed; one that is just about to take it waits
 * for the question, which is why taking it has a little patience.
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

/** Undefined when nobody announced itself, or the file is half written. */
export function readHolder(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(holderFile(file), "utf8")) as Holder | null;
    return typeof holder?.pid === "number" ? holder : undefined;
  } catch {
    return undefined;
  }
}
