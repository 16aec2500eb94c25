/**
 * The logical time of each tag's last write. It answers one question about a read in flight: was any of these tags
 * touched since then?
 *
 * Bounded, in two generations. When the younger one has half of `maxTags`, the older is forgotten in one step, and
 * all reads that began before its end count as touched. That can drop a fill without need; it never keeps a stale
 * one.
 */
export class TagVersions {
  readonly #half: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #now = 0;
  /** The last moment of the forgotten generation, and the last of the older generation. */
  #forgotten = 0;
  #oldEnded = 0;

  constructor(maxTags = 50_000) {
    this.#half = Math.ceil(maxTags / 2);
  }

  /** The current moment. Take it before a read is sent. */
  get now(): number {
    return this.#now;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  touch(tags: Iterable<string>): void {
    this.#now++;
    for (const tag of tags) {
      this.#young.set(tag, this.#now);
      if (this.#young.size >= this.#half) this.#age();
    }
  }

  /** Touches every tag, known or not. */
  touchAll(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#forgotten = this.#oldEnded = ++this.#now;
  }

  movedSince(then: number, tags: Iterable<string>): boolean {
    if (then < this.#forgotten) return true;
    for (const tag of tags) if ((this.#young.get(tag) ?? this.#old.get(tag) ?? 0) > then) return true;
    return false;
  }

  #age(): void {
    this.#forgotten = this.#oldEnded;
    this.#oldEnded = this.#now;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
