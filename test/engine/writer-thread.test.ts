import { spawnSync } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import PQueue from "p-queue";
import { describe, expect, test } from "vitest";
import { WriteQueue } from "../../src/main/engine/commands/write-queue.ts";
import { lockFile } from "../../src/shared/database/lock.ts";
import type { Connection } from "../../src/shared/database/sqlite.ts";
import type { Statements } from "../../src/shared/protocol.ts";
import { temporaryFolder } from "../support/server.ts";
import { codeOf, newFile, outsider, sql, startWriter, threadsStarted } from "./support.ts";

const insert = (name: string): Statements => [
  sql("INSERT INTO meta VALUES (@name, 'there') RETURNING key", { name }),
];
const keysIn = (file: string) => outsider(file).prepare("SELECT key FROM meta ORDER BY key").pluck().all();

/** A command that keeps the writer busy for some hundred milliseconds, and writes. */
const slow: Statements = [
  sql(`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 5000000)
    INSERT INTO meta SELECT 'slow', max(i) FROM c`),
];

describe("a running writer thread", () => {
  test("answers each call with its own reply, in order", async () => {
    const writer = await startWriter();
    const order: string[] = [];
    const replies = ["a", "b", "c"].map((name) =>
      writer.batch([insert(name)]).then(({ outcomes }) => {
        order.push(name);
        return outcomes[0]!.rows;
      }),
    );
    expect(await Promise.all(replies)).toEqual([[["a"]], [["b"]], [["c"]]]);
    expect(order).toEqual(["a", "b", "c"]);
  });

  test("reports the WAL's length with every batch", async () => {
    const writer = await startWriter();
    const first = await writer.batch([insert("a")]);
    const second = await writer.batch([insert("b")]);
    expect(second.wal.frames).toBeGreaterThan(first.wal.frames);
    expect(second.wal.bytes).toBeGreaterThan(0);
  });

  test("drops the samples of a plain ANALYZE: with them, statements are prepared repeatedly", async () => {
    const file = newFile();
    const writer = await startWriter({ file });
    await writer.batch([insert("a")]);
    const other = outsider(file);
    other.exec("ANALYZE");
    const samples = other.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat4'").pluck();
    expect(samples.get()).toBe(1);
    await writer.call("optimize", null);
    expect(samples.get()).toBe(0);
  });

  test("survives a failing job", async () => {
    const writer = await startWriter();
    expect(await codeOf(writer.call("migrate", { target: 99 }))).toBe("migration_refused");
    expect(writer.alive).toBe(true);
  });
});

