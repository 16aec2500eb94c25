import { statSync } from "node:fs";
import type { Statement } from "better-sqlite3";
import { type Connection, openForReading } from "../../../shared/database/sqlite.ts";
import type { Position } from "./position.ts";

/** Of one batch: the tags that it touched, and when it was committed by its writer's clock. */
export interface Change {
  readonly seq: number;
  readonly at: string;
  readonly tags: readonly string[];
}

/** Texts of statements that are remembered. */
const MOST_KEPT = 1_024;

/** What is new in the file. */
export interface News {
  readonly position: Position;
  /** In order; undefined if too many batches were missed to know them all. */
  readonly changes: readonly Change[] | undefined;
}

/**
 * The main thread's connection to the node's SQLite file: it only looks how far the file has come, and which statements
 * are SELECTs. rqlited alone writes to the file and checkpoints it.
 */
export class NodeFile {
  readonly #db: Connection;
  readonly #version: Statement<[], number>;
  readonly #position: Statement<[], Position>;
  readonly #changes: Statement<[number], { seq: number; at: string; tags: string }>;
  readonly #columns = new Map<string, number>();
  #seenVersion: number | undefined;

  /** @throws SqliteError if it can't be opened or is no database of this server. */
  constructor(file: string) {
    this.#db = openForReading(file);
    try {
      this.#version = this.#db.prepare<[], number>("PRAGMA data_version").pluck();
      this.#position = this.#db.prepare("SELECT epoch, seq FROM cluster_commits");
      this.#changes = this.#db.prepare(
        "SELECT seq, at, tags FROM cluster_changes WHERE seq > ? ORDER BY seq",
      );
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Undefined if nothing was committed since the last look. A look at an unchanged file reads no page. */
  news(seen: Position): News | undefined {
    const version = this.#version.get();
    if (version === this.#seenVersion) return undefined;
    const news = this.#db.transaction(() => this.#since(seen))();
    this.#seenVersion = version;
    return news;
  }

  #since(seen: Position): News | undefined {
    const position = this.#position.get();
    if (position === undefined) return undefined;
    const since = position.epoch === seen.epoch ? seen.seq : position.seq;
    const rows = this.#changes.all(since);
    const whole = position.epoch === seen.epoch && rows.length === position.seq - seen.seq;
    const changes = rows.map(({ tags, ...row }) => ({ ...row, tags: JSON.parse(tags) as string[] }));
    return { position, changes: whole ? changes : undefined };
  }

  /** The columns of a SELECT; 0 for any other statement: it can't stand where a table does. */
  columnsOf(sql: string): number {
    const known = this.#columns.get(sql);
    if (known !== undefined) return known;
    if (this.#columns.size >= MOST_KEPT) this.#columns.clear();
    const columns = this.#columnsOf(sql);
    this.#columns.set(sql, columns);
    return columns;
  }

  #columnsOf(sql: string): number {
    try {
      return this.#db.prepare(`SELECT * FROM (${sql})`).columns().length;
    } catch {
      return 0;
    }
  }

  /** What `schema_migrations` holds, for {@link checkHistory}. */
  get connection(): Connection {
    return this.#db;
  }

  close(): void {
    this.#db.close();
  }
}

/**
 * Changes when rqlited puts another file in the place of one of the three: inodes are reused, so the time of birth counts
 * too. A connection does not notice by itself.
 */
export function identityOf(file: string): string {
  return ["", "-wal", "-shm"]
    .map((part) => statSync(file + part, { bigint: true, throwIfNoEntry: false }))
    .map((found) => (found === undefined ? "-" : `${found.ino}/${found.birthtimeNs}`))
    .join(" ");
}
