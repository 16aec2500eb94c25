import { cpSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  migrate,
  migrationHistory,
  migrationStatus,
  plan,
  readMigrations,
} from "../../src/shared/database/migrations.ts";
import { type Connection, openForReading } from "../../src/shared/database/sqlite.ts";
import { importedSample, sample } from "../support/sample.ts";
import { copyOf, makeCatalogue, temporaryFolder } from "../support/server.ts";
import { MIGRATIONS, newFile, outsider, writable } from "./support.ts";

/** Everything that defines the schema; what ANALYZE and AUTOINCREMENT keep is no part of it. */
const schemaOf = (db: Connection) =>
  db
    .prepare("SELECT * FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name")
    .all()
    .map(without);
const without = (row: unknown) => ({ ...(row as object), rootpage: undefined });

const historyOf = (db: Connection) =>
  db.prepare("SELECT name FROM schema_migrations ORDER BY id").pluck().all();

/** A folder of two small migrations, for the test to spoil. */
function folder(files: Readonly<Record<string, string>> = {}): string {
  const made = temporaryFolder();
  const all = {
    "0001_first.up.sql": "CREATE TABLE first (id INTEGER PRIMARY KEY); INSERT INTO first VALUES (1)",
    "0001_first.down.sql": "DROP TABLE first",
    "0002_second.up.sql": "CREATE TABLE second (id INTEGER PRIMARY KEY, first INTEGER REFERENCES first)",
    "0002_second.down.sql": "DROP TABLE second",
    ...files,
  };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(made, name), text);
  return made;
}

const withThird = (up: string, down = "SELECT 1") =>
  readMigrations(folder({ "0003_third.up.sql": up, "0003_third.down.sql": down }));

function migrated(files = readMigrations(folder())): Connection {
  const db = writable();
  migrate(db, files, "latest");
  return db;
}

/** The number of the migration that brings the text index. */
const SEARCH = 4;

/** Databases with something in every table of a catalogue. */
const FILLED: readonly (readonly [what: string, make: (() => Promise<string>) | undefined, note: string])[] =
  [
    ["a generated catalogue", () => makeCatalogue(500), ""],
    [
      "the upstream sample",
      sample === undefined ? undefined : importedSample,
      sample === undefined ? " (skipped: CHINOOK_SAMPLE is not set)" : "",
    ],
  ];

/** Tables whose rows a release makes itself: what is pending, and what was learnt. */
const DERIVED = /^(sales_|search_|suggestions|vector|lyric_|schema_|track_documents)/;

/** The rows of every table that holds what was entered, as one text each. */
/** Columns that a later migration added: the way down loses what is in them. */
const ADDED = new Set([
  ...["tracks.disc_number", "tracks.track_number"],
  ...["owner_id", "description", "visibility", "allow_duplicates", "track_count", "milliseconds"].map(
    (column) => `playlists.${column}`,
  ),
  ...["playlist_tracks.id", "playlist_tracks.position"],
  ...["artists", "albums", "tracks", "playlists"].map((table) => `${table}.comment_count`),
  ...["invoices.refund_of", "invoice_lines.refund_of"],
  ...["public_id", "type", "parent_id", "synonyms", "version", "updated_at"].map(
    (column) => `tags.${column}`,
  ),
]);

