import { closeSync, openSync, statSync } from "node:fs";

/** Never readable by everyone. */
const PRIVATE = 0o640;

/** The permissions of a database, or those that it will be made with. */
export const modeOf = (file: string): number =>
  (statSync(file, { throwIfNoEntry: false })?.mode ?? PRIVATE) & 0o777;

/**
 * Makes an empty file where there is none. One that is there already is not opened: closing any descriptor of a file
 * drops all of this process's locks on it, SQLite's among them.
 */
export function createFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", PRIVATE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
