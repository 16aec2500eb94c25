import type { Follower } from "./follower.ts";
import type { Position } from "./position.ts";
import type { Rqlite } from "./rqlite.ts";

/** Milliseconds between two questions, and for which one may wait. */
const EVERY_MS = 500;
const PATIENCE_MS = 1_000;

export const POSITION_SQL = "SELECT epoch, seq FROM cluster_commits";

/**
 * Asks twice a second how far the leader has come: whether there is one, whether this server's own node knows it, and
 * how old what this server shows may be.
 */
export class Heartbeat {
  readonly #rqlite: Rqlite;
  readonly #follower: Follower;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** By `performance.now()`: when a leader last answered, and when what it had was last shown by the file. */
  #led: number;
  #current: number;
  #attached = true;

  constructor(rqlite: Rqlite, follower: Follower) {
    this.#rqlite = rqlite;
    this.#follower = follower;
    this.#led = this.#current = performance.now();
    this.#later();
  }

  /** Whether the own node answers and knows a leader. */
  get attached(): boolean {
    return this.#attached;
  }

  /** Milliseconds since a leader last answered. */
  get leaderlessMs(): number {
    return performance.now() - this.#led;
  }

  /** Milliseconds by which what the file shows may be behind. */
  get behindMs(): number {
    return performance.now() - this.#current;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #later(): void {
    if (!this.#closed) this.#timer = setTimeout(() => void this.#beat(), EVERY_MS).unref();
  }

  async #beat(): Promise<void> {
    const asked = performance.now();
    try {
      const { position, own } = await this.#ask();
      this.#attached = own;
      this.#led = asked;
      if (await this.#follower.reached(position, EVERY_MS)) this.#current = Math.max(this.#current, asked);
    } catch {
      this.#attached = false;
    }
    this.#later();
  }

  /** @throws AppError `writer_lost`. */
  async #ask(): Promise<{ position: Position; own: boolean }> {
    const { rows, from } = await this.#rqlite.query(POSITION_SQL, PATIENCE_MS);
    const [epoch = 0, seq = 0] = (rows[0] ?? []) as number[];
    return { position: { epoch, seq }, own: from === this.#rqlite.own };
  }
}
