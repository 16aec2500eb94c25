import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { column, expectProblem, value } from "../http/helpers.ts";
import {
  type Answer,
  chinook,
  copyOf,
  get,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";
import { problemsOf } from "./harness/checks.ts";

let catalogue: string;
beforeAll(async () => {
  catalogue = await makeCatalogue(50);
});

const unprivileged = { NODE_OPTIONS: `--require ${join(import.meta.dirname, "hooks/unprivileged.cjs")}` };
const nobodys = (...paths: string[]) => {
  if (process.getuid!() === 0) for (const path of paths) chownSync(path, 65_534, 65_534);
};

const artist = (server: TestServer, name: string): Promise<Answer> => post(server, "/v1/artists", { name });

/** Adds artists, some at a time, until one of them is refused. @returns the names acknowledged, and the refusal. */
async function addUntilRefused(server: TestServer): Promise<{ names: string[]; refusal: Answer }> {
  const names: string[] = [];
  for (let round = 0; ; round++) {
    const wanted = Array.from({ length: 20 }, (_, i) => `${round}-${i} ${"x".repeat(180)}`);
    const answers = await Promise.all(wanted.map((name) => artist(server, name)));
    names.push(...wanted.filter((_, i) => answers[i]!.status === 201));
    const refusal = answers.find(({ status }) => status !== 201);
    if (refusal !== undefined) return { names, refusal };
  }
}

/** The file holds exactly the acknowledged writes and is consistent. */
async function expectKept(server: TestServer, names: readonly string[]): Promise<void> {
  expect(await server.stop()).toBe(0);
  const stored = column<string>(server, "SELECT name FROM artists WHERE name GLOB '[0-9]*-[0-9]* x*'");
  expect(stored.toSorted()).toEqual(names.toSorted());
  expect(problemsOf(server.database)).toEqual([]);
}

const run = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;

/** A small disk of its own; undefined where mounting is not allowed. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "chinook-disk-"));
  if (!run("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder)) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  return folder;
}
const unmount = (folder: string): void => {
  run("umount", "-l", folder);
  rmSync(folder, { recursive: true, force: true });
};

const mountable = (() => {
  const folder = smallDisk();
  if (folder !== undefined) unmount(folder);
  return folder !== undefined;
})();

describe(`a full disk${mountable ? "" : " (skipped: mounting a small one takes root)"}`, () => {
  test.skipIf(!mountable)(
    "fails writes with 507 but no reads, and recovers when there is space",
    async () => {
      const folder = smallDisk()!;
      onTestFinished(() => unmount(folder));
      const database = join(folder, "database.sqlite");
      copyFileSync(catalogue, database);
      const ballast = join(folder, "ballast");
      writeFileSync(ballast, Buffer.alloc(2 * 1_048_576));
      await using server = await startServer({}, { database });
      const { names, refusal } = await addUntilRefused(server);
      expectProblem(refusal, 507, "disk_full");
      expect((await get(server, "/v1/tracks/1")).status).toBe(200);
      expect((await get(server, "/v1/search?q=love")).status).toBe(200);
      expect((await get(server, "/readyz")).status).toBe(200);
      rmSync(ballast);
      const again = await artist(server, `0-99 ${"x".repeat(180)}`);
      expect(again.status, again.text).toBe(201);
      await expectKept(server, [...names, again.json.name]);
    },
  );
});

const limitable = run("prlimit", "--pid", String(process.pid), "--fsize");

describe(`a failing disk${limitable ? "" : " (skipped: there is no prlimit)"}`, () => {
  const limit = (server: TestServer, bytes: string) =>
    expect(run("prlimit", "--pid", String(server.pid), `--fsize=${bytes}:unlimited`)).toBe(true);

  test.skipIf(!limitable)(
    "fails writes with 503 but no reads, and recovers when it works again",
    async () => {
      await using server = await startServer({}, { database: copyOf(catalogue) });
      limit(server, String(statSync(server.database).size + 200_000));
      const { names, refusal } = await addUntilRefused(server);
      expectProblem(refusal, 503, "io_failed");
      expect((await get(server, "/v1/tracks/1")).status).toBe(200);
      limit(server, "unlimited");
      const again = await artist(server, `0-99 ${"x".repeat(180)}`);
      expect(again.status, again.text).toBe(201);
      await expectKept(server, [...names, again.json.name]);
    },
  );
});

describe("a running server loses", () => {
  test.each(["its file", "its folder", "its WAL", "its lock"])(
    "%s: no write is acknowledged until it is restored",
    async (what) => {
      const database = join(temporaryFolder(), "folder", "database.sqlite");
      mkdirSync(dirname(database));
      copyFileSync(catalogue, database);
      await using server = await startServer({}, { database });
      expect((await artist(server, "Before")).status).toBe(201);
      const paths: Record<string, string> = {
        "its file": database,
        "its folder": dirname(database),
        "its WAL": `${database}-wal`,
        "its lock": `${database}.lock`,
      };
      const path = paths[what]!;
      renameSync(path, `${path}.away`);
      expectProblem(await artist(server, "Away"), 503, "database_moved");
      expect((await get(server, "/v1/tracks/1")).status).toBe(200);
      renameSync(`${path}.away`, path);
      expect((await artist(server, "After")).status).toBe(201);
      expect(await server.stop()).toBe(0);
      const stored = column<string>(
        server,
        "SELECT name FROM artists WHERE name IN ('Before', 'Away', 'After')",
      );
      expect(stored.toSorted()).toEqual(["After", "Before"]);
      expect(problemsOf(database)).toEqual([]);
    },
  );

  test("its folder's permission: open files continue and acknowledged writes are kept", async () => {
    const database = copyOf(catalogue);
    nobodys(dirname(database), database);
    await using server = await startServer(unprivileged, { database });
    chmodSync(dirname(database), 0o000);
    expect((await artist(server, "Kept")).status).toBe(201);
    expect((await get(server, "/v1/tracks/1")).status).toBe(200);
    chmodSync(dirname(database), 0o700);
    await server.kill();
    await using next = await startServer(unprivileged, { database });
    expect(value(next, "SELECT count(*) FROM artists WHERE name = 'Kept'")).toBe(1);
  });

  test("its lock, so that a second server can start: the first stops writing", async () => {
    await using first = await startServer({}, { database: copyOf(catalogue) });
    unlinkSync(`${first.database}.lock`);
    await using second = await startServer({}, { database: first.database });
    const { detail } = expectProblem(await artist(first, "First"), 503, "database_moved");
    expect(detail).toContain(`${first.database}.lock is another file now`);
    expect((await artist(second, "Second")).status).toBe(201);
    expect(await first.stop()).toBe(0);
    expect((await artist(second, "Third")).status).toBe(201);
    expect(column(second, "SELECT count(*) FROM artists WHERE name IN ('First', 'Second', 'Third')")).toEqual(
      [2],
    );
  });

  test("its file for good: writes stay refused, also to another file of the same name", async () => {
    await using server = await startServer({}, { database: copyOf(catalogue) });
    unlinkSync(server.database);
    expectProblem(await artist(server, "Lost"), 503, "database_moved");
    copyFileSync(catalogue, server.database);
    const { detail } = expectProblem(await artist(server, "Lost"), 503, "database_moved");
    expect(detail).toContain("is another file now");
  });
});

describe("a server that cannot use its file does not start and gives advice", () => {
  const serve = (database: string, settings: Record<string, string> = {}) =>
    chinook(["serve"], { CHINOOK_PORT: "0", CHINOOK_DEMO: "0", CHINOOK_DATABASE: database, ...settings });
  test("because the file is read-only", async () => {
    const database = copyOf(catalogue);
    nobodys(dirname(database), database);
    chmodSync(database, 0o440);
    const { code, stderr } = await serve(database, unprivileged);
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/permission|readonly/i);
    expect(stderr).toContain(database);
  });

  test("because its folder is read-only", async () => {
    const database = copyOf(catalogue);
    nobodys(database);
    chmodSync(dirname(database), 0o555);
    const { code, stderr } = await serve(database, unprivileged);
    expect(code, stderr).toBe(1);
    expect(stderr).toContain(database);
    expect(stderr).toContain("permissions");
  });

  test("because its folder cannot be created", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const { code, stderr } = await serve(join(file, "database.sqlite"));
    expect(code).toBe(1);
    expect(stderr).toContain(file);
  });

  test.each([
    ["its head", 0, 100],
    ["its schema", 100, 4_000],
  ])("because %s is damaged", async (_, from, bytes) => {
    const database = copyOf(catalogue);
    damage(database, from, bytes);
    const before = readFileSync(database);
    const { code, stderr } = await serve(database);
    expect(code).toBe(1);
    expect(stderr).toContain("damaged");
    expect(stderr).toContain("restore a backup");
    expect(readFileSync(database).equals(before)).toBe(true);
  });

  test("because a newer release created it", async () => {
    const database = copyOf(catalogue);
    const db = new Database(database);
    db.exec("INSERT INTO schema_migrations VALUES (9999, '9999_future', 'x', '2099-01-01T00:00:00.000Z')");
    db.close();
    const { code, stderr } = await serve(database);
    expect(code).toBe(1);
    expect(stderr).toContain("9999_future");
    expect(stderr).toContain("use a newer one");
  });
});

/** Overwrites a part of a file. */
function damage(file: string, from: number, bytes: number): void {
  const content = readFileSync(file);
  content.fill(0xa5, from, from + bytes);
  writeFileSync(file, content);
}

test("damage inside the file fails requests that read it with 503, and no others", async () => {
  const database = copyOf(catalogue);
  const db = new Database(database, { readonly: true });
  const sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'playlists'";
  const page = db.prepare<[], number>(sql).pluck().get()!;
  const size = db.pragma("page_size", { simple: true }) as number;
  db.close();
  damage(database, (page - 1) * size, size);
  await using server = await startServer({}, { database });
  expectProblem(await get(server, "/v1/playlists"), 503, "corrupt");
  expectProblem(await post(server, "/v1/playlists", { name: "Into the hole" }), 503, "corrupt");
  expect((await get(server, "/v1/tracks/1")).status).toBe(200);
  expect((await artist(server, "Beside it")).status).toBe(201);
});

test("recovery from a WAL with a torn end keeps every complete commit", async () => {
  const database = copyOf(catalogue);
  const server = await startServer({}, { database });
  for (let i = 0; i < 20; i++) expect((await artist(server, `Kept ${i}`)).status).toBe(201);
  await server.kill();
  appendFileSync(`${database}-wal`, Buffer.alloc(5_000, 0xa5));
  await using next = await startServer({}, { database });
  expect(value(next, "SELECT count(*) FROM artists WHERE name LIKE 'Kept %'")).toBe(20);
  expect((await artist(next, "Next")).status).toBe(201);
  expect(await next.stop()).toBe(0);
  expect(problemsOf(database)).toEqual([]);
});

test("a file locked by another process fails writes with 503 but no reads, and recovers afterwards", async () => {
  await using server = await startServer({}, { database: copyOf(catalogue) });
  const other = new Database(server.database, { timeout: 5_000 });
  other.exec("BEGIN IMMEDIATE");
  expectProblem(await artist(server, "Shut out"), 503, "busy");
  expect((await get(server, "/v1/tracks/1")).status).toBe(200);
  other.exec("ROLLBACK");
  other.close();
  expect((await artist(server, "Let in")).status).toBe(201);
  expect(value(server, "SELECT count(*) FROM artists WHERE name IN ('Shut out', 'Let in')")).toBe(1);
});
