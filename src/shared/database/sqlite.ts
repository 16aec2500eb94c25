import Database from "better-sqlite3";
import { getLoadablePath } from "sqlite-vec";
import { AppError } from "../errors.ts";
import { type ConnectionMemory, TUNING } from "../tuning.ts";

export type Connection = Database.Database;

/** Before 3.51.3 a reset WAL could be mistaken for a current one after a crash. */
const OLDEST_SQLITE = [3, 51, 3] as const;

/**
 * The writer's connection. Creates the file and switches it to WAL mode.
 *
 * @throws SqliteError if the file is no database, can't be opened, or stays locked by another process.
 */
export function openForWriting(
  file: string,
  synchronous: "full" | "normal",
  memory: ConnectionMemory = TUNING.writer,
): Connection {
  const db = new Database(file, { timeout: 2_000 });
  try {
    assertSqliteVersion(db);
    loadVectors(db);
    convertToWal(db);
    db.pragma(`synchronous = ${synchronous}`);
    db.pragma("wal_autocheckpoint = 0");
    db.pragma("foreign_keys = ON");
    db.pragma("secure_delete = FAST");
    db.pragma("temp_store = MEMORY");
    setMemory(db, memory);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A reader's connection. The file must exist. No statement on it can write. */
export function openForReading(file: string, memory: ConnectionMemory = TUNING.reader): Connection {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 1_000 });
  loadVectors(db);
  db.pragma("query_only = ON");
  db.pragma("temp_store = MEMORY");
  setMemory(db, memory);
  return db;
}

function setMemory(db: Connection, { cacheKib, mmapMib }: ConnectionMemory): void {
  db.pragma(`cache_size = -${cacheKib}`);
  db.pragma(`mmap_size = ${mmapMib * 1_048_576}`);
}

/**
 * Loads the vector extension: a millisecond and less than a megabyte per connection. The writer needs it too: a
 * trigger deletes a track's vectors with the track.
 *
 * @throws AppError `vectors_unavailable` if there is no build of it for this machine.
 */
export function loadVectors(db: Connection): void {
  try {
    db.loadExtension(getLoadablePath());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("vectors_unavailable", { detail: `sqlite-vec can't be loaded: ${reason}`, cause });
  }
}

/**
 * The switch to WAL fails with "locked" without calling the busy handler, so this waits for a neighbour that is
 * closing.
 */
function convertToWal(db: Connection): void {
  for (let attempt = 1; ; attempt++) {
    try {
      db.pragma("journal_mode = WAL");
      return;
    } catch (error) {
      const busy = error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
      if (!busy || attempt === 20) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

function assertSqliteVersion(db: Connection): void {
  const version = db.prepare("SELECT sqlite_version()").pluck().get() as string;
  const parts = version.split(".").map(Number);
  const first = OLDEST_SQLITE.findIndex((wanted, i) => parts[i] !== wanted);
  if (first !== -1 && parts[first]! < OLDEST_SQLITE[first]!) {
    throw new AppError("sqlite_too_old", {
      detail: `expected SQLite ${OLDEST_SQLITE.join(".")} or newer, got ${version}`,
    });
  }
}
