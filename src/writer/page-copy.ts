import { closeSync, fsync, openSync } from "node:fs";
import { promisify } from "node:util";
import type { BackupMetadata } from "better-sqlite3";
import type { Connection } from "../shared/database/sqlite.ts";
import { AppError } from "../shared/errors.ts";
import type { CopyReport } from "../shared/protocol.ts";

/** Target duration of one step of the copy, in milliseconds: the delay of a batch that arrives meanwhile. */
const STEP_MS = 3;
const [FEWEST_PAGES, FIRST_PAGES, MOST_PAGES] = [16, 64, 512];

/** Pages between two syncs of the copy. */
const SYNC_PAGES = 4_096;

/**
 * Copies the database page by page on the writer's connection, a few pages after each batch.
 *
 * Writes of the same connection do not disturb the copy: SQLite updates pages already copied. The copy shows the
 * state at its end. It holds no snapshot, so checkpoints go on and the WAL stays small. The alternative, a reader's
 * snapshot, let the WAL of a busy database of a million tracks grow to 800 MB. Writes of another connection would
 * restart this copy, so it suits a server that is the only writer.
 *
 * - A step copies as many pages as recently took 3 ms. Batches between two steps are not counted.
 * - The last step syncs the copy. Syncing along the way, in another thread, keeps that short.
 * - SQLite's backup resolves without copying anything if its connection is in a transaction. So the copy is
 *   accepted only if all of its pages were counted.
 * - One at a time; `cancel` ends it.
 */
export class PageCopy {
  readonly #db: Connection;
  #running = false;
  #cancelled = false;
  /** When the thread last became free for a step. */
  #free = 0;

  constructor(db: Connection) {
    this.#db = db;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Call it when a job of the writer is done: its time does not count as the copy's. */
  jobDone(): void {
    this.#free = performance.now();
  }

  cancel(): void {
    this.#cancelled = this.#running;
  }

  /** @param to an empty file. @throws AppError `backup_running`, `backup_failed`, or SQLite's error. */
  async run(to: string): Promise<CopyReport> {
    if (this.#running) throw new AppError("backup_running");
    [this.#running, this.#cancelled] = [true, false];
    const syncer = new Syncer(to);
    try {
      return await this.#copy(to, syncer);
    } finally {
      this.#running = false;
      await syncer.close();
    }
  }

  async #copy(to: string, syncer: Syncer): Promise<CopyReport> {
    let [pages, longestMs] = [0, 0];
    const took = () => {
      const ms = performance.now() - this.#free;
      longestMs = Math.max(longestMs, ms);
      return ms;
    };
    const progress = ({ totalPages, remainingPages }: BackupMetadata) => {
      if (this.#cancelled) throw new AppError("closing", { detail: "the copy was cancelled" });
      // Before the first step there is nothing to measure: that time is the file system's, and no page was copied.
      pages = pages === 0 ? FIRST_PAGES : nextPages(pages, took());
      syncer.advance(totalPages - remainingPages);
      this.#free = performance.now();
      return pages;
    };
    const { totalPages, remainingPages } = await this.#db.backup(to, { progress });
    const lastMs = took();
    const at = new Date().toISOString();
    if (remainingPages !== 0 || totalPages !== this.#pageCount()) {
      throw new AppError("backup_failed", {
        detail: `${remainingPages} of ${totalPages} pages were not copied`,
      });
    }
    return { at, pages: totalPages, longestMs, lastMs };
  }

  /** Nothing has run on this thread since the last step, so the count is still the copy's. */
  #pageCount(): number {
    return this.#db.pragma("page_count", { simple: true }) as number;
  }
}

/** The number of pages that would have taken the target time, at most twice the last number. */
function nextPages(pages: number, ms: number): number {
  const wanted = Math.round((pages * STEP_MS) / Math.max(0.1, ms));
  return Math.max(FEWEST_PAGES, Math.min(wanted, 2 * pages, MOST_PAGES));
}

const syncing = promisify(fsync);

/** Syncs a growing file every few pages, one sync at a time, without waiting for it. */
class Syncer {
  readonly #descriptor: number;
  #synced = 0;
  #underWay: Promise<void> | undefined;

  constructor(file: string) {
    this.#descriptor = openSync(file, "r");
  }

  advance(pages: number): void {
    if (this.#underWay !== undefined || pages - this.#synced < SYNC_PAGES) return;
    this.#synced = pages;
    // A failed sync is reported by the copy's last step.
    this.#underWay = syncing(this.#descriptor)
      .catch(() => {})
      .finally(() => {
        this.#underWay = undefined;
      });
  }

  async close(): Promise<void> {
    await this.#underWay;
    closeSync(this.#descriptor);
  }
}
