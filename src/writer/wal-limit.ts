import type { Connection } from "../shared/database/sqlite.ts";
import { framesIn } from "../shared/database/wal.ts";
import { AppError } from "../shared/errors.ts";
import type { WalState } from "../shared/protocol.ts";
import { checkpoint, walBytes, walState } from "./checkpoints.ts";
import type { Room } from "./group-commit.ts";

/**
 * Bytes that a transaction may add to the WAL before it is committed. A transaction smaller than the connection's
 * cache adds nothing before its commit.
 */
const SPILLED_BYTES = 4_194_304;

/**
 * The WAL's length, and the limit past which nothing is written to it.
 *
 * The limit is checked here before each transaction, not in the main thread: batches are on their way while the
 * main thread still reads the report of the previous one. So the WAL holds the limit and one transaction at most. A
 * transaction is at most the connection's cache, {@link SPILLED_BYTES} and the writes of one command.
 */
export class WalLimit implements Room {
  readonly #db: Connection;
  readonly #file: string;
  readonly #maxFrames: number;
  #last: WalState;

  /** @param maxBytes undefined if a replicator manages the WAL. */
  constructor(db: Connection, file: string, maxBytes: number | undefined) {
    this.#db = db;
    this.#file = file;
    const pageBytes = db.pragma("page_size", { simple: true }) as number;
    this.#maxFrames = maxBytes === undefined ? Number.POSITIVE_INFINITY : framesIn(maxBytes, pageBytes);
    this.#last = walState(db, file);
  }

  /**
   * The WAL's state for a batch's report. The batch is already committed, so nothing may fail: if the WAL can't be
   * read, the last known state is reported.
   */
  get state(): WalState {
    try {
      this.#last = walState(this.#db, this.#file);
    } catch {
      // The next commit or checkpoint meets the same error and reports it.
    }
    return this.#last;
  }

  /** Truncates a WAL past its limit first, if no reader blocks that. */
  refusal(): AppError | undefined {
    if (this.state.frames < this.#maxFrames) return undefined;
    this.#last = checkpoint(this.#db, this.#file, "TRUNCATE", 0).wal;
    if (this.#last.frames < this.#maxFrames) return undefined;
    const detail = `the WAL holds ${this.#last.bytes} bytes, and a long read keeps it from shrinking`;
    return new AppError("wal_full", { detail });
  }

  usedUp(): boolean {
    return walBytes(this.#file) - this.#last.bytes >= SPILLED_BYTES;
  }
}
