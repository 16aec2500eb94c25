import type { Connection } from "../shared/database/sqlite.ts";
import { framesIn } from "../shared/database/wal.ts";
import { AppError } from "../shared/errors.ts";
import type { WalState } from "../shared/protocol.ts";
import { checkpoint, walBytes, walState } from "./checkpoints.ts";
import type { Room } from "./group-commit.ts";

/**
 * Bytes that a transaction may add to the WAL before it is committed. Before that it fills the connection's cache: a
 * transaction smaller than that adds nothing until its commit.
 */
const SPILLED_BYTES = 4_194_304;

/**
 * The WAL's length, and the limit past which nothing is written to it.
 *
 * The limit is judged here, before each transaction, and not on the front: batches are on their way while the front
 * still reads the report of the one before. So the WAL holds the limit and one transaction at the most, and a
 * transaction holds the connection's cache, {@link SPILLED_BYTES} and what one command writes.
 */
export class WalLimit implements Room {
  readonly #db: Connection;
  readonly #file: string;
  readonly #maxFrames: number;
  #last: WalState;

  /** @param maxBytes undefined where the WAL is somebody else's to shrink. */
  constructor(db: Connection, file: string, maxBytes: number | undefined) {
    this.#db = db;
    this.#file = file;
    const pageBytes = db.pragma("page_size", { simple: true }) as number;
    this.#maxFrames = maxBytes === undefined ? Number.POSITIVE_INFINITY : framesIn(maxBytes, pageBytes);
    this.#last = walState(db, file);
  }

  /**
   * The state beside a batch's outcomes. By then the batch is committed, so nothing may fail any more: a WAL that
   * cannot be looked at is reported as it last was.
   */
  get state(): WalState {
    try {
      this.#last = walState(this.#db, this.#file);
    } catch {
      // The next commit or checkpoint meets the same trouble, and says so.
    }
    return this.#last;
  }

  /** A WAL that is past its limit is truncated first, where no reader holds that back. */
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
