import { existsSync } from "node:fs";
import { ACCOUNTS, CATALOGUE_FACTS, CATALOGUE_TABLES, TABLES_SQL } from "../shared/database/catalogue.ts";
import type { Connection } from "../shared/database/sqlite.ts";
import { AppError } from "../shared/errors.ts";

/**
 * Completes a staged database so that it can replace this one: copies all data outside the catalogue into it. This
 * database is only read.
 *
 * One transaction in the new file, synced on return, with no WAL left beside it. Its duration depends only on
 * users' rows, not on the size of either catalogue.
 *
 * @param staged a database of the same schema with a complete catalogue, not open anywhere.
 * @throws AppError `import_refused` if it is half loaded or has another schema. Then neither database has changed.
 */
export function carryOver(db: Connection, staged: string): void {
  if (!existsSync(staged)) throw refused("there is no catalogue that was loaded beside this one");
  db.prepare("ATTACH @staged AS staged").run({ staged });
  try {
    assertWhole(db);
    db.transaction(() => copyAll(db)).immediate();
  } finally {
    db.exec("DETACH staged");
  }
  if (existsSync(`${staged}-wal`)) throw refused(`${staged} is open elsewhere`);
}

function assertWhole(db: Connection): void {
  const differ = `SELECT count(*) FROM (
    SELECT id, checksum FROM main.schema_migrations EXCEPT SELECT id, checksum FROM staged.schema_migrations UNION ALL
    SELECT * FROM (SELECT id, checksum FROM staged.schema_migrations EXCEPT
      SELECT id, checksum FROM main.schema_migrations))`;
  if (db.prepare(differ).pluck().get() !== 0) {
    throw refused("it was loaded by another release: use the one that the server runs");
  }
  const source = db.prepare("SELECT value FROM staged.meta WHERE key = 'source'").pluck().get();
  if (source === undefined || source === "loading") throw refused("it is loaded in part only");
}

function copyAll(db: Connection): void {
  db.pragma("defer_foreign_keys = ON");
  const tables = db.prepare<[], string>(TABLES_SQL).pluck().all();
  copyAccounts(db);
  const apart = new Set(["meta", ACCOUNTS.table]);
  for (const table of tables) if (!CATALOGUE_TABLES.has(table) && !apart.has(table)) copy(db, table);
  copyListeners(db);
  db.prepare(
    `INSERT OR REPLACE INTO staged.meta SELECT key, value FROM main.meta
     WHERE key NOT IN (SELECT value FROM json_each(?))`,
  ).run(JSON.stringify(CATALOGUE_FACTS));
  copySequences(db);
  // Whoever follows changes has to read everything again.
  db.exec("INSERT INTO staged.changes (kind, id, change) VALUES ('catalogue', 0, 'replaced')");
}

/** By name: a generated column takes no value. */
function columnsOf(db: Connection, table: string): string {
  const names = db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
  return names.map((name) => `"${name}"`).join(", ");
}

/**
 * Runs before the rows that refer to accounts. An account of the old database wins over a listener of the new one
 * with the same id.
 */
function copyAccounts(db: Connection): void {
  const { table, where, cleared } = ACCOUNTS;
  const columns = columnsOf(db, table);
  db.exec(`INSERT OR REPLACE INTO staged.${table} (${columns}) SELECT ${columns} FROM main.${table} WHERE ${where};
    UPDATE staged.${table} SET ${cleared} = NULL WHERE ${where}`);
}

function copy(db: Connection, table: string): void {
  const columns = columnsOf(db, table);
  db.exec(`DELETE FROM staged."${table}";
    INSERT INTO staged."${table}" (${columns}) SELECT ${columns} FROM main."${table}"`);
}

/**
 * Accounts are kept, without their links to customers of the old catalogue. Listeners without an account are those
 * of the new catalogue.
 */
function copyListeners(db: Connection): void {
  db.exec(`
    DELETE FROM staged.users WHERE email_key IS NULL AND role = 'listener' AND status = 'active';
    UPDATE staged.users SET customer_id = NULL WHERE customer_id IS NOT NULL;
    INSERT OR IGNORE INTO staged.users (id, customer_id, created_at, updated_at)
    SELECT l.id, c.id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
    FROM (SELECT DISTINCT user_id AS id FROM staged.plays WHERE user_id IS NOT NULL
      UNION SELECT id FROM staged.customers) l
    LEFT JOIN staged.customers c ON c.id = l.id`);
}

/** Ids are never reused, across both catalogues. */
function copySequences(db: Connection): void {
  db.exec(`UPDATE staged.sqlite_sequence SET seq = max(seq,
      coalesce((SELECT seq FROM main.sqlite_sequence m WHERE m.name = staged.sqlite_sequence.name), 0));
    INSERT INTO staged.sqlite_sequence (name, seq) SELECT name, seq FROM main.sqlite_sequence
      WHERE name NOT IN (SELECT name FROM staged.sqlite_sequence)`);
}

const refused = (detail: string) => new AppError("import_refused", { detail });
