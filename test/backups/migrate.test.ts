import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { readMigrations } from "../../src/shared/database/migrations.ts";
import { chinook, copyOf, makeCatalogue, startServer, temporaryFolder } from "../support/server.ts";
import { backupsOf, columnOf, fail, restoredCopy, run } from "./support.ts";

/** Migrations from the command line, and the backups before them. */

const catalogue = await makeCatalogue(100);
const appliedIn = (file: string) => columnOf(file, "SELECT id FROM schema_migrations ORDER BY id");
const on = (database: string, ...args: string[]) => ["migrate", ...args, "--database", database];
const FILES = readMigrations(resolve(import.meta.dirname, "../../migrations"));
const ALL = FILES.map(({ id }) => id);
const [BEFORE, LAST] = FILES.slice(-2).map(({ name }) => name) as [string, string];

describe("chinook migrate", () => {
  test("down and up each back up the state before them", async () => {
    const database = copyOf(catalogue);
    const down = await run(on(database, "down", "--yes"));
    expect(down.reverted).toEqual([LAST]);
    expect(appliedIn(database)).toEqual(ALL.slice(0, -1));
    const up = await run(on(database, "up"));
    expect(up.applied).toEqual([LAST]);
    const { data } = await run(["backup", "list", "--database", database]);
    expect(data).toMatchObject([
      { id: up.backup, reason: "migration", schema_version: ALL.length - 1 },
      { id: down.backup, reason: "migration", schema_version: ALL.length },
    ]);
    expect(appliedIn(await restoredCopy(backupsOf(database), up.backup))).toEqual(ALL.slice(0, -1));
    expect(appliedIn(await restoredCopy(backupsOf(database), down.backup))).toEqual(ALL);
  });

  test("prints the backup's path; makes none if a setting says so or nothing is pending", async () => {
    const database = copyOf(catalogue);
    const { stderr } = await chinook(on(database, "down", "--yes"));
    expect(stderr).toContain(backupsOf(database));
    const off = await run(on(database, "up", "--backup-before-migration", "0"));
    expect([off.applied, off.backup]).toEqual([[LAST], null]);
    expect((await run(on(database, "up"))).backup).toBeNull();
    expect((await run(["backup", "list", "--database", database])).data).toHaveLength(1);
  });

  test("--dry-run prints the pending SQL and runs nothing", async () => {
    const database = copyOf(catalogue);
    const twoBack = String(ALL.length - 2);
    const { stdout } = await chinook(on(database, "down", "--to", twoBack, "--dry-run"));
    const headings = stdout.split("\n").filter((line) => line.endsWith(".down.sql"));
    expect(headings).toEqual([`-- ${LAST}.down.sql`, `-- ${BEFORE}.down.sql`]);
    expect(stdout).toContain(FILES.at(-1)!.down.trim());
    const { steps, version } = await run(on(database, "up", "--dry-run"));
    expect([steps, version]).toEqual([[], ALL.length]);
    expect(appliedIn(database)).toEqual(ALL);
  });

  test("changes nothing if its backup fails", async () => {
    const database = copyOf(catalogue);
    writeFileSync(backupsOf(database), "in the way");
    const { code } = await fail(on(database, "down", "--yes"));
    expect(code).toBe("backup_failed");
    expect(appliedIn(database)).toEqual(ALL);
  });

  test("status and --dry-run work while a server runs; up and down are refused, naming it", async () => {
    await using server = await startServer({}, { database: copyOf(catalogue) });
    const { migrations, history } = await run(on(server.database, "status"));
    expect(migrations.map(({ id }: { id: number }) => id)).toEqual(ALL);
    expect(history).toMatchObject(
      migrations.map(({ name }: { name: string }) => ({ migration: name, direction: "up" })),
    );
    await run(on(server.database, "down", "--dry-run"));
    expect((await fail(on(server.database, "down", "--yes"))).code).toBe("locked");
    expect(await server.stop()).toBe(0);
  });

  test("status --history lists who ran which migration", async () => {
    const { stdout } = await chinook(on(copyOf(catalogue), "status", "--history"));
    expect(stdout).toMatch(/up\s+0001_catalogue\s+\d+ ms\s+\S+@\S+/);
  });
});

describe("a server start", () => {
  /** A database of the previous release. */
  async function older(): Promise<string> {
    const database = copyOf(catalogue);
    await run(on(database, "down", "--yes", "--backup-before-migration", "0"));
    return database;
  }

  test("with an older schema makes a backup, logs its path and migrates", async () => {
    const database = await older();
    await using server = await startServer({}, { database });
    expect(appliedIn(database)).toEqual(ALL);
    const { data } = await run(["backup", "list", "--database", database]);
    expect(data).toMatchObject([{ reason: "migration", schema_version: ALL.length - 1 }]);
    expect(await server.stop()).toBe(0);
    expect(server.stderr()).toContain(data[0].id);
    expect(server.stderr()).toContain(backupsOf(database));
  });

  test("fails and leaves the schema unchanged if the backup fails", async () => {
    const database = await older();
    writeFileSync(backupsOf(database), "in the way");
    await expect(startServer({}, { database })).rejects.toThrow("exit status 1");
    expect(appliedIn(database)).toEqual(ALL.slice(0, -1));
    const unsafe = { CHINOOK_BACKUP_BEFORE_MIGRATION: "0" };
    await using server = await startServer(unsafe, { database });
    expect(appliedIn(database)).toEqual(ALL);
    expect(await server.stop()).toBe(0);
  });

  test("with a new file makes no backup", async () => {
    await using server = await startServer({}, { database: `${temporaryFolder()}/new.sqlite` });
    expect((await run(["backup", "list", "--database", server.database])).data).toEqual([]);
    expect(await server.stop()).toBe(0);
  });
});