function contentsOf(db: Connection): Map<string, string> {
  const tables = db
    .prepare<[], string>(
      "SELECT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .pluck()
    .all();
  const columns = (table: string) =>
    db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
  const kept = (table: string) => columns(table).filter((column) => !ADDED.has(`${table}.${column}`));
  const rows = (table: string) =>
    JSON.stringify(
      db
        .prepare(`SELECT ${kept(table)} FROM ${table} ORDER BY 1, 2`)
        .raw()
        .all(),
    );
  return new Map(tables.filter((table) => !DERIVED.test(table)).map((table) => [table, rows(table)]));
}

describe("the migrations of this release", () => {
  const files = readMigrations(MIGRATIONS);

  test("give the same schema after going all the way down and up", () => {
    const db = writable();
    migrate(db, files, "latest");
    const schema = schemaOf(db);
    expect(migrate(db, files, 0)).toMatchObject({
      version: 0,
      reverted: files.map(({ name }) => name).reverse(),
    });
    const left = schemaOf(db).map((row) => (row as { name?: string }).name);
    expect(left).toEqual(["schema_history", "schema_migrations"]);
    expect(migrate(db, files, "latest").applied).toEqual(files.map(({ name }) => name));
    expect(schemaOf(db)).toEqual(schema);
  });

  for (const { id, name } of files) {
    test(`${name} can be reverted and applied again on its own`, () => {
      const db = writable();
      migrate(db, files, id);
      const after = schemaOf(db);
      migrate(db, files, id - 1);
      migrate(db, files, id);
      expect(schemaOf(db)).toEqual(after);
    });
  }

  test("go down and up on a filled database, which then has no rows and passes its checks", async () => {
    const db = writable(copyOf(await makeCatalogue(100)));
    const schema = schemaOf(db);
    expect(db.prepare("SELECT count(*) FROM tracks").pluck().get()).toBe(100);
    migrate(db, files, 0);
    migrate(db, files, "latest");
    expect(schemaOf(db)).toEqual(schema);
    expect(db.prepare("SELECT count(*) FROM tracks").pluck().get()).toBe(0);
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
  });

  describe.each(FILLED)("on %s", (_, filled, name) => {
    test.skipIf(filled === undefined)(
      `keep every row of the remaining tables, down and up${name}`,
      async () => {
        const db = writable(copyOf(await filled!()));
        const whole = contentsOf(db);
        for (const { id } of files.toReversed()) {
          migrate(db, files, id - 1);
          const left = contentsOf(db);
          for (const [table, rows] of left) expect(rows, `${table} below ${id}`).toEqual(whole.get(table));
          migrate(db, files, id);
          for (const [table, rows] of left) expect(rows, `${table} above ${id}`).toEqual(whole.get(table));
          expect(db.pragma("foreign_key_check")).toEqual([]);
          migrate(db, files, id - 1);
        }
        migrate(db, files, "latest");
        expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
      },
    );

    test.skipIf(filled === undefined)(`rebuild the text index${name}`, async () => {
      const db = writable(copyOf(await filled!()));
      const count = () =>
        db.prepare("SELECT count(*) FROM tracks_fts WHERE tracks_fts MATCH 'the'").pluck().get();
      const before = count();
      migrate(db, files, SEARCH - 1);
      migrate(db, files, "latest");
      expect(count()).toBe(before);
      db.exec("INSERT INTO tracks_fts (tracks_fts, rank) VALUES ('integrity-check', 1)");
    });
  });

  test("applied one at a time give the same schema as at once", () => {
    const [steps, once] = [writable(), migrated(files)];
    for (const { id } of files) migrate(steps, files, id);
    expect(schemaOf(steps)).toEqual(schemaOf(once));
  });

  test("are not applied twice", () => {
    const db = migrated(files);
    expect(migrate(db, files, "latest")).toEqual({ applied: [], reverted: [], version: files.length });
  });

  test("leave foreign keys enforced", () => {
    expect(migrated(files).pragma("foreign_keys", { simple: true })).toBe(1);
  });
});

describe("a folder of migrations is refused", () => {
  const cases: readonly (readonly [because: string, spoil: (folder: string) => void, says: string])[] = [
    ["a stray file", (at) => writeFileSync(join(at, "notes.sql"), ""), "notes.sql"],
    ["a name out of form", (at) => writeFileSync(join(at, "0003_Third.up.sql"), ""), "0003_Third.up.sql"],
    [
      "a missing lower half",
      (at) => rmSync(join(at, "0002_second.down.sql")),
      "0002_second.down.sql is missing",
    ],
    ["a missing upper half", (at) => rmSync(join(at, "0001_first.up.sql")), "0001_first.up.sql is missing"],
    ["a gap in the numbers", (at) => rename(at, "0002_second", "0004_second"), "expected number 2"],
    ["a number given twice", (at) => rename(at, "0002_second", "0001_second"), "expected number 2"],
    ["numbers that begin at 0", (at) => rename(at, "0001_first", "0000_first"), "expected number 1"],
  ];
  for (const [because, spoil, says] of cases) {
    test(`for ${because}`, () => {
      const at = folder();
      spoil(at);
      expect(() => readMigrations(at)).toThrow(
        expect.objectContaining({ code: "migration_refused", message: expect.stringContaining(says) }),
      );
    });
  }

  function rename(at: string, from: string, to: string): void {
    for (const half of ["up", "down"])
      renameSync(join(at, `${from}.${half}.sql`), join(at, `${to}.${half}.sql`));
  }
});

describe("a database is refused", () => {
  const cases: readonly (readonly [because: string, files: () => string, says: string])[] = [
    [
      "a migration that was changed after it was applied",
      () => folder({ "0001_first.up.sql": "CREATE TABLE first (id INTEGER PRIMARY KEY) -- better" }),
      "0001_first was changed",
    ],
    [
      "a migration whose way down was changed after it was applied",
      () => folder({ "0002_second.down.sql": "DROP TABLE IF EXISTS second" }),
      "0002_second was changed",
    ],
    [
      "having been migrated by a newer release",
      () => without2(folder()),
      "migrated to 0002_second, which this release does not know",
    ],
    [
      "a history that is not that of the files",
      () => {
        const at = without2(folder());
        for (const half of ["up", "down"]) writeFileSync(join(at, `0002_other.${half}.sql`), "");
        return at;
      },
      "0002_second applied where the files have 0002_other",
    ],
  ];
  for (const [because, files, says] of cases) {
    test(`for ${because}, and left as it is`, () => {
      const db = migrated();
      const schema = schemaOf(db);
      for (const attempt of [
        () => migrate(db, readMigrations(files()), 0),
        () => migrationStatus(db, readMigrations(files())),
      ]) {
        expect(attempt).toThrow(
          expect.objectContaining({ code: "migration_refused", message: expect.stringContaining(says) }),
        );
      }
      expect(schemaOf(db)).toEqual(schema);
    });
  }

  test("for migrations that were applied out of order", () => {
    const db = migrated();
    db.exec("DELETE FROM schema_migrations WHERE id = 1");
    expect(() => migrate(db, readMigrations(folder()), "latest")).toThrow("0002_second applied where");
  });

  test.each([-1, 1.5, 3])("for a target of %d, which is no migration", (target) => {
    const db = migrated();
    expect(() => migrate(db, readMigrations(folder()), target)).toThrow(`there is no migration ${target}`);
    expect(historyOf(db)).toEqual(["0001_first", "0002_second"]);
  });

  function without2(at: string): string {
    for (const half of ["up", "down"]) rmSync(join(at, `0002_second.${half}.sql`));
    return at;
  }
});

describe("a migration that fails", () => {
  test("half-way is rolled back, and earlier ones stay applied", () => {
    const file = newFile();
    const db = writable(file);
    const files = withThird(
      "CREATE TABLE third (a); INSERT INTO first VALUES (2); INSERT INTO nowhere VALUES (1)",
    );
    expect(() => migrate(db, files, "latest")).toThrow("nowhere");
    const other = outsider(file);
    expect(historyOf(other)).toEqual(["0001_first", "0002_second"]);
    expect(other.prepare("SELECT id FROM first").pluck().all()).toEqual([1]);
    expect(schemaOf(other)).toEqual(schemaOf(migrated()));
  });

  test("on its way down is rolled back too", () => {
    const files = withThird("CREATE TABLE third (a)", "DROP TABLE third; DROP TABLE nowhere");
    const db = migrated(files);
    expect(() => migrate(db, files, 0)).toThrow("nowhere");
    expect(historyOf(db)).toEqual(["0001_first", "0002_second", "0003_third"]);
    expect(db.prepare("SELECT count(*) FROM third").pluck().get()).toBe(0);
  });

  test("because of dangling foreign keys is detected before its commit", () => {
    const db = writable();
    const files = withThird("INSERT INTO second VALUES (1, 1); DELETE FROM first");
    expect(() => migrate(db, files, "latest")).toThrow("0003_third would leave 1 rows that refer to nothing");
    expect(db.prepare("SELECT id FROM first").pluck().all()).toEqual([1]);
  });

  test("leaves foreign keys enforced", () => {
    const db = writable();
    expect(() => migrate(db, withThird("INSERT INTO nowhere VALUES (1)"), "latest")).toThrow();
    expect(db.pragma("foreign_keys", { simple: true })).toBe(1);
  });
});

describe("a migration", () => {
  test("may rebuild a table that other rows refer to", () => {
    const files = withThird(`
      INSERT INTO second VALUES (1, 1);
      CREATE TABLE other (id INTEGER PRIMARY KEY, name TEXT);
      INSERT INTO other (id) SELECT id FROM first;
      DROP TABLE first;
      ALTER TABLE other RENAME TO first;`);
    const db = migrated(files);
    expect(db.prepare("SELECT first FROM second").pluck().all()).toEqual([1]);
  });

  test("is listed with the time it was applied, if it was", () => {
    const files = readMigrations(folder());
    const db = writable();
    migrate(db, files, 1);
    expect(migrationStatus(db, files)).toEqual([
      { id: 1, name: "0001_first", appliedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
      { id: 2, name: "0002_second", appliedAt: null },
    ]);
  });

  test("leaves a history entry, up and down: who, when and for how long", () => {
    const files = readMigrations(folder());
    const db = writable();
    migrate(db, files, "latest");
    migrate(db, files, 1);
    const history = migrationHistory(db);
    expect(history.map(({ migration, direction }) => `${direction} ${migration}`)).toEqual([
      "up 0001_first",
      "up 0002_second",
      "down 0002_second",
    ]);
    for (const { by, finished_at, milliseconds } of history) {
      expect(by).toBe(`${userInfo().username}@${hostname()}`);
      expect(finished_at).toMatch(/^\d{4}-.*Z$/);
      expect(milliseconds).toBeGreaterThanOrEqual(0);
    }
  });

  test("that failed leaves no history entry and a filled file unchanged to the last row", async () => {
    const file = copyOf(await makeCatalogue(100));
    const db = writable(file);
    const [schema, contents, history] = [schemaOf(db), contentsOf(db), migrationHistory(db)];
    const at = temporaryFolder();
    cpSync(MIGRATIONS, at, { recursive: true });
    const next = String(readMigrations(at).length + 1).padStart(4, "0");
    writeFileSync(
      join(at, `${next}_bad.up.sql`),
      "DELETE FROM plays; DROP TABLE invoice_lines; SELECT * FROM nowhere",
    );
    writeFileSync(join(at, `${next}_bad.down.sql`), "SELECT 1");
    expect(() => migrate(db, readMigrations(at), "latest")).toThrow("nowhere");
    const other = outsider(file);
    expect([schemaOf(other), contentsOf(other), migrationHistory(other)]).toEqual([
      schema,
      contents,
      history,
    ]);
  });

  test("status and plan need only a read-only connection", () => {
    const file = newFile();
    const files = readMigrations(folder());
    outsider(file).exec("CREATE TABLE other (id)");
    const db = openForReading(file);
    onTestFinished(() => void db.close());
    expect(plan(db, files, "latest").ups).toHaveLength(2);
    expect(migrationStatus(db, files).every(({ appliedAt }) => appliedAt === null)).toBe(true);
    expect(migrationHistory(db)).toEqual([]);
  });

  test("does not wait for a locked file: it is refused and not partly migrated", () => {
    const file = newFile();
    const at = folder();
    const db = writable(file);
    db.pragma("busy_timeout = 1");
    migrate(db, readMigrations(at), 0);
    const other = outsider(file);
    other.exec("BEGIN IMMEDIATE");
    expect(() => migrate(db, readMigrations(at), "latest")).toThrow(
      expect.objectContaining({ code: "SQLITE_BUSY" }),
    );
    other.exec("ROLLBACK");
    expect(historyOf(db)).toEqual([]);
  });
});
