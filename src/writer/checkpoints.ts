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
 * Runs a checkpoint. The main thread decides when (it knows what waits and can pause readers). This is the only
 * connection that ever checkpoints.
 *
 * PASSIVE returns `busy: 0` even if a reader's snapshot blocked it, so completeness is derived from the frames.
 * TRUNCATE waits for readers and delays every write meanwhile: the wait covers a batch of point reads and no more.
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

/** The WAL's length. Moves nothing (`NOOP`, SQLite 3.51). */
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
