import { spawnSync } from "node:child_process";
import { appendFileSync, copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { MANIFEST_FILE, seal } from "../../src/main/features/backups/archive/manifest.ts";
import { finishReplacement, incomingFile } from "../../src/shared/database/replacement.ts";
import { copyOf, makeCatalogue, startServer, temporaryFolder } from "../support/server.ts";
import { addArtist, artistsOf, backUp, backupsOf, columnOf, entriesOf, fail, run } from "./support.ts";

const catalogue = await makeCatalogue(50);
const restore = (database: string, ...args: string[]) => [
  "backup",
  "restore",
  ...args,
  "--database",
  database,
];

describe("backup restore", () => {
  test("is refused while a server runs, naming it; otherwise it restores the backup and keeps the old database", async () => {
    const server = await startServer({}, { database: copyOf(catalogue) });
    const { database } = server;
    await addArtist(server, "Before");
    const { id } = await backUp(server);
    await addArtist(server, "After");
    const refused = await fail(restore(database, id));
    expect([refused.code, refused.detail]).toEqual(["locked", expect.stringContaining(server.url)]);
    await addArtist(server, "Unharmed");
    expect(await server.stop()).toBe(0);

    const { backup, kept } = await run(restore(database, id));
    expect(backup.id).toBe(id);
    expect(artistsOf(database).slice(-1)).toEqual(["Before"]);
    expect(artistsOf(kept).slice(-3)).toEqual(["Before", "After", "Unharmed"]);
    expect((statSync(database).mode & 0o777).toString(8)).toBe("640");

    await using again = await startServer({}, { database });
    await addArtist(again, "Afterwards");
    expect(await again.stop()).toBe(0);
    expect(artistsOf(database).slice(-2)).toEqual(["Before", "Afterwards"]);
  });

  test("over the database of a killed server keeps its WAL and does not apply it", async () => {
    const server = await startServer({}, { database: copyOf(catalogue) });
    const { database } = server;
    const { id } = await backUp(server);
    for (let i = 0; i < 20; i++) await addArtist(server, `In the WAL ${i}`);
    await server.kill();
    expect(statSync(`${database}-wal`).size).toBeGreaterThan(0);

    const { kept } = await run(restore(database, id));
    expect(existsSync(`${database}-wal`)).toBe(false);
    expect(artistsOf(kept).slice(-1)).toEqual(["In the WAL 19"]);
    expect(artistsOf(database)).toEqual(artistsOf(catalogue));
    expect(columnOf(database, "PRAGMA integrity_check")).toEqual(["ok"]);
  });

  test("replaces a damaged database", async () => {
    const database = copyOf(catalogue);
    await run(["backup", "create", "--database", database]);
    writeFileSync(database, "not a database any more");
    const { kept } = await run(restore(database));
    expect(artistsOf(database)).toEqual(artistsOf(catalogue));
    expect(readFileSync(kept, "utf8")).toBe("not a database any more");
  });

  test("changes nothing if the backup is damaged or missing", async () => {
    const database = copyOf(catalogue);
    expect((await fail(restore(database))).code).toBe("backup_unknown");
    const { id } = await run(["backup", "create", "--database", database]);
    const before = readFileSync(database);
    const data = join(backupsOf(database), id, "database.sqlite.zst");
    const bytes = readFileSync(data);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(data, bytes);
    expect((await fail(restore(database))).code).toBe("backup_damaged");
    expect(readFileSync(database).equals(before)).toBe(true);
    expect(entriesOf(dirname(database)).filter((name) => /rest|repl/.test(name))).toEqual([]);
  });

  test("refuses a backup of a newer release", async () => {
    const database = copyOf(catalogue);
    const backup = await run(["backup", "create", "--database", database]);
    const manifest = join(backupsOf(database), backup.id, MANIFEST_FILE);
    writeFileSync(manifest, JSON.stringify(seal({ ...backup, schema_version: 99 })));
    expect((await fail(restore(database))).code).toBe("backup_too_new");
    expect(artistsOf(database)).toEqual(artistsOf(catalogue));
  });
});

/**
 * The exchange in a process that is killed just before its nth change of the file system, for every n that there is.
 * The next lock holder completes it.
 */
const MODULE = resolve(import.meta.dirname, "../../src/shared/database/replacement.ts");
const KILLED = `
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  const [, file, cut] = process.argv;
  let changes = 0;
  for (const name of ["chmodSync", "linkSync", "renameSync", "rmSync"]) {
    const real = fs[name];
    fs[name] = (...args) => {
      if (++changes === Number(cut)) process.kill(process.pid, "SIGKILL");
      return real(...args);
    };
  }
  syncBuiltinESMExports();
  const { replaceDatabase } = await import(${JSON.stringify(MODULE)});
  replaceDatabase(file, "T");`;

function exchange(file: string, cut: number): boolean {
  const args = ["--input-type=module", "-e", KILLED, file, String(cut)];
  const { signal, status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (signal === "SIGKILL") return false;
  expect(status, stderr).toBe(0);
  return true;
}

/** A database with a commit only in its WAL, and another one to replace it. */
function pair(): string {
  const file = join(temporaryFolder(), "database.sqlite");
  const source = new Database(join(temporaryFolder(), "source.sqlite"));
  onTestFinished(() => void source.close());
  source.pragma("journal_mode = WAL");
  source.exec("CREATE TABLE t (value TEXT)");
  source.pragma("wal_checkpoint(TRUNCATE)");
  source.exec("INSERT INTO t VALUES ('old, in the WAL')");
  for (const part of ["", "-wal"]) copyFileSync(source.name + part, file + part);
  const other = new Database(incomingFile(file));
  other.pragma("journal_mode = WAL");
  other.exec("CREATE TABLE t (value TEXT); INSERT INTO t VALUES ('new')");
  other.close();
  return file;
}

describe("an interrupted exchange of databases", () => {
  const values = (file: string) => columnOf<string>(file, "SELECT value FROM t");

  test("is completed by the next lock holder or had no effect, at every step", () => {
    const outcomes: string[] = [];
    for (let cut = 1, done = false; !done; cut++) {
      const file = pair();
      done = exchange(file, cut);
      finishReplacement(file);
      finishReplacement(file);
      const kept = `${file}.replaced-T`;
      outcomes.push(values(file)[0]!);
      if (existsSync(kept)) expect(values(kept)).toEqual(["old, in the WAL"]);
      else expect(values(file)).toEqual(["old, in the WAL"]);
    }
    const began = outcomes.indexOf("new");
    expect(outcomes.length).toBeGreaterThan(7);
    expect(outcomes).toEqual(outcomes.map((_, i) => (i < began ? "old, in the WAL" : "new")));
  });

  test("is completed by the server before it opens the file", async () => {
    const database = copyOf(catalogue);
    copyFileSync(copyOf(catalogue), `${database}.restored-T`);
    const other = new Database(`${database}.restored-T`);
    other.exec("UPDATE artists SET name = 'Restored' WHERE id = 1");
    other.close();
    appendFileSync(`${database}-wal`, "left by the old one");
    await using server = await startServer({}, { database });
    expect(artistsOf(database)[0]).toBe("Restored");
    expect(artistsOf(`${database}.replaced-T`)).toEqual(artistsOf(catalogue));
    expect(await server.stop()).toBe(0);
  });
});