describe("a copy of the database", () => {
  /** A file for it, and what is found in it. */
  function target() {
    const to = join(temporaryFolder(), "copy.sqlite");
    writeFileSync(to, "");
    return { to, keys: () => keysIn(to) };
  }
  const filling = (name: string): Statements => [
    sql("INSERT INTO meta VALUES (@name, hex(randomblob(500000))) RETURNING key", { name }),
  ];

  test("includes batches committed while it was made, each completely", async () => {
    const writer = await startWriter();
    for (let i = 0; i < 30; i++) await writer.batch([filling(`before ${i}`)]);
    const { to, keys } = target();
    let copying = true;
    const copied = writer.call("copy", to).finally(() => {
      copying = false;
    });
    let meanwhile = 0;
    while (copying) {
      const name = `meanwhile ${meanwhile++}`;
      const { outcomes } = await writer.batch([insert(`${name} a`), insert(`${name} b`)]);
      expect(outcomes.map(({ failure }) => failure)).toEqual([undefined, undefined]);
    }
    expect((await copied).pages).toBeGreaterThan(7_000);
    const found = keys();
    expect(found.filter((key) => String(key).startsWith("before"))).toHaveLength(30);
    const during = found.filter((key) => String(key).startsWith("meanwhile"));
    expect(meanwhile).toBeGreaterThan(1);
    expect(during.length % 2).toBe(0);
    expect(during.length).toBeGreaterThanOrEqual(2 * (meanwhile - 2));
    expect(outsider(to).pragma("integrity_check", { simple: true })).toBe("ok");
  });

  test("continues across checkpoints", async () => {
    const writer = await startWriter();
    for (let i = 0; i < 20; i++) await writer.batch([filling(`before ${i}`)]);
    const { to, keys } = target();
    const copied = writer.call("copy", to);
    for (const mode of ["PASSIVE", "TRUNCATE"] as const) await writer.call("checkpoint", mode);
    await copied;
    expect(keys()).toHaveLength(20);
  });

  test("is made one at a time, and stops when cancelled", async () => {
    const writer = await startWriter();
    for (let i = 0; i < 30; i++) await writer.batch([filling(`before ${i}`)]);
    const first = codeOf(writer.call("copy", target().to));
    expect(await codeOf(writer.call("copy", target().to))).toBe("backup_running");
    await writer.call("cancelCopy", null);
    expect(await first).toBe("closing");
    const { to, keys } = target();
    await writer.call("copy", to);
    expect(keys()).toHaveLength(30);
  });

  test("that cannot be written fails without affecting the thread", async () => {
    const writer = await startWriter();
    expect(await codeOf(writer.call("copy", join(temporaryFolder(), "nowhere", "copy.sqlite")))).not.toBe(
      "resolved",
    );
    expect((await writer.batch([insert("a")])).outcomes).toHaveLength(1);
  });

  test("does not prevent the thread from closing", async () => {
    const file = newFile();
    const writer = await startWriter({ file });
    for (let i = 0; i < 30; i++) await writer.batch([filling(`before ${i}`)]);
    const copied = codeOf(writer.call("copy", target().to));
    await writer.close();
    expect(await copied).not.toBe("resolved");
    expect(keysIn(file)).toHaveLength(30);
  });
});

describe("closing a writer thread", () => {
  test("finishes earlier calls first, then leaves a single file", async () => {
    const file = newFile();
    const writer = await startWriter({ file });
    const before = writer.batch([slow, insert("a")]);
    const closing = writer.close();
    expect((await before).outcomes.map(({ failure }) => failure)).toEqual([undefined, undefined]);
    await closing;
    expect(keysIn(file)).toEqual(["a", "slow"]);
  });

  test("keeps the WAL complete and in place for a replicator if told to", async () => {
    for (const keepWal of [true, false]) {
      const file = newFile();
      const writer = await startWriter({ file, keepWal });
      const { wal } = await writer.batch([insert("a")]);
      await writer.close();
      const bytes = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      if (keepWal) expect(bytes).toBeGreaterThanOrEqual(wal.bytes);
      else expect(bytes).toBe(0);
      expect(keysIn(file)).toEqual(["a"]);
    }
  });

  test("is idempotent, also concurrently", async () => {
    const writer = await startWriter();
    await Promise.all([writer.close(), writer.close()]);
    await writer.close();
    expect(writer.alive).toBe(false);
  });

  test("refuses later calls, also while closing", async () => {
    const file = newFile();
    const writer = await startWriter({ file });
    const closing = writer.close();
    expect(await codeOf(writer.batch([insert("late")]))).toBe("closing");
    await closing;
    expect(await codeOf(writer.batch([insert("later")]))).toBe("closing");
    expect(keysIn(file)).toEqual([]);
  });

  test("releases the database for the next writer", async () => {
    const file = newFile();
    await (await startWriter({ file })).close();
    await (await startWriter({ file })).close();
  });
});

/**
 * Ends the thread inside its slow command. Only inside a step is that safe: a call of better-sqlite3 that finds its
 * thread ended can abort the process. The lock says that the batch has begun, and a moment later it is in its step.
 */
async function killOver(file: string, thread: Worker): Promise<void> {
  const other = outsider(file);
  while (!isWritten(other)) await new Promise(setImmediate);
  await delay(50);
  await thread.terminate();
}

function isWritten(other: Connection): boolean {
  try {
    other.exec("BEGIN IMMEDIATE; ROLLBACK");
    return false;
  } catch {
    return true;
  }
}

