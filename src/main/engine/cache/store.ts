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

/** An answer as it is kept. Times are milliseconds since the epoch. */
export interface Entry {
  readonly body: string;
  readonly etag: string;
  readonly storedAt: number;
  readonly expiresAt: number;
}

/** What a row costs beside its text: the row, its key twice, its tags and their index. */
const ROW_BYTES = 400;
/** Rows that one sweep removes at the most from each table, so that it never holds up a request for long. */
const SWEEP_ROWS = 500;

export const costOf = (key: string, { body, etag }: Entry): number =>
  ROW_BYTES + 2 * key.length + etag.length + Buffer.byteLength(body);

/**
 * The cache database: one `:memory:` SQLite database with a table for each kind of answer and one for their tags.
 *
 * It is the truth about what is cached. Bounded in bytes: past the bound the entries that were stored first go
 * first (what is asked for often lives in the hot tier, so the order here need not follow use).
 */
export class CacheStore {
  readonly #db: Database.Database;
  readonly #tables: Readonly<Record<CacheTable, TableStatements>>;
  readonly #tags: TagStatements;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#db = new Database(":memory:");
    this.#db.pragma("journal_mode = OFF");
    this.#db.exec(SCHEMA);
    const statements = CACHE_TABLES.map((table) => [table, tableStatements(this.#db, TABLE_NAMES[table])]);
    this.#tables = Object.fromEntries(statements) as Record<CacheTable, TableStatements>;
    this.#tags = tagStatements(this.#db);
  }

  get bytes(): number {
    return this.#bytes;
  }

  count(table: CacheTable): number {
    return this.#tables[table].count.get() as number;
  }

  get(table: CacheTable, key: string): Entry | undefined {
    const row = this.#tables[table].get.get(key);
    return row && { body: row.body, etag: row.etag, storedAt: row.stored_at, expiresAt: row.expires_at };
  }

  /** @returns the keys that were pushed out to make room. */
  set(table: CacheTable, key: string, entry: Entry, tags: Iterable<string>): string[] {
    this.#delete(table, key);
    const bytes = costOf(key, entry);
    const { body, etag, storedAt, expiresAt } = entry;
    this.#tables[table].insert.run(key, body, etag, bytes, storedAt, expiresAt);
    for (const tag of tags) this.#tags.insert.run(tag, key, table);
    this.#bytes += bytes;
    return this.#makeRoom();
  }

  /** Removes what carries the tag. @returns exactly the keys that were removed. */
  deleteTagged(tag: string): string[] {
    return this.#tags.keys.all(tag).map(({ key, tbl }) => this.#delete(tbl, key));
  }

  /** Removes a slice of what has expired. @returns its keys. */
  sweep(now: number): string[] {
    return CACHE_TABLES.flatMap((table) =>
      this.#tables[table].expired.all(now, SWEEP_ROWS).map(({ key }) => this.#delete(table, key)),
    );
  }

  clear(): void {
    for (const table of CACHE_TABLES) this.#db.exec(`DELETE FROM ${TABLE_NAMES[table]}`);
    this.#db.exec("DELETE FROM cache_tags");
    this.#bytes = 0;
  }

  close(): void {
    this.#db.close();
  }

  #delete(table: CacheTable, key: string): string {
    const removed = this.#tables[table].delete.get(key);
    if (removed === undefined) return key;
    this.#bytes -= removed.bytes;
    this.#tags.delete.run(key);
    return key;
  }

  #makeRoom(): string[] {
    const removed: string[] = [];
    while (this.#bytes > this.#maxBytes) {
      const oldest = this.#oldest();
      if (oldest === undefined) return removed;
      removed.push(this.#delete(oldest.table, oldest.key));
    }
    return removed;
  }

  #oldest(): { table: CacheTable; key: string } | undefined {
    let oldest: { table: CacheTable; key: string; stored_at: number } | undefined;
    for (const table of CACHE_TABLES) {
      const row = this.#tables[table].oldest.get();
      if (row !== undefined && (oldest === undefined || row.stored_at < oldest.stored_at))
        oldest = { table, ...row };
    }
    return oldest;
  }
}

const SCHEMA = `
  ${CACHE_TABLES.map(
    (table) => `
  CREATE TABLE ${TABLE_NAMES[table]} (
    key TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    etag TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    stored_at REAL NOT NULL,
    expires_at REAL NOT NULL
  );
  CREATE INDEX ${TABLE_NAMES[table]}_expires_at ON ${TABLE_NAMES[table]} (expires_at);`,
  ).join("")}
  CREATE TABLE cache_tags (tag TEXT, key TEXT, tbl TEXT NOT NULL, PRIMARY KEY (tag, key)) WITHOUT ROWID;
  CREATE INDEX cache_tags_key ON cache_tags (key);`;

interface StoredEntry {
  readonly body: string;
  readonly etag: string;
  readonly stored_at: number;
  readonly expires_at: number;
}

interface TableStatements {
  readonly get: Statement<[string], StoredEntry>;
  readonly insert: Statement<[string, string, string, number, number, number]>;
  readonly delete: Statement<[string], { bytes: number }>;
  readonly expired: Statement<[number, number], { key: string }>;
  readonly oldest: Statement<[], { key: string; stored_at: number }>;
  readonly count: Statement<[], unknown>;
}

function tableStatements(db: Database.Database, table: string): TableStatements {
  return {
    get: db.prepare(`SELECT body, etag, stored_at, expires_at FROM ${table} WHERE key = ?`),
    insert: db.prepare(`INSERT INTO ${table} VALUES (?, ?, ?, ?, ?, ?)`),
    delete: db.prepare(`DELETE FROM ${table} WHERE key = ? RETURNING bytes`),
    expired: db.prepare(`SELECT key FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`),
    oldest: db.prepare(`SELECT key, stored_at FROM ${table} ORDER BY rowid LIMIT 1`),
    count: db.prepare(`SELECT count(*) FROM ${table}`).pluck(),
  };
}

interface TagStatements {
  readonly insert: Statement<[string, string, string]>;
  readonly keys: Statement<[string], { key: string; tbl: CacheTable }>;
  readonly delete: Statement<[string]>;
}

const tagStatements = (db: Database.Database): TagStatements => ({
  insert: db.prepare("INSERT OR IGNORE INTO cache_tags VALUES (?, ?, ?)"),
  keys: db.prepare("SELECT key, tbl FROM cache_tags WHERE tag = ?"),
  delete: db.prepare("DELETE FROM cache_tags WHERE key = ?"),
});
