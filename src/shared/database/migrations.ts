import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { AppError } from "../errors.ts";
import type { MigrationEvent, MigrationReport, MigrationStatus } from "../protocol.ts";
import type { Connection } from "./sqlite.ts";

/** A pair of files `NNNN_name.up.sql` and `NNNN_name.down.sql`. */
export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly up: string;
  readonly down: string;
  /** SHA-256 of both files. An applied migration must never change. */
  readonly checksum: string;
}

interface AppliedMigration {
  readonly id: number;
  readonly name: string;
  readonly checksum: string;
  readonly applied_at: string;
}

/** The applied migrations, and the history of all changes: who made them and how long they took. */
const HISTORY_SCHEMA = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    checksum   TEXT NOT NULL,
    applied_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS schema_history (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    migration    TEXT NOT NULL,
    direction    TEXT NOT NULL CHECK (direction IN ('up', 'down')),
    finished_at  TEXT NOT NULL,
    milliseconds REAL NOT NULL,
    by           TEXT NOT NULL -- user@host
  ) STRICT`;

/**
 * Reads the migrations of a folder.
 *
 * @throws AppError `migration_refused` for a stray file, a missing half, or a gap in the numbers from 1.
 */
export function readMigrations(folder: string): Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  const stray = files.find((file) => !/^\d{4}_[a-z0-9_]+\.(up|down)\.sql$/.test(file));
  if (stray !== undefined) throw refused(`${stray}: expected NNNN_name.up.sql or NNNN_name.down.sql`);
  const names = [...new Set(files.map((file) => file.replace(/\.(up|down)\.sql$/, "")))].sort();
  return names.map((name, index) => readMigration(folder, name, index + 1));
}

function readMigration(folder: string, name: string, expectedId: number): Migration {
  const id = Number(name.slice(0, 4));
  if (id !== expectedId)
    throw refused(`${name}: expected number ${expectedId}; numbers run from 1 without a gap`);
  const [up, down] = ["up", "down"].map((half) => {
    try {
      return readFileSync(join(folder, `${name}.${half}.sql`), "utf8");
    } catch (cause) {
      throw refused(`${name}.${half}.sql is missing: each migration has both halves`, cause);
    }
  }) as [string, string];
  const checksum = createHash("sha256").update(up).update("\0").update(down).digest("hex");
  return { id, name, up, down, checksum };
}

/** The migrations that a schema change would run, in order. */
export interface Plan {
  readonly ups: readonly Migration[];
  readonly downs: readonly Migration[];
  readonly version: number;
}

/**
 * Migrates the schema to `target` (a migration's number; 0 for none), one transaction per migration. A failed
 * migration leaves the file as it was before it.
 *
 * @throws AppError `migration_refused` if the history does not match the files.
 */
export function migrate(
  db: Connection,
  migrations: readonly Migration[],
  target: number | "latest",
): MigrationReport {
  const { ups, downs, version } = plan(db, migrations, target);
  db.exec(HISTORY_SCHEMA);
  for (const migration of ups) apply(db, migration);
  for (const migration of downs) revert(db, migration);
  const names = (list: readonly Migration[]) => list.map((migration) => migration.name);
  return { applied: names(ups), reverted: names(downs), version };
}

/**
 * Only reads, so any connection will do.
 *
 * @throws AppError `migration_refused` if the history does not match the files, or there is no such target.
 */
export function plan(db: Connection, migrations: readonly Migration[], target: number | "latest"): Plan {
  const applied = checkHistory(db, migrations).length;
  const goal = target === "latest" ? migrations.length : target;
  if (!Number.isInteger(goal) || goal < 0 || goal > migrations.length) {
    throw refused(`there is no migration ${goal}; they run from 0 (none) to ${migrations.length}`);
  }
  const downs = migrations.slice(goal, applied).reverse();
  return { ups: migrations.slice(applied, goal), downs, version: goal };
}

/** Only reads, so any connection will do. */
export function migrationStatus(db: Connection, migrations: readonly Migration[]): MigrationStatus[] {
  const applied = checkHistory(db, migrations);
  return migrations.map(({ id, name }, index) => ({
    id,
    name,
    appliedAt: applied[index]?.applied_at ?? null,
  }));
}

/** All schema changes, oldest first. Changes by releases without this history are missing. */
export function migrationHistory(db: Connection): MigrationEvent[] {
  if (!hasTable(db, "schema_history")) return [];
  return db
    .prepare<[], MigrationEvent>(
      "SELECT migration, direction, finished_at, milliseconds, by FROM schema_history ORDER BY id",
    )
    .all();
}

const hasTable = (db: Connection, name: string): boolean =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined;

/** The applied migrations must be a prefix of the files, unchanged. */
function checkHistory(db: Connection, migrations: readonly Migration[]): AppliedMigration[] {
  const applied = hasTable(db, "schema_migrations")
    ? db.prepare<[], AppliedMigration>("SELECT * FROM schema_migrations ORDER BY id").all()
    : [];
  applied.forEach((row, index) => {
    const file = migrations[index];
    if (file === undefined) {
      throw refused(
        `the database was migrated to ${row.name}, which this release does not know: use a newer one`,
      );
    }
    if (row.id !== file.id || row.name !== file.name) {
      throw refused(`the database had ${row.name} applied where the files have ${file.name}`);
    }
    if (row.checksum !== file.checksum) throw refused(`${file.name} was changed after it was applied`);
  });
  return applied;
}

function apply(db: Connection, migration: Migration): void {
  inTransaction(db, migration, "up", () => {
    db.exec(migration.up);
    db.prepare("INSERT INTO schema_migrations VALUES (@id, @name, @checksum, @now)").run({
      id: migration.id,
      name: migration.name,
      checksum: migration.checksum,
      now: new Date().toISOString(),
    });
  });
}

function revert(db: Connection, migration: Migration): void {
  inTransaction(db, migration, "down", () => {
    db.exec(migration.down);
    db.prepare("DELETE FROM schema_migrations WHERE id = ?").run(migration.id);
  });
}

/**
 * Foreign keys are off while a migration runs, because a table may be rebuilt under its children, and dropping a
 * filled table must not cascade. All are checked before the commit. The pragma is a no-op inside a transaction.
 */
function inTransaction(
  db: Connection,
  { name }: Migration,
  direction: MigrationEvent["direction"],
  action: () => void,
): void {
  db.pragma("foreign_keys = OFF");
  try {
    db.transaction(() => {
      const started = performance.now();
      action();
      const broken = (db.pragma("foreign_key_check") as unknown[]).length;
      if (broken > 0) throw refused(`${name} would leave ${broken} rows that refer to nothing`);
      note(db, name, direction, performance.now() - started);
    }).immediate();
  } finally {
    db.pragma("foreign_keys = ON");
  }
}

/** Part of the migration's own transaction, so that history and schema agree. */
function note(db: Connection, name: string, direction: MigrationEvent["direction"], ms: number): void {
  db.prepare(
    `INSERT INTO schema_history (migration, direction, finished_at, milliseconds, by)
     VALUES (@name, @direction, @now, @ms, @by)`,
  ).run({ name, direction, now: new Date().toISOString(), ms, by: currentUser() });
}

/** A user without a name, for example in a container, is recorded by number. */
export function currentUser(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? "unknown"}@${hostname()}`;
  }
}

const refused = (detail: string, cause?: unknown) => new AppError("migration_refused", { detail, cause });
