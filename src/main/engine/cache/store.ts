import Database, { type Statement } from "better-sqlite3";

/** The tables of the cache database, by the kind of answer they hold. */
export const CACHE_TABLES = ["sessions", "queries", "aggregations", "search", "popular"] as const;
export type CacheTable = (typeof CACHE_TABLES)[number];

const TABLE_NAMES: Readonly<Record<CacheTable, string>> = {
  sessions: "cache_sessions",
  queries: "cache_queries",
  aggregations: "cache_aggregations",
  search: "cache_search_results",
  popular: "cache_popular_content",
};

/** A cached answer. Times are milliseconds since the epoch. */
export interface Entry {
  readonly body: string;
  readonly etag: string;
  readonly storedAt: number;
  readonly expiresAt: number;
}

/** An entry as it is in the database. */
export interface Stored {
  readonly entry: Entry;
  /** A JSON array. It is parsed only when needed, which is rare. */
  readonly tags: string;
}

/** Overhead of a row in bytes: the row, its key twice, its tags and their index. */
const ROW_BYTES = 400;
/** Rows that one insertion evicts at most, so that a large entry does not block the thread. */
const MAX_EVICTED = 32;
/** Cost of finding that no row has a tag, relative to the removal of a row. */
const LOOK_UP_COST = 1 / 8;
/** Touched tags whose rows are not collected yet. Past this bound everything is cleared, which costs no more. */
const MAX_TOUCHED = 100_000;

export const costOf = (key: string, { body, etag }: Entry): number =>
  ROW_BYTES + 2 * key.length + etag.length + Buffer.byteLength(body);

/** Row counts of a table. `dead` rows were cleared and are not collected yet. */
interface Held {
  rows: number;
  dead: number;
}

/**
 * The cache database: one `:memory:` SQLite database with a table for each kind of answer and one for their tags.
 *
 * To touch a tag only records the tag. A row stores its moment; a row that is looked up is dead if one of its tags
 * was touched after that moment. Dead rows are removed later, in slices (`collect`), found by the tag. The record
 * of a tag is removed with its last dead row, so a look-up compares nothing when nothing waits to be collected.
 *
 * Bounded in bytes. Past the bound the oldest entries are evicted first. The order need not follow use: popular
 * entries are in the hot tier.
 */
