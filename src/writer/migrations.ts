import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../shared/errors.ts";
import type { MigrationReport, MigrationStatus } from "../shared/protocol.ts";
import type { Connection } from "../shared/sqlite.ts";

/** A pair of files `NNNN_name.up.sql` and `NNNN_name.down.sql`. */
export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly up: string;
  readonly down: string;
  /** SHA-256 of both files: an applied migration must never change. */
  readonly checksum: string;
}

interface AppliedMigration {
  readonly id: number;
  readonly name: string;
  readonly checksum: string;
  readonly applied_at: string;
}

const HISTORY = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    checksum   TEXT NOT NULL,
    applied_at TEXT NOT NULL
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

/**
 * Brings the schema to `target` (a migration's number, 0 for none), one transaction a migration: a failing one
 * leaves the file as it was before it.
 *
 * @throws AppError `migration_refused` when the history does not fit the files.
 */
export function migrate(
  db: Connection,
  migrations: readonly Migration[],
  target: number | "latest",
): MigrationReport {
  const applied = checkHistory(db, migrations).length;
  const goal = target === "latest" ? migrations.length : target;
  if (!Number.isInteger(goal) || goal < 0 || goal > migrations.length) {
    throw refused(`there is no migration ${goal}; they run from 0 (none) to ${migrations.length}`);
  }
  const ups = migrations.slice(applied, goal);
  const downs = migrations.slice(goal, applied).reverse();
  for (const migration of ups) apply(db, migration);
  for (const migration of downs) revert(db, migration);
  const names = (list: readonly Migration[]) => list.map((migration) => migration.name);
  return { applied: names(ups), reverted: names(downs), version: goal };
}

export function migrationStatus(db: Connection, migrations: readonly Migration[]): MigrationStatus[] {
  const applied = checkHistory(db, migrations);
  return migrations.map(({ id, name }, index) => ({
    id,
    name,
    appliedAt: applied[index]?.applied_at ?? null,
  }));
}

/** The applied migrations must be exactly the first files, unchanged. */
function checkHistory(db: Connection, migrations: readonly Migration[]): AppliedMigration[] {
  db.exec(HISTORY);
  const applied = db.prepare<[], AppliedMigration>("SELECT * FROM schema_migrations ORDER BY id").all();
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
  inTransaction(db, migration.name, () => {
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
  inTransaction(db, migration.name, () => {
    db.exec(migration.down);
    db.prepare("DELETE FROM schema_migrations WHERE id = ?").run(migration.id);
  });
}

/**
 * Foreign keys are off while a migration runs (a table may be rebuilt under its children, and dropping a filled
 * one must not cascade) and are checked whole before its commit. The pragma is a no-op inside a transaction.
 */
function inTransaction(db: Connection, name: string, action: () => void): void {
  db.pragma("foreign_keys = OFF");
  try {
    db.transaction(() => {
      action();
      const broken = (db.pragma("foreign_key_check") as unknown[]).length;
      if (broken > 0) throw refused(`${name} would leave ${broken} rows that refer to nothing`);
    }).immediate();
  } finally {
    db.pragma("foreign_keys = ON");
  }
}

const refused = (detail: string, cause?: unknown) => new AppError("migration_refused", { detail, cause });
