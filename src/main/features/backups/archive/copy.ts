import { closeSync, openSync } from "node:fs";
import type { BackupMetadata } from "better-sqlite3";
import { openForReading } from "../../../../shared/database/sqlite.ts";
import { AppError } from "../../../../shared/errors.ts";

/** Pages between two progress reports: 4 MiB. */
const PAGES = 1_024;

/** Created here, not by SQLite, so that others can never read it. */
export const emptyFile = (path: string): void => closeSync(openSync(path, "wx", 0o600));

/**
 * Copies a database in one read transaction, so the copy is one snapshot whoever writes meanwhile. It blocks no
 * writer, but it blocks checkpoints. A server that runs its own checkpoints copies on the writer's connection
 * instead (`src/writer/page-copy.ts`).
 *
 * @returns the time of the snapshot: it has every earlier commit.
 * @throws AppError `backup_failed`, or SQLite's error.
 */
export async function copyDatabase(
  file: string,
  to: string,
  onBytes: (done: number, total: number) => void,
): Promise<Date> {
  const db = openForReading(file);
  try {
    db.exec("BEGIN");
    const pages = db.pragma("page_count", { simple: true }) as number;
    const size = db.pragma("page_size", { simple: true }) as number;
    const at = new Date();
    const progress = ({ totalPages, remainingPages }: BackupMetadata) => {
      onBytes((totalPages - remainingPages) * size, totalPages * size);
      return PAGES;
    };
    emptyFile(to);
    const { totalPages, remainingPages } = await db.backup(to, { progress });
    if (totalPages === pages && remainingPages === 0) return at;
    throw new AppError("backup_failed", { detail: `${remainingPages} of ${pages} pages were not copied` });
  } finally {
    db.close();
  }
}
