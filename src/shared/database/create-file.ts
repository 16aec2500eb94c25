import { closeSync, openSync, statSync } from "node:fs";

/** Not readable by others. */
const PRIVATE = 0o640;

/** The permissions of a database file, or those it will be created with. */
export const modeOf = (file: string): number =>
  (statSync(file, { throwIfNoEntry: false })?.mode ?? PRIVATE) & 0o777;

/**
 * Creates an empty file if there is none. An existing file is not opened: closing any descriptor of a file drops
 * all locks of this process on it, including SQLite's.
 */
export function createFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", PRIVATE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
