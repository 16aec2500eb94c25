import { linkSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { realFile } from "../../src/shared/database/real-file.ts";
import { expectProblem } from "../http/helpers.ts";
import {
  chinook,
  copyOf,
  get,
  makeCatalogue,
  post,
  startServer,
  temporaryFolder,
} from "../support/server.ts";

let catalogue: string;
beforeAll(async () => {
  catalogue = await makeCatalogue(50);
});

/** Other names of a file: a link to it, and its own name in a linked folder. */
function linksTo(file: string): string[] {
  const folder = temporaryFolder();
  symlinkSync(file, join(folder, "link.sqlite"));
  symlinkSync(dirname(file), join(folder, "linked"));
  return [join(folder, "link.sqlite"), join(folder, "linked", "database.sqlite")];
}

describe("a database behind a symbolic link", () => {
  test("is the same database: a second server on its other path does not start", async () => {
    await using server = await startServer({}, { database: copyOf(catalogue) });
    for (const link of linksTo(server.database)) {
      const { code, stderr } = await chinook(["serve"], { CHINOOK_DATABASE: link, CHINOOK_PORT: "0" });
      expect(code, link).toBe(1);
      expect(stderr).toContain(`in use by process ${server.pid}`);
    }
  });

  test("is watched at its target: a missing WAL is detected", async () => {
    const database = copyOf(catalogue);
    await using server = await startServer({}, { database: linksTo(database)[0]! });
    expect((await post(server, "/v1/artists", { name: "Before" })).status).toBe(201);
    unlinkSync(`${database}-wal`);
    expectProblem(await post(server, "/v1/artists", { name: "Lost" }), 503, "database_moved");
    expect((await get(server, "/v1/artists/1")).status).toBe(200);
  });

  test("is restored at its target, and the link stays a link", async () => {
    const database = copyOf(catalogue);
    const link = linksTo(database)[0]!;
    const settings = { CHINOOK_DATABASE: link, CHINOOK_BACKUP_DIR: temporaryFolder() };
    const before = statSync(database).ino;
    for (const command of ["create", "restore"]) {
      const { code, stderr } = await chinook(["backup", command], settings);
      expect(code, stderr).toBe(0);
    }
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(statSync(link).ino).toBe(statSync(database).ino);
    expect(statSync(database).ino).not.toBe(before);
    expect(readdirSync(dirname(link)).toSorted()).toEqual(["link.sqlite", "linked"]);
  });

  test("is created at the target of a dangling link", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "there"));
    symlinkSync("there/made.sqlite", join(folder, "link.sqlite"));
    await using server = await startServer({}, { database: join(folder, "link.sqlite") });
    expect((await post(server, "/v1/artists", { name: "One" })).status).toBe(201);
    expect(readdirSync(join(folder, "there"))).toContain("made.sqlite-wal");
    expect(readdirSync(folder).toSorted()).toEqual(["link.sqlite", "there"]);
  });

  test("resolves to one path by any link, whether or not it exists", () => {
    const folder = realFile(temporaryFolder());
    const [link, linked] = linksTo(join(folder, "database.sqlite"));
    for (const path of [link!, linked!]) expect(realFile(path)).toBe(join(folder, "database.sqlite"));
    symlinkSync("round", join(folder, "about"));
    symlinkSync("about", join(folder, "round"));
    expect(realFile(join(folder, "round"))).toBe(join(folder, "round"));
  });
});

test("a database with a hard link is refused: each path would have its own lock and WAL", async () => {
  const database = copyOf(catalogue);
  linkSync(database, join(dirname(database), "other.sqlite"));
  const { code, stderr } = await chinook(["serve"], { CHINOOK_DATABASE: database, CHINOOK_PORT: "0" });
  expect(code).toBe(1);
  expect(stderr).toContain("2 hard links");
});
