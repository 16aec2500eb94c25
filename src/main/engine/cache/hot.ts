import { LRUCache } from "lru-cache";
import type { CacheTable, Entry } from "./store.ts";

/** A tag that entries here carry. */
interface Tag {
  readonly name: string;
  /** The latest touch, by the tier's own count of them. */
  touched: number;
  entries: number;
}

/** An entry in the hot tier. */
export interface Slot {
  readonly table: CacheTable;
  readonly entry: Entry;
  readonly tags: readonly Tag[];
  /** None of its tags was touched up to here. */
  checked: number;
  /** Whether anybody has asked for it since it came. */
  asked: boolean;
  /** Whether it came from the database, and is there still. */
  readonly stored: boolean;
}

/** What an entry costs beside its text, and each of its tags. Bytes. */
const SLOT_BYTES = 200;
const TAG_BYTES = 50;

/**
 * The entries that were asked for lately, as JavaScript objects: bounded in bytes, the least recently used go first.
 *
 * A touch of a tag costs one look-up, however many entries carry the tag: it notes on the tag that it was touched, and
 * an entry looks at its tags when it is asked for. It does so once for each touch of any tag that is known here;
 * between two of them a hit compares two numbers. What was found dead so goes then; the rest is collected, or pushed
 * out, since nobody asks for it.
 */
export class HotTier {
  readonly #maxBytes: number;
  readonly #onEvicted: (key: string, slot: Slot) => void;
  #slots: LRUCache<string, Slot>;
  #tags = new Map<string, Tag>();
  #touches = 0;
  #counts = new Map<CacheTable, number>();
  #pass: Generator<string, void> | undefined;

  /** @param onEvicted told of what had to make room and was fine. */
  constructor(maxBytes: number, onEvicted: (key: string, slot: Slot) => void) {
    this.#maxBytes = maxBytes;
    this.#onEvicted = onEvicted;
    this.#slots = this.#emptySlots();
  }

  #emptySlots(): LRUCache<string, Slot> {
    return new LRUCache<string, Slot>({
      maxSize: this.#maxBytes,
      dispose: (slot, key, reason) => this.#gone(slot, key, reason === "evict"),
    });
  }

  get bytes(): number {
    return this.#slots.calculatedSize;
  }

  /** Entries of the table that the database does not have. */
  count(table: CacheTable): number {
    return this.#counts.get(table) ?? 0;
  }

  get(key: string, now: number): Entry | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    if (!this.#isFine(slot, now)) {
      this.#slots.delete(key);
      return undefined;
    }
    slot.asked = true;
    return slot.entry;
  }

  #isFine(slot: Slot, now: number): boolean {
    if (slot.entry.expiresAt <= now) return false;
    if (slot.checked === this.#touches) return true;
    for (const { touched } of slot.tags) if (touched > slot.checked) return false;
    slot.checked = this.#touches;
    return true;
  }

  /** @returns false when it is larger than the whole tier: then nothing is kept under the key. */
  set(table: CacheTable, key: string, entry: Entry, tags: readonly string[], stored: boolean): boolean {
    const { body, etag } = entry;
    const size = SLOT_BYTES + 2 * (body.length + etag.length + key.length) + TAG_BYTES * tags.length;
    if (size > this.#maxBytes) return this.#slots.delete(key) && false;
    const carried = tags.map((tag) => this.#carry(tag));
    const slot = { table, entry, tags: carried, checked: this.#touches, asked: false, stored };
    this.#counts.set(table, this.count(table) + Number(!stored));
    this.#slots.set(key, slot, { size });
    return true;
  }

  #carry(name: string): Tag {
    let tag = this.#tags.get(name);
    if (tag === undefined) {
      tag = { name, touched: 0, entries: 0 };
      this.#tags.set(name, tag);
    }
    tag.entries++;
    return tag;
  }

  #gone(slot: Slot, key: string, evicted: boolean): void {
    this.#counts.set(slot.table, this.count(slot.table) - Number(!slot.stored));
    if (evicted && this.#isFine(slot, 0)) this.#onEvicted(key, slot);
    for (const tag of slot.tags) if (--tag.entries === 0) this.#tags.delete(tag.name);
  }

  touch(tags: readonly string[]): void {
    for (const name of tags) {
      const tag = this.#tags.get(name);
      if (tag !== undefined) tag.touched = ++this.#touches;
    }
  }

  /** Looks at some entries, those longest unused first. @returns whether there are more to look at. */
  collect(most: number, now: number): boolean {
    this.#pass ??= this.#slots.rkeys();
    for (let looked = 0; looked < most; looked++) {
      const { done, value: key } = this.#pass.next();
      if (done) {
        this.#pass = undefined;
        return false;
      }
      const slot = this.#slots.peek(key!);
      if (slot !== undefined && !this.#isFine(slot, now)) this.#slots.delete(key!);
    }
    return true;
  }

  /** In one step, whatever it holds. */
  clear(): void {
    this.#pass = undefined;
    this.#slots = this.#emptySlots();
    this.#tags = new Map();
    this.#counts = new Map();
  }
}
