import { statSync } from "node:fs";
import { AppError } from "../errors.ts";
import { lockFile } from "./lock.ts";

interface Place {
  readonly path: string;
  readonly inode: ReturnType<typeof inodeOf>;
}

/**
 * Detects that the database, its WAL, the WAL's index or the writer's lock was moved, replaced or deleted. SQLite goes
 * on writing to the old file: every commit would be acknowledged and then lost with the process. A process that opens
 * the database with a new index does not see this one's locks. A second server that makes a new lock file does not see
 * this one's lock: two would write, each with its own cache.
 *
 * Checked before each batch: four look-ups of a name, a few microseconds. A file that is moved back is accepted
 * again. A file in a folder without read permission does not count as gone.
 */
export class FileIdentity {
  readonly #places: readonly Place[];

  /** Construct it when the WAL exists: from the first read on. */
  constructor(file: string) {
    this.#places = [file, `${file}-wal`, `${file}-shm`, lockFile(file)].map((path) => ({
      path,
      inode: inodeOf(path),
    }));
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
