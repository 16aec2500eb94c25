/**
 * When each tag was last touched by a write, as a number that only grows. It answers one question of a read that is
 * on its way: has any of these tags moved since then?
 *
 * Bounded, in two generations: once the younger has half of `maxTags`, the older is forgotten in one step, and
 * everything that began before it ended counts as moved. That can only drop a fill too many, never keep one too long.
 */
export class TagVersions {
  readonly #half: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #now = 0;
  /** The last moment of what is forgotten, and that of the older generation. */
  #forgotten = 0;
  #oldEnded = 0;

  constructor(maxTags = 50_000) {
    this.#half = Math.ceil(maxTags / 2);
  }

  /** The present, to be remembered before a read is sent. */
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

  /** Touches every tag there is or may be. */
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
