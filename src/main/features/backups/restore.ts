import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { identityOf } from "../../../shared/database/identity.ts";
import { WriterLock } from "../../../shared/database/lock.ts";
import { readMigrations } from "../../../shared/database/migrations.ts";
import { finishReplacement, incomingFile, replaceDatabase } from "../../../shared/database/replacement.ts";
import { AppError } from "../../../shared/errors.ts";
import { ROOT } from "../../../shared/version.ts";
import type { Which } from "./archive/jobs.ts";
import { backupId, type Manifest } from "./archive/manifest.ts";
import type { OnProgress } from "./archive/unpack.ts";
import { runBackupJob } from "./backup-process.ts";
import { type PlaceSettings, placesOf } from "./places.ts";

export interface Restored {
  readonly backup: Manifest;
  /** Path of the old database; null if there was none. */
  readonly kept: string | null;
}

/**
 * Replaces the database by a backup. It holds the writer's lock throughout, so no server runs or starts. The backup
 * is unpacked beside the old database and checked. Only then are the two exchanged. The old one is kept.
 *
 * @throws AppError `locked` while a server holds the database; `backup_unknown`, `backup_damaged`,
 * `backup_too_new`. Then the database is unchanged.
 */
export async function restore(
  settings: PlaceSettings,
  which: Which,
  onProgress: OnProgress,
): Promise<Restored> {
  const { database } = settings;
  mkdirSync(dirname(database), { recursive: true });
  const lock = new WriterLock(database);
  const incoming = incomingFile(database);
  try {
    finishReplacement(database);
    rmSync(incoming, { force: true });
    const places = placesOf(settings, identityOfReadable(database));
    const backup = await runBackupJob("unpack", places, { ...which, to: incoming }, onProgress);
    refuseNewer(backup);
    const { kept } = replaceDatabase(database, backupId(new Date()));
    return { backup, kept };
  } finally {
    rmSync(incoming, { force: true });
    lock.release();
  }
}

/** Null for a damaged database, whose identity is unknown. It is about to be replaced. */
function identityOfReadable(database: string): string | null {
  try {
    return identityOf(database);
  } catch {
    return null;
  }
}

function refuseNewer({ id, schema_version, chinook_version }: Manifest): void {
  const { length } = readMigrations(fileURLToPath(new URL("migrations", ROOT)));
  if (schema_version <= length) return;
  throw new AppError("backup_too_new", {
    detail: `${id} has schema ${schema_version}, made by ${chinook_version}; this release supports up to ${length}`,
  });
}
