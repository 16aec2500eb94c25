import type { Statement } from "better-sqlite3";
import type { Connection } from "../shared/database/sqlite.ts";

/**
 * Detects commits of other connections by SQLite's `data_version`. It does not change with this connection's own
 * writes and checkpoints. This is the server's only writer, so another commit is another program's.
 */
export class ForeignWrites {
  readonly #version: Statement<[], number>;
  #seen: number | undefined;

  constructor(db: Connection) {
    this.#version = db.prepare<[], number>("PRAGMA data_version").pluck();
    this.#seen = this.#look();
  }

  /** Whether there was one since the last call. */
  happened(): boolean {
    const before = this.#seen;
    this.#seen = this.#look() ?? before;
    return this.#seen !== before;
  }

  /** Undefined if the file can't be read. The next batch reports the cause. */
  #look(): number | undefined {
    try {
      return this.#version.get();
    } catch {
      return undefined;
    }
  }
}
