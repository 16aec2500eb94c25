import Database from "better-sqlite3";
import { type Connection, openForReading } from "../../../../shared/database/sqlite.ts";

/** Result of one kind of check. */
export interface CheckResult {
  /** The first faults; empty: it is intact. */
  readonly faults: readonly string[];
}

export const CHECKS = ["pages", "foreign_keys", "text_index"] as const;
export type CheckName = (typeof CHECKS)[number];

/** Result of a whole round. */
export interface IntegrityReport extends Readonly<Record<CheckName, CheckResult>> {
  /** When it ended, RFC 3339 UTC, and how long it took. */
  readonly at: string;
  readonly seconds: number;
}

const MOST_NAMED = 5;

type Step = { readonly check: CheckName; readonly faults: readonly string[] };

/**
 * Checks a database in use, one table after the other: its pages and indexes (`quick_check`), its foreign
 * keys, and its text indexes term by term. Each step has its own snapshot, so that a checkpoint waits for one
 * step at most.
 */
export function* steps(file: string): Generator<Step> {
  const db = openForReading(file);
  try {
    for (const table of tablesOf(db)) {
      yield { check: "pages", faults: pragma(db, `quick_check("${table}")`, "ok") };
      yield { check: "foreign_keys", faults: pragma(db, `foreign_key_check("${table}")`) };
    }
    for (const index of textIndexesOf(db)) yield { check: "text_index", faults: textFaults(file, index) };
  } finally {
    db.close();
  }
}

/** Tables with their own pages; for a virtual table its shadow tables. */
const tablesOf = (db: Connection): string[] =>
  db
    .prepare<[], string>(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow') ORDER BY name",
    )
    .pluck()
    .all();

function pragma(db: Connection, text: string, fine?: string): string[] {
  try {
    const rows = db.pragma(text) as Record<string, unknown>[];
    const lines = rows.map((row) => Object.values(row).join(" ")).filter((line) => line !== fine);
    return lines.slice(0, MOST_NAMED).map((line) => line.trim());
  } catch (error) {
    if (isDamage(error)) return [error.message];
    throw error;
  }
}

const isDamage = (error: unknown): error is Error =>
  error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(error.code);

interface TextIndex {
  readonly name: string;
  readonly sql: string;
  /** The table with its documents. */
  readonly content: string;
}

/** External-content indexes: the only kind that can be out of date. */
function textIndexesOf(db: Connection): TextIndex[] {
  const indexes = db
    .prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%' ORDER BY name",
    )
    .all();
  return indexes.flatMap(({ name, sql }) => {
    const content = /\bcontent\s*=\s*'([^']+)'/.exec(sql)?.[1];
    return content === undefined ? [] : [{ name, sql, content }];
  });
}

/**
 * FTS5 compares its terms with the documents in an INSERT, which would hold the writer's lock throughout. So
 * index and documents are copied, from one snapshot, into temporary tables of this connection, and compared
 * there.
 */
function textFaults(file: string, index: TextIndex): string[] {
  const db = openForReading(file);
  try {
    allowTemporary(db);
    db.transaction(() => copyIndex(db, index))();
    db.exec(`INSERT INTO temp."${index.name}" ("${index.name}", rank) VALUES ('integrity-check', 1)`);
    return [];
  } catch (error) {
    if (isDamage(error)) return [`${index.name}: ${error.message}`];
    throw error;
  } finally {
    db.close();
  }
}

/** Large temporary data goes to a file in the system's temporary folder. The database is opened read-only. */
function allowTemporary(db: Connection): void {
  db.pragma("query_only = OFF");
  db.pragma("temp_store = FILE");
  db.pragma("foreign_keys = OFF");
  db.unsafeMode(true);
}

function copyIndex(db: Connection, { name, sql, content }: TextIndex): void {
  const made = db.prepare("SELECT sql FROM main.sqlite_schema WHERE name = ?").pluck().get(content) as string;
  const fill = (table: string) => db.exec(`INSERT INTO temp."${table}" SELECT * FROM main."${table}"`);
  db.exec(inTemporary(made));
  fill(content);
  db.exec(inTemporary(sql));
  for (const shadow of shadowsOf(db, name)) {
    db.exec(`DELETE FROM temp."${shadow}"`);
    fill(shadow);
  }
}

const inTemporary = (sql: string): string =>
  sql.replace(/^CREATE (VIRTUAL )?TABLE\s+/i, "CREATE $1TABLE temp.");

const shadowsOf = (db: Connection, index: string): string[] =>
  db
    .prepare<[string], string>(
      `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow' AND name LIKE ? || '\\_%' ESCAPE '\\'`,
    )
    .pluck()
    .all(index);
