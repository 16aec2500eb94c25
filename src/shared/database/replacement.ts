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
 * @param incoming at {@link incomingFile}, closed, checked and synced.
 */
export function replaceDatabase(file: string, time: string): Replaced {
  const waiting = `${file}.restored-${time}`;
  chmodSync(incomingFile(file), modeOf(file));
  renameSync(incomingFile(file), waiting);
  syncFolder(file);
  return finish(file, waiting);
}

/** Finishes an exchange that was cut off; harmless when there is none. The caller holds the writer's lock. */
export function finishReplacement(file: string): Replaced | undefined {
  const begin = `${basename(file)}.restored-`;
  const waiting = readdirSync(dirname(file)).filter((name) => name.startsWith(begin));
  const last = waiting.toSorted().at(-1);
  return last === undefined ? undefined : finish(file, join(dirname(file), last));
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