export class CacheStore {
  readonly #db: Database.Database;
  readonly #tables: Readonly<Record<CacheTable, TableStatements>>;
  readonly #tags: TagStatements;
  readonly #maxBytes: number;
  readonly #held: Readonly<Record<CacheTable, Held>>;
  /** Touched tags. Rows with such a tag from before that moment are dead. */
  readonly #touched = new Map<string, number>();
  /** All rows up to this moment are dead. */
  #cleared = 0;
  #now = 0;
  #bytes = 0;
  #deadBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#db = new Database(":memory:");
    this.#db.pragma("journal_mode = OFF");
    this.#db.exec(SCHEMA);
    const statements = CACHE_TABLES.map((table) => [table, tableStatements(this.#db, TABLE_NAMES[table])]);
    this.#tables = Object.fromEntries(statements) as Record<CacheTable, TableStatements>;
    this.#tags = tagStatements(this.#db);
    const held = CACHE_TABLES.map((table) => [table, { rows: 0, dead: 0 }]);
    this.#held = Object.fromEntries(held) as Record<CacheTable, Held>;
  }

  get bytes(): number {
    return this.#bytes - this.#deadBytes;
  }

  /** Rows of a table. Rows killed by a touched tag count until they are collected. */
  count(table: CacheTable): number {
    return this.#held[table].rows - this.#held[table].dead;
  }

  get(table: CacheTable, key: string): Stored | undefined {
    if (this.#held[table].rows === 0) return undefined;
    const row = this.#tables[table].get.get(key);
    if (row === undefined || row.moment < this.#cleared) return undefined;
    if (this.#touched.size > 0 && this.#isDead(row)) return undefined;
    const entry = { body: row.body, etag: row.etag, storedAt: row.stored_at, expiresAt: row.expires_at };
    return { entry, tags: row.tags };
  }

  #isDead({ moment, tags }: Row): boolean {
    return tagsIn(tags).some((tag) => (this.#touched.get(tag) ?? 0) > moment);
  }

  /** Evicts a few rows at once if needed. If that is not enough, `collect` evicts the rest. */
  set(table: CacheTable, key: string, entry: Entry, tags: readonly string[]): void {
    this.#delete(table, key);
    const { body, etag, storedAt, expiresAt } = entry;
    const [bytes, texts] = [costOf(key, entry), JSON.stringify(tags)];
    if (bytes > this.#maxBytes) return;
    this.#tables[table].insert.run(key, body, etag, texts, bytes, this.#now, storedAt, expiresAt);
    if (tags.length > 0) this.#tags.insert.run(this.#now, key, table, texts);
    this.#held[table].rows++;
    this.#bytes += bytes;
    this.#evict(MAX_EVICTED);
  }

  /** Afterwards no entry with one of the tags is found. Touches no row. */
  touch(tags: readonly string[]): void {
    if (this.#bytes === 0) return;
    this.#now++;
    for (const tag of tags) this.#touched.set(tag, this.#now);
    if (this.#touched.size > MAX_TOUCHED) this.clear();
  }

  /** Afterwards no entry is found. Touches no row. */
  clear(): void {
    this.#cleared = ++this.#now;
    this.#touched.clear();
    for (const table of CACHE_TABLES) this.#held[table].dead = this.#held[table].rows;
    this.#deadBytes = this.#bytes;
  }

  /** Whether rows wait for `collect`, apart from expired ones. */
  get hasGarbage(): boolean {
    return this.#touched.size > 0 || this.#deadBytes > 0 || this.#bytes > this.#maxBytes;
  }

  /** Removes at most `most` rows that are dead or expired. @returns whether there may be more. */
  collect(most: number, now: number): boolean {
    let left = most - this.#collectTouched(most);
    left -= this.#evict(left);
    for (const table of CACHE_TABLES) left -= this.#collectOldest(table, left, now);
    return left <= 0;
  }

  #collectTouched(most: number): number {
    let done = 0;
    for (const [tag, moment] of this.#touched) {
      const left = Math.ceil(most - done);
      if (left <= 0) break;
      const found = this.#tags.keys.all(tag, moment, left);
      for (const { key, tbl } of found) this.#delete(tbl, key);
      done += found.length + LOOK_UP_COST;
      if (found.length < left) this.#touched.delete(tag);
    }
    return Math.ceil(done);
  }

  /** Entries of a table have about the same lifetime, so the oldest expire first. */
  #collectOldest(table: CacheTable, most: number, now: number): number {
    let done = 0;
    for (; done < most; done++) {
      const oldest = this.#tables[table].oldest.get();
      if (oldest === undefined || (oldest.moment >= this.#cleared && oldest.expires_at > now)) break;
      this.#delete(table, oldest.key);
    }
    return done;
  }

  close(): void {
    this.#db.close();
  }

  #delete(table: CacheTable, key: string): void {
    if (this.#held[table].rows === 0) return;
    const removed = this.#tables[table].delete.get(key);
    if (removed === undefined) return;
    this.#tags.delete.run(removed.moment, key, removed.tags);
    this.#bytes -= removed.bytes;
    this.#held[table].rows--;
    if (removed.moment >= this.#cleared) return;
    this.#held[table].dead--;
    this.#deadBytes -= removed.bytes;
  }

  #evict(most: number): number {
    let done = 0;
    for (; done < most && this.#bytes > this.#maxBytes; done++) {
      const { table, key } = this.#oldest()!;
      this.#delete(table, key);
    }
    return done;
  }

  #oldest(): { table: CacheTable; key: string } | undefined {
    let oldest: ({ table: CacheTable } & Oldest) | undefined;
    for (const table of CACHE_TABLES) {
      const row = this.#held[table].rows === 0 ? undefined : this.#tables[table].oldest.get();
      if (row !== undefined && (oldest === undefined || row.stored_at < oldest.stored_at))
        oldest = { table, ...row };
    }
    return oldest;
  }
}

export const tagsIn = (tags: string): string[] => JSON.parse(tags);

const SCHEMA = `
  ${CACHE_TABLES.map(
    (table) => `
  CREATE TABLE ${TABLE_NAMES[table]} (
    key TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    etag TEXT NOT NULL,
    tags TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    moment INTEGER NOT NULL,
    stored_at REAL NOT NULL,
    expires_at REAL NOT NULL
  );`,
  ).join("")}
  CREATE TABLE cache_tags (
    tag TEXT, moment INTEGER, key TEXT, tbl TEXT NOT NULL, PRIMARY KEY (tag, moment, key)
  ) WITHOUT ROWID;`;

interface Row {
  readonly body: string;
  readonly etag: string;
  /** A JSON array. */
  readonly tags: string;
  readonly bytes: number;
  readonly moment: number;
  readonly stored_at: number;
  readonly expires_at: number;
}
type Oldest = Pick<Row, "moment" | "stored_at" | "expires_at"> & { readonly key: string };

interface TableStatements {
  readonly get: Statement<[string], Row>;
  readonly insert: Statement<[string, string, string, string, number, number, number, number]>;
  readonly delete: Statement<[string], Row>;
  readonly oldest: Statement<[], Oldest>;
}

function tableStatements(db: Database.Database, table: string): TableStatements {
  return {
    get: db.prepare(`SELECT body, etag, tags, moment, stored_at, expires_at FROM ${table} WHERE key = ?`),
    insert: db.prepare(`INSERT INTO ${table} VALUES (?, ?, ?, ?, ?, ?, ?, ?)`),
    delete: db.prepare(`DELETE FROM ${table} WHERE key = ? RETURNING bytes, tags, moment`),
    oldest: db.prepare(`SELECT key, moment, stored_at, expires_at FROM ${table} ORDER BY rowid LIMIT 1`),
  };
}

interface TagStatements {
  readonly insert: Statement<[number, string, string, string]>;
  readonly keys: Statement<[string, number, number], { key: string; tbl: CacheTable }>;
  readonly delete: Statement<[number, string, string]>;
}

const tagStatements = (db: Database.Database): TagStatements => ({
  insert: db.prepare("INSERT OR IGNORE INTO cache_tags SELECT value, ?, ?, ? FROM json_each(?)"),
  keys: db.prepare("SELECT key, tbl FROM cache_tags WHERE tag = ? AND moment < ? LIMIT ?"),
  delete: db.prepare(
    "DELETE FROM cache_tags WHERE moment = ? AND key = ? AND tag IN (SELECT value FROM json_each(?))",
  ),
});
