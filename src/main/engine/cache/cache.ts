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

/** Where a read's answer is kept; `none` for what is never kept. */
export type CacheTable = StoredTable | "none";

/** The hot tier lies in the JavaScript heap, which stays small; the rest of the cache does not. */
const MAX_HOT_BYTES = 64 * 1_048_576;

/** What one slice of collecting looks at, a third of a millisecond of work, and the pause until the next. */
const ROWS_A_SLICE = 16;
const SLOTS_A_SLICE = 200;
const PAUSE_MS = 5;

/**
 * One in so many entries that the database gave is promoted to the hot tier. What is asked for often is promoted
 * soon all the same; what is asked for as often as everything else does not push its like out again and again.
 */
const PROMOTED = 4;

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
 * Two tiers: a bounded map of what was asked for lately, ready to be sent, and the cache database for what had to
 * leave it and was asked for while it was there. What nobody asked for twice is not worth the database's work.
 *
 * The promise: after `invalidate` returns, nothing that a touched tag covers is found, and nothing that was read
 * before it is filled in. A fill carries the moment before its read was sent; when one of its tags moved since
 * then, it is dropped, because the read may have seen the state before the write.
 *
 * `invalidate` costs as much as there are tags, however much they cover: an entry is judged when it is asked for, and
 * what is dead is collected afterwards, in slices.
 *
 * Single-threaded and synchronous: there is no moment between a look and a decision.
 */
export class Cache {
  readonly #store: CacheStore;
  readonly #hot: HotTier;
  readonly #versions = new TagVersions();
  readonly #now: () => number;
  readonly #invalidations = new Map<string, number>();
  readonly enabled: boolean;
  #staleFills = 0;
  #found = 0;
  #collecting: NodeJS.Timeout | undefined;

  constructor({ maxBytes, now = steadyNow }: CacheOptions) {
    this.enabled = maxBytes > 0;
    this.#now = now;
    const hotBytes = Math.max(1, Math.min(Math.floor(maxBytes / 2), MAX_HOT_BYTES));
    this.#store = new CacheStore(Math.max(0, maxBytes - hotBytes));
    this.#hot = new HotTier(hotBytes, (key, { table, entry, tags, asked, stored }) => {
      if (!asked || stored) return;
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
    if (this.#store.littered) this.#collectSoon();
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
    else if (!this.#hot.set(table, key, entry, tags, false)) this.#demote(table, key, entry, tags);
    return entry;
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
    this.#hot.touch(tags);
    this.#store.touch(tags);
    if (this.#store.littered) this.#collectSoon();
  }

  clear(): void {
    this.#versions.touchAll();
    this.#hot.clear();
    this.#store.clear();
    if (this.#store.littered) this.#collectSoon();
  }

  #collectSoon(): void {
    this.#collecting ??= setTimeout(() => {
      this.#collecting = undefined;
      this.collect();
    }, PAUSE_MS).unref();
  }

  /**
   * Removes a slice of what is dead or has expired. It comes again by itself while there is more, and after a write
   * that made rows of the database dead; what only expires, and the dead of the hot tier, wait for somebody to call
   * it now and then.
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

  /** What a touched tag made dead counts until it is collected. */
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
