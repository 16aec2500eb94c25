import { LRUCache } from "lru-cache";
import type { CacheTable, Entry } from "./store.ts";

/** A tag of entries in this tier. */
interface Tag {
  readonly name: string;
  /** Its latest touch, as a value of `HotTier.#touches`. */
  touched: number;
  entries: number;
}

export interface Slot {
  readonly table: CacheTable;
  readonly entry: Entry;
  readonly tags: readonly Tag[];
  /** Up to this touch, none of its tags was touched. */
  checked: number;
  /** Whether it had a hit since it was added. */
  hit: boolean;
  /** Whether it is also in the database. */
  readonly stored: boolean;
}

/** Overhead of an entry and of each of its tags, in bytes. */
const SLOT_BYTES = 200;
const TAG_BYTES = 50;

/**
 * The LRU tier: recently used entries as JavaScript objects, bounded in bytes.
 *
 * To touch a tag costs one look-up, however many entries have the tag: only the tag records it. An entry checks its
 * tags on a hit, once after each touch of any tag known here. Otherwise a hit compares two numbers. An entry found
 * dead is removed at once. Other dead entries are collected or evicted.
 */
export class HotTier {
  readonly #maxBytes: number;
  readonly #onEvicted: (key: string, slot: Slot) => void;
  #slots: LRUCache<string, Slot>;
  #tags = new Map<string, Tag>();
  #touches = 0;
  #counts = new Map<CacheTable, number>();
  #pass: Generator<string, void> | undefined;

  /** @param onEvicted called with each valid entry that was evicted to make room. */
  constructor(maxBytes: number, onEvicted: (key: string, slot: Slot) => void) {
    this.#maxBytes = maxBytes;
    this.#onEvicted = onEvicted;
    this.#slots = this.#emptySlots();
  }

  #emptySlots(): LRUCache<string, Slot> {
    return new LRUCache<string, Slot>({
      maxSize: this.#maxBytes,
      dispose: (slot, key, reason) => this.#onRemoved(slot, key, reason === "evict"),
    });
  }

  get bytes(): number {
    return this.#slots.calculatedSize;
  }

  /** Entries of the table that are not in the database. */
  count(table: CacheTable): number {
    return this.#counts.get(table) ?? 0;
  }

  get(key: string, now: number): Entry | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    if (!this.#isValid(slot, now)) {
      this.#slots.delete(key);
      return undefined;
    }
    slot.hit = true;
    return slot.entry;
  }

  #isValid(slot: Slot, now: number): boolean {
    if (slot.entry.expiresAt <= now) return false;
    if (slot.checked === this.#touches) return true;
    for (const { touched } of slot.tags) if (touched > slot.checked) return false;
    slot.checked = this.#touches;
    return true;
  }

  /** @returns false if the entry is larger than the whole tier: then nothing is kept under the key. */
  set(table: CacheTable, key: string, entry: Entry, tags: readonly string[], stored: boolean): boolean {
    const { body, etag } = entry;
    const size = SLOT_BYTES + 2 * (body.length + etag.length + key.length) + TAG_BYTES * tags.length;
    if (size > this.#maxBytes) return this.#slots.delete(key) && false;
    const carried = tags.map((tag) => this.#carry(tag));
    const slot = { table, entry, tags: carried, checked: this.#touches, hit: false, stored };
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

  #onRemoved(slot: Slot, key: string, evicted: boolean): void {
    this.#counts.set(slot.table, this.count(slot.table) - Number(!slot.stored));
    if (evicted && this.#isValid(slot, 0)) this.#onEvicted(key, slot);
    for (const tag of slot.tags) if (--tag.entries === 0) this.#tags.delete(tag.name);
  }

  touch(tags: readonly string[]): void {
    for (const name of tags) {
      const tag = this.#tags.get(name);
      if (tag !== undefined) tag.touched = ++this.#touches;
    }
  }

  /** Checks some entries, the least recently used first. @returns whether there are more to check. */
  collect(most: number, now: number): boolean {
    this.#pass ??= this.#slots.rkeys();
    for (let looked = 0; looked < most; looked++) {
      const { done, value: key } = this.#pass.next();
      if (done) {
        this.#pass = undefined;
        return false;
      }
      const slot = this.#slots.peek(key!);
      if (slot !== undefined && !this.#isValid(slot, now)) this.#slots.delete(key!);
    }
    return true;
  }

  /** In constant time. */
  clear(): void {
    this.#pass = undefined;
    this.#slots = this.#emptySlots();
    this.#tags = new Map();
    this.#counts = new Map();
  }
}
