import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { value } from "../http/helpers.ts";
import {
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

const artist = (server: TestServer, name: string) => post(server, "/v1/artists", { name });
const countOf = (server: TestServer, name: string) =>
  value(server, `SELECT count(*) FROM artists WHERE name = '${name}'`);

describe("a WAL left by a killed server", () => {
  /** Killed with a write in the WAL that is not in the file. */
  async function killed(): Promise<string> {
    const database = copyOf(catalogue);
    await using server = await startServer({}, { database });
    expect((await artist(server, "Last")).status).toBe(201);
    await server.kill();
    return database;
  }

  test("is not applied to an older copy in the file's place", async () => {
    const database = await killed();
    renameSync(database, `${database}.newer`);
    copyFileSync(catalogue, database);
    const { code, stderr } = await chinook(["serve"], { CHINOOK_DATABASE: database, CHINOOK_PORT: "0" });
    expect(code).toBe(1);
    expect(stderr).toContain(`is not the file that ${database}-wal belongs to`);
    renameSync(`${database}.newer`, database);
    await using next = await startServer({}, { database });
    expect(countOf(next, "Last")).toBe(1);
  });

  test("deleted: an older copy in the file's place is accepted unchanged", async () => {
    const database = await killed();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(database + suffix);
    copyFileSync(catalogue, database);
    await using next = await startServer({}, { database });
    expect(countOf(next, "Last")).toBe(0);
    expect(problemsOf(database)).toEqual([]);
  });

  test("deleted: the start logs a warning, and the file is consistent without the WAL's commits", async () => {
    const database = await killed();
    unlinkSync(`${database}-wal`);
    await using next = await startServer({}, { database });
    expect(countOf(next, "Last")).toBe(0);
    expect((await artist(next, "Next")).status).toBe(201);
    await next.stop();
    expect(next.stderr()).toContain("the WAL of a killed process is missing");
    expect(problemsOf(database)).toEqual([]);
  });

  test("is absent after a clean stop, and the next start logs no warning", async () => {
    const database = copyOf(catalogue);
    await (await startServer({}, { database })).stop();
    expect(existsSync(`${database}-wal`)).toBe(false);
    await using next = await startServer({}, { database });
    await next.stop();
    expect(next.stderr()).not.toContain("WAL");
  });
});

const run = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;

/** A temporary folder on a disk of its own without a byte to spare; undefined where mounting is not allowed. */
function fullFolder(): string | undefined {
  const folder = temporaryFolder();
  if (!run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder)) return undefined;
  onTestFinished(() => void run("umount", "-l", folder));
  try {
    for (let i = 0; ; i++) writeFileSync(join(folder, String(i)), Buffer.alloc(4_096));
  } catch {
    return folder;
  }
}

/** Writes, reads, sorts, searches and a backup: whatever might want to put something aside. */
async function expectAtWork(server: TestServer): Promise<void> {
  expect((await artist(server, "Kept")).status).toBe(201);
  const paths = ["/v1/tracks?sort=-name&total=1", "/v1/search?q=the", "/v1/charts/artists?window=300d"];
  for (const path of paths) expect((await get(server, path)).status, path).toBe(200);
  const { status, json } = await post(server, "/admin/backups", undefined);
  expect(status, JSON.stringify(json)).toBeLessThan(300);
  const job = async () => (await get(server, `/admin/backups/jobs/${json.id}`)).json;
  let state = await job();
  for (; state.status === "running"; state = await job()) await delay(50);
  expect(state, JSON.stringify(state)).toMatchObject({ error: null, backup: expect.anything() });
  expect(countOf(server, "Kept")).toBe(1);
}

test.runIf(process.getuid?.() === 0)(
  "a full temporary folder has no effect (needs root)",
  async (context) => {
    const folder = fullFolder();
    if (folder === undefined) return context.skip("mounting is not allowed");
    await using server = await startServer({ TMPDIR: folder }, { database: copyOf(catalogue) });
    await expectAtWork(server);
  },
);

/** Becomes the program, in a view of the machine in which only the folder can be written to. */
const readOnlyBut = (folder: string): string[] => [
  ...["unshare", "-m", "sh", "-c"],
  'mount --bind "$0" "$0" && mount -o remount,ro,bind / && ! touch /written 2>/dev/null && exec "$@"',
  folder,
];

test.runIf(process.getuid?.() === 0)(
  "a read-only root has no effect if the database's folder is writable (needs root)",
  async (context) => {
    const folder = join(temporaryFolder(), "data");
    mkdirSync(folder);
    const [program, ...args] = [...readOnlyBut(folder), "true"];
    if (!run(program!, ...args)) return context.skip("mounting is not allowed");
    copyFileSync(catalogue, join(folder, "database.sqlite"));
    const options = { database: join(folder, "database.sqlite"), wrap: readOnlyBut(folder) };
    await using server = await startServer({}, options);
    await expectAtWork(server);
  },
);
