import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { modeOf } from "./create-file.ts";

/**
 * Replaces a database by another, in steps that are safe against a crash in between.
 *
 * The new file must never be beside the old one's WAL: SQLite would apply that WAL to the new file. The old
 * database is complete only with its WAL. So the new file first gets a name of its own, with the time that names
 * both sides of the exchange. The rename to that name decides the exchange. The next holder of the writer's lock
 * finishes it, from wherever it was interrupted.
 *
 * - `FILE.restored-TIME`: the new database, checked and synced.
 * - `FILE.replaced-TIME`, with its `-wal`: the old one.
 */
export interface Replaced {
  /** Path of the old database; null if there was none. */
  readonly kept: string | null;
}

/** Files beside a database that can hold committed pages. */
const LOGS = ["-wal", "-journal"];
const COMPANIONS = [...LOGS, "-shm"];

/** Path at which the new database is built, before it is checked. */
export const incomingFile = (file: string): string => `${file}.restoring`;

/**
 * Decides the exchange and carries it out. The caller holds the writer's lock.
 *
 * @param incoming closed, checked and synced, on the same file system.
 */
export function replaceDatabase(file: string, time: string, incoming = incomingFile(file)): Replaced {
  const waiting = `${file}.restored-${time}`;
  chmodSync(incoming, modeOf(file));
  renameSync(incoming, waiting);
  syncFolder(file);
  return finish(file, waiting);
}

/** Finishes an interrupted exchange; does nothing if there is none. The caller holds the writer's lock. */
export function finishReplacement(file: string): Replaced | undefined {
  const waiting = waitingFor(file);
  return waiting === undefined ? undefined : finish(file, waiting);
}

/** The new database of an exchange that was decided. */
function waitingFor(file: string): string | undefined {
  const [folder, begin] = [dirname(file), `${basename(file)}.restored-`];
  const waiting = readdirSync(folder).filter((name) => name.startsWith(begin));
  const last = waiting.toSorted().at(-1);
  return last === undefined ? undefined : join(folder, last);
}

/** Whether there is a database. It may be waiting for the end of an interrupted exchange. */
export const databaseExists = (file: string): boolean =>
  existsSync(file) || (existsSync(dirname(file)) && waitingFor(file) !== undefined);

/** Removes a closed database and the files beside it. */
export function removeDatabase(file: string): void {
  for (const end of ["", ...COMPANIONS]) rmSync(file + end, { force: true });
}

/** Each step is idempotent and synced before the next. */
function finish(file: string, waiting: string): Replaced {
  const kept = waiting.replace(/\.restored-([^.]*)$/, ".replaced-$1");
  const pending = existsSync(file) && !existsSync(kept);
  if (pending) {
    for (const log of LOGS)
      if (existsSync(file + log) && !existsSync(kept + log)) linkSync(file + log, kept + log);
    syncFolder(file);
    renameSync(file, kept);
    syncFolder(file);
  }
  for (const companion of COMPANIONS) rmSync(file + companion, { force: true });
  syncFolder(file);
  renameSync(waiting, file);
  syncFolder(file);
  return { kept: existsSync(kept) ? kept : null };
}

function syncFolder(file: string): void {
  const folder = openSync(dirname(file), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
