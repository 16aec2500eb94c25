import { chmodSync, renameSync, rmSync } from "node:fs";
import Database, { SqliteError } from "better-sqlite3";
import { createFile } from "../shared/database/create-file.ts";
import type { Connection } from "../shared/database/sqlite.ts";
import { type HistoryRequest, RESOLUTIONS, type Resolution } from "../shared/history.ts";

/**
 * The thread that keeps the history: how the server was, in a database of its own beside the main one. It shares
 * neither lock nor WAL nor queue with it, and what it syncs keeps nobody waiting.
 *
 * Bounded by the number of samples. A file that is damaged is put aside and begun anew: it is no user's data.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS samples (
    resolution TEXT NOT NULL,
    at         INTEGER NOT NULL, -- milliseconds since 1970
    sample     TEXT NOT NULL,    -- JSON
    PRIMARY KEY (resolution, at)
  ) STRICT, WITHOUT ROWID;`;

let opened: { readonly file: string; readonly db: Connection } | undefined;

function open(file: string): Connection {
  if (opened?.file === file) return opened.db;
  createFile(file);
  const db = new Database(file, { timeout: 2_000 });
  try {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = NORMAL");
    db.pragma("journal_size_limit = 1048576");
    db.pragma("cache_size = -512");
    db.exec(SCHEMA);
  } catch (error) {
    db.close();
    throw error;
  }
  opened = { file, db };
  return db;
}

function openSound(file: string): Connection {
  try {
    return open(file);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    putAside(file);
    return open(file);
  }
}

const isDamaged = (error: unknown): boolean =>
  error instanceof SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);

function putAside(file: string): void {
  opened?.db.close();
  opened = undefined;
  for (const end of ["-wal", "-shm"]) rmSync(file + end, { force: true });
  renameSync(file, `${file}.damaged`);
  chmodSync(`${file}.damaged`, 0o600);
}

const FORGET = `DELETE FROM samples WHERE resolution = @resolution AND at <=
  (SELECT at FROM samples WHERE resolution = @resolution ORDER BY at DESC LIMIT 1 OFFSET @kept)`;

function append(db: Connection, { samples }: Extract<HistoryRequest, { job: "append" }>): null {
  db.transaction(() => {
    const insert = db.prepare("INSERT OR REPLACE INTO samples VALUES (@resolution, @at, @sample)");
    for (const sample of samples) insert.run(sample);
    const forget = db.prepare(FORGET);
    for (const [resolution, { kept }] of Object.entries(RESOLUTIONS)) forget.run({ resolution, kept });
  })();
  return null;
}

/** @returns the samples as a JSON array, oldest first. */
function read(
  db: Connection,
  { resolution, from, to, limit }: Extract<HistoryRequest, { job: "read" }>,
): string {
  const sql = `SELECT sample FROM samples WHERE resolution = @resolution AND at BETWEEN @from AND @to
    ORDER BY at DESC LIMIT @limit`;
  const samples = db
    .prepare<{ resolution: Resolution; from: number; to: number; limit: number }, string>(sql)
    .pluck();
  return `[${samples.all({ resolution, from, to, limit }).toReversed().join(",")}]`;
}

export default function run(request: HistoryRequest): string | null {
  try {
    const db = openSound(request.file);
    return request.job === "append" ? append(db, request) : read(db, request);
  } catch (error) {
    if (isDamaged(error)) putAside(request.file);
    throw error;
  }
}
