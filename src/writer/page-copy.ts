import { closeSync, fsync, openSync } from "node:fs";
import { promisify } from "node:util";
import type { BackupMetadata } from "better-sqlite3";
import type { Connection } from "../shared/database/sqlite.ts";
import { AppError } from "../shared/errors.ts";
import type { CopyReport } from "../shared/protocol.ts";

/** Milliseconds that one step of the copy aims at: what a batch that comes meanwhile waits. */
const STEP_MS = 3;
const [FEWEST_PAGES, FIRST_PAGES, MOST_PAGES] = [16, 64, 512];

/** Pages after which what is written so far is sent to the disk. */
const SYNC_PAGES = 4_096;

/**
 * Copies the database page by page on the writer's own connection, a few pages after each batch.
 *
 * Its own writes do not disturb the copy (SQLite brings pages that were copied already up to date), which is as of
 * its end. No snapshot is held meanwhile, so checkpoints go on and the WAL stays as small as ever. The other way, a
 * reader's snapshot, let the WAL of a busy million tracks grow to 800 MB; another connection's writes in turn would
 * make this one begin anew, so it is for a server that is the only one to write.
 *
 * - A step is as many pages as lately took 3 ms, the batches between two steps not counted.
 * - The last step syncs the copy. What it has to sync is kept small by syncing on the way, in another thread.
 * - SQLite's backup resolves without having copied anything when its connection is in a transaction, so the copy is
 *   believed only when every page of it was counted.
 * - One at a time; `cancel` ends it.
 */
export class PageCopy {
  readonly #db: Connection;
  #running = false;
  #cancelled = false;
  /** When the thread was last free to take a step. */
  #free = 0;

  constructor(db: Connection) {
    this.#db = db;
  }

  get running(): boolean {
    return this.#running;
  }

  /** To be told when a job of the writer's is done: its time is not the copy's. */
  jobDone(): void {
    this.#free = performance.now();
  }

  cancel(): void {
    this.#cancelled = this.#running;
  }

  /** @param to an empty file. @throws AppError `backup_running`, `backup_failed`, or what SQLite said. */
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
      // What comes before the first step is no step: it waits for the file system, and copies nothing.
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

  /** Nothing has run on this thread since the last step, so it is still that of the copy. */
  #pageCount(): number {
    return this.#db.pragma("page_count", { simple: true }) as number;
  }
}

/** As many as would have taken the time that a step aims at, and at most twice as many as before. */
function nextPages(pages: number, ms: number): number {
  const wanted = Math.round((pages * STEP_MS) / Math.max(0.1, ms));
  return Math.max(FEWEST_PAGES, Math.min(wanted, 2 * pages, MOST_PAGES));
}

const syncing = promisify(fsync);

/** Sends a growing file to the disk every few pages, one sync at a time, without waiting for it. */
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
    // What cannot be synced now fails the copy at its end.
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
