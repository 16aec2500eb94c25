import { existsSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { Writer } from "../../src/main/engine/storage/writer.ts";
import { readHolder } from "../../src/shared/database/lock.ts";
import type { Statements } from "../../src/shared/protocol.ts";
import { codeOf, handshake, MIGRATIONS, newFile, outsider, sql, threadsStarted } from "./support.ts";

const insert = (name: string): Statements => [sql("INSERT INTO meta VALUES (@name, 'there')", { name })];
const keysIn = (file: string) => outsider(file).prepare("SELECT key FROM meta ORDER BY key").pluck().all();

/**
 * A command whose rows are more than the thread's heap may hold, a bit at a time: a single value of that size would
 * not end the thread but the process.
 */
const TOO_MUCH: Statements = [
  sql(`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 100)
    SELECT hex(zeroblob(1000000)), i FROM c`),
];

/** Ends the thread between two of its jobs, where that is safe. */
const end = (threads: ReturnType<typeof threadsStarted>) => threads.at(-1)!.terminate();

async function start(file = newFile()) {
  const losses: unknown[] = [];
  const failed = handshake<unknown>();
  const options = { file, synchronous: "normal", migrations: MIGRATIONS, migrate: true } as const;
  const writer = await Writer.start(options, {
    onLost: (cause) => losses.push(cause),
    onFailure: failed.resolve,
  });
  onTestFinished(() => writer.close());
  return { writer, file, losses, failed: failed.promise };
}

describe("a writer after its thread died", () => {
  test("of an exhausted heap inside SQLite starts another thread; the file is unchanged", async () => {
    const { writer, file, losses } = await start();
    await writer.batch([insert("before")]);
    expect(await codeOf(writer.batch([insert("with it"), TOO_MUCH]))).toBe("outcome_unknown");
    expect(await codeOf(writer.batch([insert("after")]))).toBe("resolved");
    expect(writer.alive).toBe(true);
    expect(losses).toMatchObject([{ code: "ERR_WORKER_OUT_OF_MEMORY" }]);
    expect(keysIn(file)).toEqual(["after", "before"]);
  });

  test("while idle starts another for the next call; lock and holder name are kept", async () => {
    const threads = threadsStarted();
    const { writer, file, losses } = await start();
    await writer.announce("http://127.0.0.1:1");
    await end(threads);
    expect(await codeOf(writer.batch([insert("after")]))).toBe("resolved");
    expect(readHolder(file)).toMatchObject({ pid: process.pid, url: "http://127.0.0.1:1" });
    expect(losses).toHaveLength(1);
  });

  test("repeatedly starts another each time", async () => {
    const threads = threadsStarted();
    const { writer, file, losses } = await start();
    for (const name of ["a", "b", "c"]) {
      await end(threads);
      expect(await codeOf(writer.batch([insert(name)]))).toBe("resolved");
    }
    expect([losses.length, keysIn(file)]).toEqual([3, ["a", "b", "c"]]);
  });

  test("and cannot be restarted refuses calls unsent, and recovers when the cause is gone", async () => {
    const threads = threadsStarted();
    const { writer, file, failed } = await start();
    await writer.batch([insert("before")]);
    const other = outsider(`${file}.lock`);
    await end(threads);
    other.exec("BEGIN EXCLUSIVE");
    expect(await failed).toMatchObject({ code: "locked" });
    expect(await codeOf(writer.batch([insert("shut out")]))).toBe("writer_lost");
    expect(writer.alive).toBe(false);
    other.exec("ROLLBACK");
    while (!writer.alive) await new Promise(setImmediate);
    await writer.batch([insert("after")]);
    expect(keysIn(file)).toEqual(["after", "before"]);
  });

  test("can be closed while the next thread starts, and leaves no files", async () => {
    const threads = threadsStarted();
    const { writer, file } = await start();
    await end(threads);
    await writer.close();
    expect(threads.every(({ threadId }) => threadId === -1)).toBe(true);
    expect(await codeOf(writer.batch([insert("late")]))).not.toBe("resolved");
    outsider(`${file}.lock`).exec("BEGIN EXCLUSIVE; ROLLBACK");
  });

  test.each(["gone", "replaced by another"])("does not start on a new file if its own is %s", async (now) => {
    const threads = threadsStarted();
    const { writer, file, failed } = await start();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
    if (now === "replaced by another") writeFileSync(file, "a letter in place of a database ".repeat(200));
    await end(threads);
    expect(await failed).toMatchObject({ code: "database_unusable" });
    expect(existsSync(file)).toBe(now === "replaced by another");
    await writer.close();
  });
});
