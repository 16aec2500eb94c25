import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { migrate, readMigrations } from "../../src/shared/database/migrations.ts";
import { type Connection, openForReading, openForWriting } from "../../src/shared/database/sqlite.ts";
import { newFile } from "../engine/support.ts";
import { chinook, copyOf, makeCatalogue } from "../support/server.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MIGRATIONS = readMigrations(resolve(ROOT, "migrations"));
/** The catalogue and its plays are there; everything that is derived from them is made by the migrations after. */
const FILLED = 3;
const TRACKS = 3_000;

const ROWS = [
  "SELECT id, name FROM artists",
  "SELECT id, title, artist_id FROM albums",
  "SELECT id, track_id, user_id, played_at FROM plays",
];

const environment = (database: string) => ({
  CHINOOK_DATABASE: database,
  CHINOOK_BACKUP_BEFORE_MIGRATION: "0",
});

function startMigrating(database: string): ChildProcess {
  const child = spawn(process.execPath, [resolve(ROOT, "bin/chinook.cjs"), "migrate", "up"], {
    env: { PATH: process.env.PATH, ...environment(database) },
    stdio: "ignore",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

const applied = (db: Database.Database): number =>
  db.prepare<[], number>("SELECT count(*) FROM schema_migrations").pluck().get()!;

function isWriting(db: Database.Database): boolean {
  try {
    db.exec("BEGIN IMMEDIATE; ROLLBACK");
    return false;
  } catch {
    return true;
  }
}

/** Kills `migrate up` while a transaction of its is open. @returns how many migrations were applied then, if so. */
async function killWhileMigrating(database: string, afterMs: number): Promise<number | undefined> {
  const child = startMigrating(database);
  const exited = once(child, "exit");
  const other = new Database(database, { timeout: 0 });
  try {
    while (child.exitCode === null && !isWriting(other)) await delay(1);
    await delay(afterMs);
    const before = applied(other);
    const writing = isWriting(other);
    child.kill("SIGKILL");
    await exited;
    return writing && applied(other) === before && before < MIGRATIONS.length ? before : undefined;
  } finally {
    other.close();
  }
}

/** A migration down may build a table anew: then its text has other spaces, and quotes around its name. */
const schemaOf = (db: Connection): unknown[] =>
  db
    .prepare<[], { sql: string | null }>(
      "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY 1, 2",
    )
    .all()
    .map((row) => ({ ...row, sql: row.sql?.replaceAll('"', "").replaceAll(/\s+/g, " ") }));

/** The schema after so many migrations, of a database that nothing ever happened to. */
function schemaAt(version: number): unknown[] {
  const db = openForWriting(newFile(), "normal");
  onTestFinished(() => void db.close());
  migrate(db, MIGRATIONS, version);
  return schemaOf(db);
}

function look(database: string) {
  const db = openForReading(database);
  try {
    const rows = (sql: string) => db.prepare(`${sql} ORDER BY 1`).all();
    return {
      problems: [
        ...(db.pragma("integrity_check") as unknown[]),
        ...(db.pragma("foreign_key_check") as unknown[]),
      ],
      version: applied(db),
      schema: schemaOf(db),
      rows: ROWS.map(rows),
    };
  } finally {
    db.close();
  }
}

test("a kill during a migration of a filled database leaves the complete state before it", async () => {
  const filled = copyOf(await makeCatalogue(TRACKS));
  const down = await chinook(["migrate", "down", "--to", String(FILLED), "--yes"], environment(filled));
  expect(down.code, down.stderr).toBe(0);
  const { rows } = look(filled);
  expect(rows.map((table) => table.length > 0)).toEqual([true, true, true]);
  const killedAt: number[] = [];
  for (let attempt = 0; killedAt.length < 3 && attempt < 20; attempt++) {
    const database = copyOf(filled);
    const version = await killWhileMigrating(database, attempt * 15);
    if (version === undefined) continue;
    killedAt.push(version);
    const left = look(database);
    expect(left).toMatchObject({ problems: [{ integrity_check: "ok" }], version, rows });
    expect(left.schema).toEqual(schemaAt(version));
    const { code, stderr } = await chinook(["migrate", "up"], environment(database));
    expect(code, stderr).toBe(0);
    expect(look(database)).toMatchObject({ version: MIGRATIONS.length, rows });
    expect((await chinook(["fts", "validate"], environment(database))).code).toBe(0);
  }
  expect(killedAt).toHaveLength(3);
}, 600_000);