describe("a writer thread that dies", () => {
  test("fails calls in flight with an unknown outcome and refuses new ones", async () => {
    const [threads, file] = [threadsStarted(), newFile()];
    const writer = await startWriter({ file });
    const inFlight = [codeOf(writer.batch([slow])), codeOf(writer.call("migrations", null))];
    await killOver(file, threads[0]!);
    expect(await Promise.all(inFlight)).toEqual(["outcome_unknown", "outcome_unknown"]);
    expect(writer.alive).toBe(false);
    expect(await codeOf(writer.call("migrations", null))).toBe("writer_lost");
  });

  test("can still be closed", async () => {
    const threads = threadsStarted();
    const writer = await startWriter();
    await threads[0]!.terminate();
    await writer.close();
  });

  test("releases the lock and loses no commit", async () => {
    const [threads, file] = [threadsStarted(), newFile()];
    const writer = await startWriter({ file });
    await writer.batch([insert("kept")]);
    await threads[0]!.terminate();
    await startWriter({ file });
    expect(keysIn(file)).toEqual(["kept"]);
  });

  test("settles every command of its queue exactly once", async () => {
    const [threads, file] = [threadsStarted(), newFile()];
    const writer = await startWriter({ file });
    const queue = new WriteQueue(writer, new PQueue({ concurrency: 2 }), {
      maxWaiting: 100,
      maxWaitingBytes: 1e6,
      maxWaitMs: 60_000,
      maxBatch: 1,
      maxBatchBytes: 1e6,
      deadlineMs: 60_000,
      onBatch: () => {},
    });
    const commands = [slow, insert("a"), insert("b"), insert("c")].map((command) =>
      codeOf(queue.submit(command)),
    );
    while (queue.length > 2) await new Promise(setImmediate);
    await killOver(file, threads[0]!);
    expect(await Promise.all(commands)).toEqual([
      "outcome_unknown",
      "outcome_unknown",
      "writer_lost",
      "writer_lost",
    ]);
    await queue.close();
  });
});

describe("a writer thread that cannot start", () => {
  test("because the database is locked names the holder", async () => {
    const file = newFile();
    await startWriter({ file });
    await expect(startWriter({ file })).rejects.toMatchObject({
      code: "locked",
      message: expect.stringContaining(`process ${process.pid}`),
    });
  });

  test("because the file is not an SQLite database says so and releases the lock", async () => {
    const file = newFile();
    writeFileSync(
      file,
      "this is a letter to a friend, long enough to be taken for a page of something".repeat(9),
    );
    expect(await codeOf(startWriter({ file }))).toBe("database_unusable");
    outsider(lockFile(file)).exec("BEGIN EXCLUSIVE; ROLLBACK");
  });

  test("because its path is a directory says so", async () => {
    const file = newFile();
    mkdirSync(file);
    expect(await codeOf(startWriter({ file }))).toBe("database_unusable");
  });

  test("because migrations are refused says so and releases the lock", async () => {
    const migrations = temporaryFolder();
    writeFileSync(join(migrations, "0001_half.up.sql"), "CREATE TABLE a (b)");
    const file = newFile();
    expect(await codeOf(startWriter({ file, migrations }))).toBe("migration_refused");
    await startWriter({ file });
  });

  test("because it exits before its first message fails at once", async () => {
    process.once("worker", (worker) => void worker.terminate());
    expect(await codeOf(startWriter())).toBe("database_unusable");
  });
});

/** Whether SQLite in another process considers itself the file's only user. */
function aloneElsewhere(file: string): boolean {
  const script = `
    const db = new (require("better-sqlite3"))(process.argv[1], { timeout: 0 });
    db.pragma("locking_mode = EXCLUSIVE");
    db.prepare("SELECT count(*) FROM meta").get();`;
  return spawnSync(process.execPath, ["-e", script, file]).status === 0;
}

test("refusing a second writer releases no lock of the first", async () => {
  const file = newFile();
  const first = await startWriter({ file });
  expect(await codeOf(startWriter({ file }))).toBe("locked");
  expect(aloneElsewhere(file)).toBe(false);
  await first.close();
  expect(aloneElsewhere(file)).toBe(true);
});
