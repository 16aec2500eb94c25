/**
 * When each tag was last touched by a write, as a number that only grows. It answers one question: has any of
 * these tags moved since then?
 *
 * Bounded: past `maxTags` the oldest half is forgotten, and everything that began before it counts as moved. That
 * can only drop a fill too many, never keep one too long.
 */
export class TagVersions {
  readonly #maxTags: number;
  /** Insertion order is the order of the touches: a touched tag is moved to the end. */
  readonly #touched = new Map<string, number>();
  #now = 0;
  #forgotten = 0;

  constructor(maxTags = 50_000) {
    this.#maxTags = maxTags;
  }

  /** The present, to be remembered before a read is sent. */
  get now(): number {
    return this.#now;
  }

  get size(): number {
    return this.#touched.size;
  }

  touch(tags: Iterable<string>): void {
    this.#now++;
    for (const tag of tags) {
      this.#touched.delete(tag);
      this.#touched.set(tag, this.#now);
    }
    if (this.#touched.size > this.#maxTags) this.#forgetHalf();
  }

  /** Touches every tag there is or may be. */
  touchAll(): void {
    this.#touched.clear();
    this.#forgotten = ++this.#now;
  }

  movedSince(then: number, tags: Iterable<string>): boolean {
    if (then < this.#forgotten) return true;
    for (const tag of tags) if ((this.#touched.get(tag) ?? 0) > then) return true;
    return false;
  }

  #forgetHalf(): void {
    let surplus = this.#touched.size - Math.floor(this.#maxTags / 2);
    for (const [tag, version] of this.#touched) {
      if (surplus-- <= 0) return;
      this.#touched.delete(tag);
      this.#forgotten = version;
    }
  }
}
