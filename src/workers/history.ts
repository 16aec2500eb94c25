import { chmodSync, renameSync, rmSync } from "node:fs";
import Database, { SqliteError } from "better-sqlite3";
import { createFile } from "../shared/database/create-file.ts";
import type { Connection } from "../shared/database/sqlite.ts";
import { type HistoryRequest, RESOLUTIONS } from "../shared/history.ts";

/**
 * The thread that stores the server's history in its own database beside the main one. It shares neither lock
 * nor WAL nor queue with it, and nobody waits for its syncs.
 *
 * The number of samples is limited. A damaged file is renamed and a new one started: it holds no user data.
 */
const SCHEMA = Object.keys(RESOLUTIONS)
  .map(
    (name) => `CREATE TABLE IF NOT EXISTS ${name} (
      at     INTEGER PRIMARY KEY, -- milliseconds since 1970
      sample TEXT NOT NULL        -- JSON
    ) STRICT;`,
  )
  .join("\n");

let opened: { readonly file: string; readonly db: Connection } | undefined;

function open(file: string): Connection {
  if (opened?.file === file) return opened.db;
  createFile(file);
  const db = new Database(file, { timeout: 2_000 });
  try {
    // A sample takes some 1.5 KB: pages of 4 KiB would waste a third each.
    db.pragma("page_size = 16384");
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

function append(db: Connection, { samples }: Extract<HistoryRequest, { job: "append" }>): null {
  db.transaction(() => {
    for (const { resolution, at, sample } of samples)
      db.prepare(`INSERT OR REPLACE INTO ${resolution} VALUES (?, ?)`).run(at, sample);
    for (const [resolution, { kept }] of Object.entries(RESOLUTIONS)) {
      const first = `SELECT at FROM ${resolution} ORDER BY at DESC LIMIT 1 OFFSET ?`;
      db.prepare(`DELETE FROM ${resolution} WHERE at <= (${first})`).run(kept);
    }
  })();
  return null;
}

/** @returns the samples as a JSON array, oldest first. */
function read(db: Connection, request: Extract<HistoryRequest, { job: "read" }>): string {
  const { resolution, from, to, limit } = request;
  const sql = `SELECT sample FROM ${resolution} WHERE at BETWEEN ? AND ? ORDER BY at DESC LIMIT ?`;
  const samples = db.prepare<[number, number, number], string>(sql).pluck().all(from, to, limit);
  return `[${samples.toReversed().join(",")}]`;
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
