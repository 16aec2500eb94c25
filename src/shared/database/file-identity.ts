import { statSync } from "node:fs";
import { AppError } from "../errors.ts";

interface Place {
  readonly path: string;
  readonly inode: ReturnType<typeof inodeOf>;
}

/**
 * Notices that the database, its WAL or the WAL's index is no longer where it was opened. SQLite goes on writing to a
 * file that was moved, replaced or deleted under it, and every commit would be acknowledged and gone with the process;
 * and whoever opens the database next to a new index does not see this one's locks.
 *
 * Asked before each batch: three look-ups of a name, some microseconds. A file that comes back is the same again. One
 * that cannot be looked at, in a folder whose permission was taken away, is not one that has gone.
 */
export class FileIdentity {
  readonly #places: readonly Place[];

  /** To be made when the WAL is there, which is from the first read on. */
  constructor(file: string) {
    this.#places = [file, `${file}-wal`, `${file}-shm`].map((path) => ({ path, inode: inodeOf(path) }));
  }

  /** @throws AppError `database_moved`. */
  check(): void {
    for (const { path, inode } of this.#places) {
      const now = inodeOf(path);
      if (inode === undefined || now === inode || now === "hidden") continue;
      const what = now === undefined ? "is gone" : "is another file now";
      throw new AppError("database_moved", { detail: `${path} ${what}` });
    }
  }
}

function inodeOf(path: string): bigint | "hidden" | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
  } catch {
    return "hidden";
  }
}
