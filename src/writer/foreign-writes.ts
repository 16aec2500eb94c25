import type { Statement } from "better-sqlite3";
import type { Connection } from "../shared/database/sqlite.ts";

/**
 * Notices commits of other connections, by SQLite's `data_version`: it stays the same for what this connection writes
 * itself, its checkpoints included. This is the only writer of the server, so another commit is another program's.
 */
export class ForeignWrites {
  readonly #version: Statement<[], number>;
  #seen: number | undefined;

  constructor(db: Connection) {
    this.#version = db.prepare<[], number>("PRAGMA data_version").pluck();
    this.#seen = this.#look();
  }

  /** Whether there was one since this was last asked. */
  happened(): boolean {
    const before = this.#seen;
    this.#seen = this.#look() ?? before;
    return this.#seen !== before;
  }

  /** Undefined when the file cannot be looked at: whatever is wrong with it, the next batch says so. */
  #look(): number | undefined {
    try {
      return this.#version.get();
    } catch {
      return undefined;
    }
  }
}
