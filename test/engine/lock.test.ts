import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { hostname } from "node:os";
import { dirname, resolve } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { holderFile, lockFile, readHolder, WriterLock } from "../../src/shared/database/lock.ts";
import { newFile } from "./support.ts";

const require = createRequire(import.meta.url);
const MODULE = resolve(import.meta.dirname, "../../src/shared/database/lock.ts");

function lockHere(file: string): WriterLock {
  const lock = new WriterLock(file);
  onTestFinished(() => lock.release());
  return lock;
}

/** Another process that holds the lock by the time this resolves, until it is killed. */
async function lockElsewhere(file: string): Promise<ChildProcess> {
  const script = `
    import { WriterLock } from ${JSON.stringify(MODULE)};
    globalThis.lock = new WriterLock(process.argv[1]);
    lock.announce("http://127.0.0.1:1234");
    console.log("held");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout!, "data");
  return child;
}

const lockedBy = (words: string) =>
  expect.objectContaining({ code: "locked", message: expect.stringContaining(words) });

describe("a second lock", () => {
  test("in the same process is refused, naming this process", () => {
    const file = newFile();
    lockHere(file);
    expect(() => new WriterLock(file)).toThrow(lockedBy(`process ${process.pid} on ${hostname()}`));
  });

  test("in another process is refused, naming the holder and where it listens", async () => {
    const file = newFile();
    const { pid } = await lockElsewhere(file);
    expect(() => new WriterLock(file)).toThrow(lockedBy(`process ${pid} on ${hostname()}`));
    expect(() => new WriterLock(file)).toThrow(lockedBy("at http://127.0.0.1:1234"));
  });

  test("that is refused does not release the first: a third is refused too", () => {
    const file = newFile();
    lockHere(file);
    for (let i = 0; i < 3; i++) expect(() => new WriterLock(file)).toThrow(lockedBy("process"));
    expect(readHolder(file)?.pid).toBe(process.pid);
  });

  test("on another file is granted", () => {
    lockHere(newFile());
    lockHere(newFile());
  });

  test("is refused without a name if the holder's file is missing, empty, truncated or invalid", () => {
    const file = newFile();
    lockHere(file);
    const whole = readFileSync(holderFile(file), "utf8");
    for (const text of ["", whole.slice(0, 20), "null", "12", "[]", '{"pid": "x"}', "\0\0\0"]) {
      writeFileSync(holderFile(file), text);
      expect(readHolder(file)).toBeUndefined();
      expect(() => new WriterLock(file)).toThrow(lockedBy("in use by another process"));
    }
  });
});

describe("a lock is free", () => {
  test("after release, and the holder's name is gone", () => {
    const file = newFile();
    lockHere(file).release();
    expect(existsSync(holderFile(file))).toBe(false);
    lockHere(file);
  });

  test("after its process was killed, although its name is left", async () => {
    const file = newFile();
    const child = await lockElsewhere(file);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(readHolder(file)?.pid).toBe(child.pid);
    lockHere(file);
    expect(readHolder(file)?.pid).toBe(process.pid);
  });

  test("and releasing it twice does not affect the next holder", () => {
    const file = newFile();
    const first = lockHere(file);
    first.release();
    lockHere(file);
    first.release();
    expect(readHolder(file)?.pid).toBe(process.pid);
    expect(() => new WriterLock(file)).toThrow(lockedBy("process"));
  });

  test("if its holder could not write its name", () => {
    const file = newFile();
    mkdirSync(holderFile(file));
    expect(() => new WriterLock(file)).toThrow(expect.objectContaining({ code: "database_unusable" }));
    rmdirSync(holderFile(file));
    lockHere(file);
  });
});

describe("the lock has its database's permissions", () => {
  const modes = (file: string) =>
    [lockFile(file), holderFile(file)].map((path) => statSync(path).mode & 0o777);

  test("if the database exists, also if an earlier release left the lock readable to everyone", () => {
    const file = newFile();
    writeFileSync(file, "", { mode: 0o600 });
    writeFileSync(lockFile(file), "", { mode: 0o644 });
    lockHere(file);
    expect(modes(file)).toEqual([0o600, 0o600]);
  });

  test("before the database exists", () => {
    const file = newFile();
    lockHere(file);
    expect(modes(file).map((mode) => mode & 0o007)).toEqual([0, 0]);
  });

  test.runIf(process.getuid?.() === 0)("so that another user cannot hold it (needs root)", () => {
    const file = newFile();
    chmodSync(dirname(file), 0o755);
    writeFileSync(file, "", { mode: 0o640 });
    lockHere(file).release();
    const script = `
      const Database = require(${JSON.stringify(require.resolve("better-sqlite3"))});
      new Database(process.argv[1], { readonly: true }).exec("BEGIN; SELECT * FROM sqlite_schema");`;
    const { status, stderr } = spawnSync(process.execPath, ["-e", script, lockFile(file)], {
      ...{ uid: 65_534, gid: 65_534, encoding: "utf8", env: { PATH: process.env.PATH ?? "" } },
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining("unable to open database file")]);
  });
});

test("the holder's file names the server's address and start time", () => {
  const file = newFile();
  const lock = lockHere(file);
  const { since } = readHolder(file)!;
  expect(readHolder(file)).toEqual({ pid: process.pid, host: hostname(), since, url: null, inode: null });
  writeFileSync(file, "");
  lock.opened();
  lock.announce("http://127.0.0.1:8080");
  expect(readHolder(file)).toEqual({
    pid: process.pid,
    host: hostname(),
    since,
    url: "http://127.0.0.1:8080",
    inode: String(statSync(file).ino),
  });
});

test("a lock in a missing folder fails with database_unusable", () => {
  expect(() => new WriterLock("/nowhere/at/all")).toThrow(
    expect.objectContaining({ code: "database_unusable" }),
  );
});
