import { LRUCache } from "lru-cache";
import { steadyNow } from "../clock.ts";
import { CacheStore, type Entry, type CacheTable as StoredTable, CACHE_TABLES as TABLES } from "./store.ts";
import { TagVersions } from "./versions.ts";

export type { Entry } from "./store.ts";

/** Where a read's answer is kept; `none` for what is never kept. */
export type CacheTable = StoredTable | "none";

/** The hot tier lies in the JavaScript heap, which stays small; the rest of the cache does not. */
const MAX_HOT_BYTES = 64 * 1_048_576;

/** The tag of everything: a write that touches it empties the cache. */
export const ALL_TAGS = "*";

export interface CacheOptions {
  /** Bytes of both tiers together; 0 = no cache. */
  readonly maxBytes: number;
  readonly now?: () => number;
}

/** A moment before a read is sent, against which its fill is judged. */
export type Moment = number;

export interface CacheCounters {
  readonly staleFills: number;
  readonly invalidations: ReadonlyMap<string, number>;
}

/**
 * Two tiers, one truth: the cache database knows every entry, its tags, expiry and size; a bounded map before it
 * holds the texts that are asked for often, ready to be sent.
 *
 * The promise: after `invalidate` returns, nothing that a touched tag covers is found, and nothing that was read
 * before it is filled in. A fill carries the moment before its read was sent; when one of its tags moved since
 * then, it is dropped, because the read may have seen the state before the write.
 *
 * Single-threaded and synchronous: there is no moment between a look and a decision.
 */
export class Cache {
  readonly #store: CacheStore;
  readonly #hot: LRUCache<string, Entry>;
  readonly #versions = new TagVersions();
  readonly #now: () => number;
  readonly #invalidations = new Map<string, number>();
  readonly enabled: boolean;
  #staleFills = 0;

  constructor({ maxBytes, now = steadyNow }: CacheOptions) {
    this.enabled = maxBytes > 0;
    this.#now = now;
    const hotBytes = Math.max(1, Math.min(Math.floor(maxBytes / 4), MAX_HOT_BYTES));
    this.#store = new CacheStore(maxBytes - hotBytes);
    this.#hot = new LRUCache({
      maxSize: hotBytes,
      sizeCalculation: ({ body, etag }, key) => 200 + 2 * (body.length + etag.length + key.length),
    });
  }

  get(table: CacheTable, key: string): Entry | undefined {
    const entry = this.#hot.get(key) ?? this.#promote(table, key);
    return entry !== undefined && entry.expiresAt > this.#now() ? entry : undefined;
  }

  #promote(table: CacheTable, key: string): Entry | undefined {
    if (table === "none" || !this.enabled) return undefined;
    const entry = this.#store.get(table, key);
    if (entry !== undefined) this.#hot.set(key, entry);
    return entry;
  }

  get moment(): Moment {
    return this.#versions.now;
  }

  /** Whether a write since then may have changed what these tags cover. */
  movedSince(then: Moment, tags: Iterable<string>): boolean {
    return this.#versions.movedSince(then, tags);
  }

  /** @returns the entry; it is kept only when none of its tags moved since `then`. */
  fill(table: CacheTable, key: string, answer: Answer, tags: readonly string[], then: Moment): Entry {
    const storedAt = this.#now();
    const { body, etag, lifetime } = answer;
    const entry: Entry = { body, etag, storedAt, expiresAt: storedAt + lifetime * 1_000 };
    if (table === "none" || !this.enabled) return entry;
    if (this.#versions.movedSince(then, tags)) this.#staleFills++;
    else this.#keep(table, key, entry, tags);
    return entry;
  }

  #keep(table: StoredTable, key: string, entry: Entry, tags: readonly string[]): void {
    this.#hot.set(key, entry);
    this.#drop(this.#store.set(table, key, entry, tags));
  }

  /** To be called after a commit and before its answer. */
  invalidate(tags: readonly string[]): void {
    if (tags.length === 0) return;
    for (const tag of tags) this.#count(tag);
    if (tags.includes(ALL_TAGS)) this.clear();
    else this.#touch(tags);
  }

  #touch(tags: readonly string[]): void {
    this.#versions.touch(tags);
    for (const tag of tags) this.#drop(this.#store.deleteTagged(tag));
  }

  clear(): void {
    this.#versions.touchAll();
    this.#hot.clear();
    this.#store.clear();
  }

  /** Removes a slice of what has expired; to be called now and then. */
  sweep(): void {
    this.#drop(this.#store.sweep(this.#now()));
  }

  close(): void {
    this.#hot.clear();
    this.#store.close();
  }

  entries(table: StoredTable): number {
    return this.#store.count(table);
  }

  get entryCounts(): Readonly<Record<StoredTable, number>> {
    return Object.fromEntries(TABLES.map((table) => [table, this.entries(table)])) as Record<
      StoredTable,
      number
    >;
  }

  get bytes(): { readonly hot: number; readonly database: number } {
    return { hot: this.#hot.calculatedSize, database: this.#store.bytes };
  }

  get counters(): CacheCounters {
    return { staleFills: this.#staleFills, invalidations: this.#invalidations };
  }

  #drop(keys: readonly string[]): void {
    for (const key of keys) this.#hot.delete(key);
  }

  /** By kind (`tracks` of `tracks:17`): a label must not grow with the data. */
  #count(tag: string): void {
    const kind = tag.split(":", 1)[0]!;
    this.#invalidations.set(kind, (this.#invalidations.get(kind) ?? 0) + 1);
  }
}

export interface Answer {
  readonly body: string;
  readonly etag: string;
  /** Seconds. */
  readonly lifetime: number;
}

export const CACHE_TABLES = TABLES;
