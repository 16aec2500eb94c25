import { statSync } from "node:fs";
import type { Connection } from "../shared/database/sqlite.ts";
import type { CheckpointMode, CheckpointReport, WalState } from "../shared/protocol.ts";

interface CheckpointRow {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

/**
 * Moves the WAL into the database file. The front decides when (it knows what waits and can pause readers); this
 * runs it on the only connection that ever checkpoints.
 *
 * PASSIVE answers `busy: 0` even when a reader's snapshot held it back: completeness is read from the frames.
 * TRUNCATE would wait for readers with every writer behind it, so its wait is cut to nothing and a refusal
 * is reported instead.
 */
export function checkpoint(db: Connection, file: string, mode: CheckpointMode): CheckpointReport {
  const started = performance.now();
  const row = withoutWaiting(db, () => (db.pragma(`wal_checkpoint(${mode})`) as CheckpointRow[])[0]!);
  const complete = row.busy === 0 && row.log === row.checkpointed;
  return { mode, complete, ms: performance.now() - started, wal: walState(db, file) };
}

/** The WAL's length without moving anything (`NOOP`, SQLite 3.51). */
export function walState(db: Connection, file: string): WalState {
  const row = (db.pragma("wal_checkpoint(NOOP)") as CheckpointRow[])[0]!;
  return { frames: Math.max(0, row.log), checkpointed: Math.max(0, row.checkpointed), bytes: walBytes(file) };
}

/**
 * The WAL's state beside a batch's outcomes. By then the batch is committed, so nothing may fail any more: a WAL
 * that cannot be looked at is reported as it last was.
 */
export class WalGauge {
  readonly #db: Connection;
  readonly #file: string;
  #last: WalState = { frames: 0, checkpointed: 0, bytes: 0 };

  constructor(db: Connection, file: string) {
    this.#db = db;
    this.#file = file;
  }

  get state(): WalState {
    try {
      this.#last = walState(this.#db, this.#file);
    } catch {
      // The next commit or checkpoint meets the same trouble, and says so.
    }
    return this.#last;
  }
}

function walBytes(file: string): number {
  return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

function withoutWaiting<T>(db: Connection, action: () => T): T {
  const before = db.pragma("busy_timeout", { simple: true }) as number;
  db.pragma("busy_timeout = 0");
  try {
    return action();
  } finally {
    db.pragma(`busy_timeout = ${before}`);
  }
}
