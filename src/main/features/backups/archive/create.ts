import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Converted, compress, readPieces } from "./archive.ts";
import { type Contents, contentsOf } from "./check.ts";
import { copyDatabase } from "./copy.ts";
import type { BackupFolder } from "./folder.ts";
import { backupId, DATA_FILE, type Manifest, type Reason, seal } from "./manifest.ts";
import { type OnProgress, unpack } from "./unpack.ts";

/** File name of the copy in its working folder. */
export const COPY_FILE = "copy.sqlite";

/** A copy made by the writer in a working folder, and the time of its state. */
export interface Copied {
  readonly path: string;
  readonly at: string;
}

export interface CreateRequest {
  readonly database: string;
  readonly reason: Reason;
  readonly version: string;
  /** Null: not copied yet. */
  readonly copied: Copied | null;
}

/**
 * Makes a backup: copies and compresses the database, then reads the result back, decompresses and checks it. Only
 * then is it moved into the folder. At its peak it needs space for the database and its compressed form beside the
 * backups.
 *
 * @throws AppError `backup_failed`, `backup_damaged`, `disk_full`. Then nothing is left of it.
 */
export function createBackup(
  folder: BackupFolder,
  request: CreateRequest,
  onProgress: OnProgress,
): Promise<Manifest> {
  const { copied, database } = request;
  if (copied !== null) return pack(folder, copied, request, onProgress);
  return folder.working(async (path) => {
    await folder.assertRoom((await stat(database)).size);
    const onBytes = (done: number, total: number) => onProgress("copy", done, total);
    const at = await copyDatabase(database, join(path, COPY_FILE), onBytes);
    return pack(folder, { path, at: at.toISOString() }, request, onProgress);
  });
}

async function pack(
  folder: BackupFolder,
  { path, at }: Copied,
  request: CreateRequest,
  onProgress: OnProgress,
): Promise<Manifest> {
  const [copy, data] = [join(path, COPY_FILE), join(path, DATA_FILE)];
  const contents = contentsOf(copy);
  const { size } = await stat(copy);
  const converted = await compress(copy, data, (done) => onProgress("compress", done, size));
  await removeDatabase(copy);
  const manifest = describe(at, contents, converted, request);
  await unpack(readPieces(data), manifest, copy, onProgress);
  await removeDatabase(copy);
  const finished = seal({ ...manifest, seconds: (Date.now() - Date.parse(at)) / 1_000 });
  await folder.admit(path, finished);
  return finished;
}

/** The last reader of a WAL database leaves its `-wal` and `-shm` behind. */
async function removeDatabase(file: string): Promise<void> {
  for (const part of ["", "-wal", "-shm"]) await rm(file + part, { force: true });
}

const describe = (
  at: string,
  { sqliteVersion, schemaVersion, databaseId, rows }: Contents,
  { plain, compressed }: Converted,
  { reason, version }: CreateRequest,
): Manifest => ({
  format: 2,
  id: backupId(new Date(at)),
  reason,
  created_at: at,
  chinook_version: version,
  sqlite_version: sqliteVersion,
  schema_version: schemaVersion,
  database_bytes: plain.bytes,
  database_sha256: plain.sha256,
  compression: "zstd",
  bytes: compressed.bytes,
  sha256: compressed.sha256,
  rows,
  seconds: 0,
  database_id: databaseId,
});
