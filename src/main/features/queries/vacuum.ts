import { closeSync, fsyncSync, openSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { createFile } from "../../../shared/database/create-file.ts";
import { WriterLock } from "../../../shared/database/lock.ts";
import { finishReplacement, removeDatabase, replaceDatabase } from "../../../shared/database/replacement.ts";
import { type Connection, loadVectors } from "../../../shared/database/sqlite.ts";
import { AppError } from "../../../shared/errors.ts";
import type { Settings } from "../../../shared/settings.ts";
import { assertDatabase, runningServer } from "../../cli/database.ts";

const MEBIBYTE = 1_048_576;

export interface Vacuumed {
  readonly before_bytes: number;
  readonly after_bytes: number;
  readonly ms: number;
}

/**
 * Rewrites the database into a new file without gaps, and replaces the old one by it. No server may run. The
 * new file is checked against the old one first. The exchange is atomic, even in a crash; until then nothing
 * has changed.
 *
 * `VACUUM INTO` preserves the rowids, which vectors and text indexes refer to.
 *
 * @throws AppError `locked` while a server runs or a replicator follows the file; `disk_full`; `corrupt`.
 */
export async function vacuum(settings: Settings): Promise<Vacuumed> {
  await assertVacuum(settings);
  const { database: file } = settings;
  const lock = new WriterLock(file);
  try {
    finishReplacement(file);
    return rewrite(file, lock);
  } finally {
    lock.release();
  }
}

/** @throws AppError as {@link vacuum}, before any change. */
export async function assertVacuum({ database: file, checkpoints }: Settings): Promise<void> {
  assertDatabase(file);
  const server = await runningServer(file);
  if (server !== undefined)
    throw new AppError("locked", {
      detail: `${server} has the file open, and would go on writing to the old one: stop it first`,
    });
  if (checkpoints === "external")
    throw new AppError("locked", {
      detail: "a replicator follows this file, and would lose it (CHINOOK_CHECKPOINTS=external)",
    });
}

function rewrite(file: string, lock: WriterLock): Vacuumed {
  const started = performance.now();
  const incoming = `${file}.vacuumed`;
  removeDatabase(incoming);
  try {
    const before_bytes = copyInto(file, incoming);
    const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
    const { kept } = replaceDatabase(file, time, incoming);
    lock.opened();
    if (kept !== null) removeDatabase(kept);
    return { before_bytes, after_bytes: statSync(file).size, ms: performance.now() - started };
  } finally {
    removeDatabase(incoming);
  }
}

/** @returns the size of the old file in bytes. Its WAL is checkpointed when its only connection closes. */
function copyInto(file: string, incoming: string): number {
  const db = new Database(file, { fileMustExist: true, timeout: 2_000 });
  try {
    loadVectors(db);
    const bytes =
      (db.pragma("page_count", { simple: true }) as number) *
      (db.pragma("page_size", { simple: true }) as number);
    assertRoom(file, bytes);
    createFile(incoming);
    db.prepare("VACUUM INTO ?").run(incoming);
    assertSame(db, incoming);
    sync(incoming);
    return bytes;
  } finally {
    db.close();
  }
}

function assertRoom(file: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(dirname(file));
  if (bavail * bsize > bytes) return;
  throw new AppError("disk_full", { detail: `the new file may need ${Math.ceil(bytes / MEBIBYTE)} MiB` });
}

/** @throws AppError `corrupt` unless the new file is sound and has the old one's content. */
function assertSame(old: Connection, incoming: string): void {
  const db = new Database(incoming, { readonly: true });
  try {
    loadVectors(db);
    const result = db.pragma("integrity_check", { simple: true });
    if (result !== "ok") throw new AppError("corrupt", { detail: `the new file is not sound: ${result}` });
    const [before, after] = [contentOf(old), contentOf(db)];
    if (before !== after) throw new AppError("corrupt", { detail: "the new file differs from the old one" });
  } finally {
    db.close();
  }
}

/** The schema, and the number of rows of each table. */
function contentOf(db: Connection): string {
  const schema = db
    .prepare<[], { name: string; type: string; sql: string | null }>(
      "SELECT name, type, sql FROM sqlite_schema ORDER BY name",
    )
    .all();
  const tables = schema.filter(({ type, sql }) => type === "table" && !/^CREATE VIRTUAL/i.test(sql ?? ""));
  const rows = tables.map(({ name }) => db.prepare(`SELECT count(*) FROM "${name}"`).pluck().get());
  return JSON.stringify([schema, rows]);
}

function sync(file: string): void {
  const descriptor = openSync(file, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
