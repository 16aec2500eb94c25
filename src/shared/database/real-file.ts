import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/**
 * The one path of a file, whatever links lead to it. Lock, WAL, backups and the watch for a moved file go by the
 * database's name: two names would be two of each. A file that is not there yet has the path it will be made at.
 */
export function realFile(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch (error) {
    // What cannot be followed for another reason is for the opening to report.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return absolute;
  }
  const parent = dirname(absolute);
  if (parent === absolute) return absolute;
  const folder = realFile(parent);
  const target = linkTarget(absolute);
  return target === undefined ? join(folder, basename(absolute)) : realFile(resolve(folder, target));
}

/** Of a link that leads to nothing. */
function linkTarget(path: string): string | undefined {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink();
  return isLink ? readlinkSync(path) : undefined;
}
