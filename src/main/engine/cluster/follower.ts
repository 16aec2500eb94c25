import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../log.ts";
import { type Change, identityOf, NodeFile } from "./node-file.ts";
import { furthest, NOWHERE, type Position, reaches, textOf } from "./position.ts";

export interface FollowerOptions {
  readonly file: string;
  readonly log: Logger;
  /** Of each batch that appears in the file, in order; undefined: any number of batches were missed. */
  readonly onChange: (change: Change | undefined) => void;
  /** Runs the action while no reader of this process has the file open, and lets them open it anew. */
  readonly whileReadersClosed: (action: () => Promise<void>) => Promise<void>;
  /** Resolves when the node has applied what its cluster has committed. */
  readonly nodeReady: () => Promise<void>;
}

interface Waiting {
  readonly position: Position;
  readonly done: (reached: boolean) => void;
}

/** Milliseconds between two looks, while somebody waits and while nobody does. */
const EAGER_MS = 1;
const IDLE_MS = 10;
/** Milliseconds between two looks for another file. */
const IDENTITY_MS = 100;

/**
 * Follows the node's file: how far it has come, what changed, and whether rqlited replaced it.
 *
 * - Positions only grow. A replaced file that shows an older state (v8 rebuilds its file at every start) is not read
 *   before it has caught up.
 * - When the file was replaced, every connection of this process is closed before one is opened again: SQLite shares
 *   what it knows of a file within a process, and new connections would stay on the old one.
 * - Changes are reported before anybody who waits for their position hears of it.
 */
export class Follower {
  readonly #options: FollowerOptions;
  #file: NodeFile | undefined;
  #identity: string;
  #position = NOWHERE;
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #eager = false;
  #identified = 0;
  #reopening: Promise<void> | undefined;
  #closed = false;

  private constructor(options: FollowerOptions) {
    this.#options = options;
    this.#identity = identityOf(options.file);
    this.#file = new NodeFile(options.file);
    this.look();
    this.#schedule();
  }

  /** @throws SqliteError if the file is no database of this server. */
  static open(options: FollowerOptions): Follower {
    return new Follower(options);
  }

  /** How far this server has followed. */
  get position(): Position {
    return this.#position;
  }

  /** The open file; waits while it is being replaced. @throws Error when this was closed. */
  async file(): Promise<NodeFile> {
    while (this.#reopening !== undefined) await this.#reopening;
    if (this.#file === undefined) throw new Error("the node's file is closed");
    return this.#file;
  }

  /** @returns whether the file shows the position within the time. */
  async reached(position: Position, ms: number): Promise<boolean> {
    this.look();
    if (reaches(this.#position, position)) return true;
    if (ms <= 0 || this.#closed) return false;
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiting.done(false), ms);
      const waiting: Waiting = {
        position,
        done: (reached) => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve(reached);
        },
      };
      this.#waiting.add(waiting);
      this.#schedule();
    });
  }

  /** Takes notice of what is new. */
  look(): void {
    if (this.#file === undefined) return;
    try {
      const news = this.#file.news(this.#position);
      if (news === undefined || !reaches(news.position, this.#position)) return;
      if (news.changes === undefined) this.#options.onChange(undefined);
      else for (const change of news.changes) this.#options.onChange(change);
      this.#position = news.position;
    } catch {
      // The file is locked for recovery, or about to be replaced: the next look sees.
      return;
    }
    for (const { position, done } of this.#waiting) if (reaches(this.#position, position)) done(true);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#reopening;
    this.#file?.close();
    this.#file = undefined;
    for (const { done } of this.#waiting) done(false);
  }

  #schedule(): void {
    const eager = this.#waiting.size > 0;
    if (this.#closed || (this.#timer !== undefined && (this.#eager || !eager))) return;
    clearTimeout(this.#timer);
    this.#eager = eager;
    this.#timer = setTimeout(() => this.#tick(), eager ? EAGER_MS : IDLE_MS).unref();
  }

  #tick(): void {
    this.#timer = undefined;
    const now = performance.now();
    if (now - this.#identified >= IDENTITY_MS) {
      this.#identified = now;
      if (this.#file !== undefined && identityOf(this.#options.file) !== this.#identity) this.#replaced();
    }
    this.look();
    this.#schedule();
  }

  #replaced(): void {
    const { log, whileReadersClosed } = this.#options;
    const behind = this.#position;
    this.#file?.close();
    this.#file = undefined;
    log.warn(
      { position: textOf(behind) },
      "rqlite has replaced the file: it is opened again when it has caught up",
    );
    this.#reopening = whileReadersClosed(() => this.#openAgain(behind))
      .then(() => log.info({ position: textOf(this.#position) }, "the replaced file has caught up"))
      .catch((err) => log.error({ err }, "the replaced file could not be opened"))
      .finally(() => {
        this.#reopening = undefined;
      });
  }

  /** Only when it shows at least what was seen before. */
  async #openAgain(behind: Position): Promise<void> {
    while (!this.#closed) {
      await this.#options.nodeReady();
      const identity = identityOf(this.#options.file);
      const file = this.#tryOpen();
      if (file !== undefined && reaches(file.news(NOWHERE)?.position ?? NOWHERE, behind)) {
        file.close();
        this.#identity = identity;
        this.#file = new NodeFile(this.#options.file);
        this.look();
        this.#position = furthest(this.#position, behind);
        return;
      }
      file?.close();
      await delay(20);
    }
  }

  #tryOpen(): NodeFile | undefined {
    try {
      return new NodeFile(this.#options.file);
    } catch {
      return undefined;
    }
  }
}
