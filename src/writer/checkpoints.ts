import { statSync } from "node:fs";
import type { Connection } from "../shared/database/sqlite.ts";
import type { CheckpointMode, CheckpointReport, WalState } from "../shared/protocol.ts";

interface CheckpointRow {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

const WAIT_MS = 100;

/**
 * Moves the WAL into the database file. The front decides when (it knows what waits and can pause readers); this
 * runs it on the only connection that ever checkpoints.
 *
 * PASSIVE answers `busy: 0` even when a reader's snapshot held it back: completeness is read from the frames.
 * TRUNCATE waits for readers, with every write behind it: long enough for a batch of point reads and no longer.
 *
 * @param waitMs milliseconds that TRUNCATE waits for readers.
 */
export function checkpoint(
  db: Connection,
  file: string,
  mode: CheckpointMode,
  waitMs = WAIT_MS,
): CheckpointReport {
  const started = performance.now();
  const row = waiting(db, waitMs, () => (db.pragma(`wal_checkpoint(${mode})`) as CheckpointRow[])[0]!);
  const complete = row.busy === 0 && row.log === row.checkpointed;
  return { mode, complete, ms: performance.now() - started, wal: walState(db, file) };
}

/** The WAL's length without moving anything (`NOOP`, SQLite 3.51). */
export function walState(db: Connection, file: string): WalState {
  const row = (db.pragma("wal_checkpoint(NOOP)") as CheckpointRow[])[0]!;
  return { frames: Math.max(0, row.log), checkpointed: Math.max(0, row.checkpointed), bytes: walBytes(file) };
}

export function walBytes(file: string): number {
  return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

function waiting<T>(db: Connection, ms: number, action: () => T): T {
  const before = db.pragma("busy_timeout", { simple: true }) as number;
  db.pragma(`busy_timeout = ${ms}`);
  try {
    return action();
  } finally {
    db.pragma(`busy_timeout = ${before}`);
  }
}
