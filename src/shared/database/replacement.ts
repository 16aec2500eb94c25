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
 * Puts another database in the place of one, in steps that a crash may come between.
 *
 * What must never be is the new file beside the old one's WAL: SQLite would read the one into the other. And the old
 * database is to be kept whole, which it is only with its WAL. So the new file waits under a name of its own, with
 * the time that both sides of the exchange are called by. From the rename that gives it that name on, the exchange
 * is decided: whoever holds the writer's lock next finishes it, from wherever it was cut off.
 *
 * - `FILE.restored-TIME`: the new database, checked and on the disk.
 * - `FILE.replaced-TIME`, with its `-wal`: the old one.
 */
export interface Replaced {
  /** Where the old database is now; null when there was none. */
  readonly kept: string | null;
}

/** What can hold committed pages of a database beside its file. */
const LOGS = ["-wal", "-journal"];
const COMPANIONS = [...LOGS, "-shm"];

/** Where the new database is to be made, before it is known to be good. */
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

/** Finishes an exchange that was cut off; harmless when there is none. The caller holds the writer's lock. */
export function finishReplacement(file: string): Replaced | undefined {
  const waiting = waitingFor(file);
  return waiting === undefined ? undefined : finish(file, waiting);
}

/** What is to take the file's place, from the moment that this is decided. */
function waitingFor(file: string): string | undefined {
  const [folder, begin] = [dirname(file), `${basename(file)}.restored-`];
  const waiting = readdirSync(folder).filter((name) => name.startsWith(begin));
  const last = waiting.toSorted().at(-1);
  return last === undefined ? undefined : join(folder, last);
}

/** Whether there is a database: it may wait for the end of an exchange that was cut off. */
export const isThere = (file: string): boolean =>
  existsSync(file) || (existsSync(dirname(file)) && waitingFor(file) !== undefined);

/** Removes a database that is closed, with what stands beside it. */
export function removeDatabase(file: string): void {
  for (const end of ["", ...COMPANIONS]) rmSync(file + end, { force: true });
}

/** Each step is harmless when it was done before, and is on the disk before the next. */
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
