import { steadyNow } from "../clock.ts";
import { HotTier } from "./hot.ts";
import {
  CacheStore,
  type Entry,
  type CacheTable as StoredTable,
  CACHE_TABLES as TABLES,
  tagsIn,
} from "./store.ts";
import { TagVersions } from "./versions.ts";

export type { Entry } from "./store.ts";

/** The cache table of a read's answer; `none` for an answer that is never cached. */
export type CacheTable = StoredTable | "none";

/** The hot tier is in the JavaScript heap, which stays small. The database is outside the heap. */
const MAX_HOT_BYTES = 64 * 1_048_576;

/** Work of one slice of garbage collection (a third of a millisecond), and the pause until the next slice. */
const ROWS_A_SLICE = 8;
const SLOTS_A_SLICE = 64;
const PAUSE_MS = 5;

/**
 * Every so many entries found in the database, one is promoted to the hot tier. A popular entry is still promoted
 * soon. Entries of equal popularity do not keep evicting each other.
 */
const PROMOTED = 4;

/** Tag of everything: a write that touches it clears the cache. */
export const ALL_TAGS = "*";

export interface CacheOptions {
  /** Bytes of both tiers together; 0 = no cache. */
  readonly maxBytes: number;
  readonly now?: () => number;
}

/** A logical time, taken before a read is sent. Its fill is judged against it. */
export type Moment = number;

export interface CacheCounters {
  readonly staleFills: number;
  readonly invalidations: ReadonlyMap<string, number>;
}

/**
 * A coherent cache of two tiers: a bounded LRU map of answers ready to send, and the cache database. An entry moves
 * to the database when the map evicts it, if it was hit there. An entry without a hit is not worth the database's
 * work.
 *
 * The guarantee: after `invalidate` returns, no entry with a touched tag is found, and no answer that was read
 * before it is filled in. A fill carries the moment before its read was sent. If one of its tags was touched since,
 * the fill is dropped, because the read may have seen the state before the write.
 *
 * The cost of `invalidate` depends on the number of tags, not on the number of entries. An entry is validated when
 * it is looked up. Dead entries are collected later, in slices.
 *
 * Single-threaded and synchronous: check and fill are atomic.
 */
export class Cache {
  readonly #store: CacheStore;
  readonly #hot: HotTier;
  readonly #versions = new TagVersions();
  readonly #now: () => number;
  readonly #invalidations = new Map<string, number>();
  readonly enabled: boolean;
  /** Bytes that each tier may hold. */
  readonly limits: Readonly<Record<"hot" | "database", number>>;
  #staleFills = 0;
  #found = 0;
  #collecting: NodeJS.Timeout | undefined;

  constructor({ maxBytes, now = steadyNow }: CacheOptions) {
    this.enabled = maxBytes > 0;
    this.#now = now;
    const hotBytes = Math.max(1, Math.min(Math.floor(maxBytes / 2), MAX_HOT_BYTES));
    this.limits = { hot: hotBytes, database: Math.max(0, maxBytes - hotBytes) };
    this.#store = new CacheStore(this.limits.database);
    this.#hot = new HotTier(hotBytes, (key, { table, entry, tags, hit, stored }) => {
      if (!hit || stored) return;
      this.#demote(
        table,
        key,
        entry,
        tags.map(({ name }) => name),
      );
    });
  }

  get(table: CacheTable, key: string): Entry | undefined {
    const now = this.#now();
    return this.#hot.get(key, now) ?? this.#promote(table, key, now);
  }

  #promote(table: CacheTable, key: string, now: number): Entry | undefined {
    if (table === "none") return undefined;
    const stored = this.#store.get(table, key);
    if (stored === undefined || stored.entry.expiresAt <= now) return undefined;
    if (++this.#found % PROMOTED === 0) this.#hot.set(table, key, stored.entry, tagsIn(stored.tags), true);
    return stored.entry;
  }

  #demote(table: StoredTable, key: string, entry: Entry, tags: readonly string[]): void {
    this.#store.set(table, key, entry, tags);
    if (this.#store.hasGarbage) this.#collectSoon();
  }

  get moment(): Moment {
    return this.#versions.now;
  }

  /** Whether a write since `then` may have changed what these tags cover. */
  movedSince(then: Moment, tags: Iterable<string>): boolean {
    return this.#versions.movedSince(then, tags);
  }

  /** @returns the entry. It is cached only if none of its tags was touched since `then`. */
  fill(table: CacheTable, key: string, answer: Answer, tags: readonly string[], then: Moment): Entry {
    const storedAt = this.#now();
    const { body, etag, lifetime } = answer;
    const entry: Entry = { body, etag, storedAt, expiresAt: storedAt + lifetime * 1_000 };
    if (table === "none" || !this.enabled) return entry;
    if (this.#versions.movedSince(then, tags)) this.#staleFills++;
    else if (!this.#hot.set(table, key, entry, tags, false)) this.#demote(table, key, entry, tags);
    return entry;
  }

  /** Call it after the commit and before the response. */
  invalidate(tags: readonly string[]): void {
    if (tags.length === 0) return;
    for (const tag of tags) this.#count(tag);
    if (tags.includes(ALL_TAGS)) this.clear();
    else this.#touch(tags);
  }

  #touch(tags: readonly string[]): void {
    this.#versions.touch(tags);
    this.#hot.touch(tags);
    this.#store.touch(tags);
    if (this.#store.hasGarbage) this.#collectSoon();
  }

  clear(): void {
    this.#versions.touchAll();
    this.#hot.clear();
    this.#store.clear();
    if (this.#store.hasGarbage) this.#collectSoon();
  }

  #collectSoon(): void {
    this.#collecting ??= setTimeout(() => {
      this.#collecting = undefined;
      this.collect();
    }, PAUSE_MS).unref();
  }

  /**
   * Removes a slice of the dead and expired entries. It reschedules itself while there are more, and runs after a
   * write that killed rows of the database. Expired entries, and dead ones of the hot tier, wait for a periodic
   * call.
   */
  collect(): void {
    const now = this.#now();
    const moreRows = this.#store.collect(ROWS_A_SLICE, now);
    const moreSlots = this.#hot.collect(SLOTS_A_SLICE, now);
    if (moreRows || moreSlots) this.#collectSoon();
  }

  close(): void {
    clearTimeout(this.#collecting);
    this.#hot.clear();
    this.#store.close();
  }

  /** Dead entries count until they are collected. */
  entries(table: StoredTable): number {
    return this.#hot.count(table) + this.#store.count(table);
  }

  get entryCounts(): Readonly<Record<StoredTable, number>> {
    return Object.fromEntries(TABLES.map((table) => [table, this.entries(table)])) as Record<
      StoredTable,
      number
    >;
  }

  get bytes(): { readonly hot: number; readonly database: number } {
    return { hot: this.#hot.bytes, database: this.#store.bytes };
  }

  get counters(): CacheCounters {
    return { staleFills: this.#staleFills, invalidations: this.#invalidations };
  }

  /** By kind (`tracks` of `tracks:17`), so that the number of labels does not grow with the data. */
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
