import Database from "better-sqlite3";
import { identityIn } from "../../../../shared/database/identity.ts";
import { type Connection, loadVectors, openForReading } from "../../../../shared/database/sqlite.ts";
import { AppError } from "../../../../shared/errors.ts";

/** Lines of SQLite's findings to report. */
const MOST_NAMED = 5;

/**
 * Checks a copy as a database: every page and index (`integrity_check`), every foreign key, the text index term by
 * term against its documents, and each table's number of rows. It is not changed.
 *
 * @throws AppError `backup_damaged` naming the fault.
 */
export function checkDatabase(file: string, expected: Contents["rows"]): void {
  const db = openCopy(file);
  try {
    refuse("integrity_check", findings(db, `integrity_check(${MOST_NAMED})`, "ok"));
    refuse("foreign_key_check", findings(db, "foreign_key_check"));
    refuse("text index", textIndexFault(db));
    refuse("row counts", differences(countRows(db), expected));
  } catch (error) {
    throw error instanceof Database.SqliteError ? damaged(error.message, error) : error;
  } finally {
    db.close();
  }
}

/** Rows of every table with its own data. Rows of the vectors are in the extension's tables. */
function countRows(db: Connection): Record<string, number> {
  const tables = db
    .prepare<[], string>(
      `SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'
       AND (type = 'table' OR type = 'shadow' AND name LIKE '%_rowids') ORDER BY name`,
    )
    .pluck()
    .all();
  const count = (table: string) => db.prepare(`SELECT count(*) FROM "${table}"`).pluck().get() as number;
  return Object.fromEntries(tables.map((table) => [table, count(table)]));
}

export interface Contents {
  readonly sqliteVersion: string;
  readonly schemaVersion: number;
  /** See {@link identityIn}. */
  readonly databaseId: string | null;
  readonly rows: Readonly<Record<string, number>>;
}

/** @throws AppError `backup_failed` if it has no schema. */
export function contentsOf(file: string): Contents {
  const db = openForReading(file);
  try {
    const rows = countRows(db);
    if (rows.schema_migrations === undefined)
      throw new AppError("backup_failed", { detail: "the database was never migrated: it is empty" });
    const sqliteVersion = db.prepare("SELECT sqlite_version()").pluck().get() as string;
    return { sqliteVersion, schemaVersion: rows.schema_migrations, databaseId: identityIn(db), rows };
  } finally {
    db.close();
  }
}

/** Writable, because the check of the text index is an INSERT. It is rolled back. */
function openCopy(file: string): Connection {
  try {
    const db = new Database(file, { fileMustExist: true, timeout: 1_000 });
    loadVectors(db);
    return db;
  } catch (error) {
    throw error instanceof Database.SqliteError ? damaged(error.message, error) : error;
  }
}

function findings(db: Connection, pragma: string, fine?: string): string[] {
  const rows = db.pragma(pragma) as Record<string, unknown>[];
  return rows
    .map((row) => Object.values(row).join(" "))
    .filter((line) => line !== fine)
    .slice(0, MOST_NAMED);
}

/** Only the comparison with `rank = 1` detects an external-content index that is out of date. */
function textIndexFault(db: Connection): string[] {
  const there = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'tracks_fts'").get();
  if (there === undefined) return [];
  db.exec("BEGIN");
  try {
    db.exec("INSERT INTO tracks_fts (tracks_fts, rank) VALUES ('integrity-check', 1)");
    return [];
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_CORRUPT"))
      return [error.message];
    throw error;
  } finally {
    if (db.inTransaction) db.exec("ROLLBACK");
  }
}

function differences(found: Contents["rows"], expected: Contents["rows"]) {
  const names = [...new Set([...Object.keys(found), ...Object.keys(expected)])];
  return names
    .filter((name) => found[name] !== expected[name])
    .map((name) => `${name}: expected ${expected[name] ?? "no table"}, got ${found[name] ?? "no table"}`);
}

function refuse(what: string, faults: readonly string[]): void {
  if (faults.length > 0) throw damaged(`${what}: ${faults.join("; ")}`);
}

const damaged = (detail: string, cause?: unknown) => new AppError("backup_damaged", { detail, cause });
