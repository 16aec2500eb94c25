import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/**
 * The real path of a file, with all links resolved. Lock, WAL, backups and the watch for a moved file depend on the
 * database's path: with two paths there would be two of each. For a file that does not exist yet: the path at which
 * it will be created.
 */
export function realFile(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch (error) {
    // Other errors are reported when the file is opened.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return absolute;
  }
  const parent = dirname(absolute);
  if (parent === absolute) return absolute;
  const folder = realFile(parent);
  const target = linkTarget(absolute);
  return target === undefined ? join(folder, basename(absolute)) : realFile(resolve(folder, target));
}

/** The target of a dangling link. */
function linkTarget(path: string): string | undefined {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink();
  return isLink ? readlinkSync(path) : undefined;
}
