import { describe, expect, test, vi } from "vitest";
import type { Lane } from "../../src/main/engine/reads/lane.ts";
import type { Connection } from "../../src/shared/database/sqlite.ts";
import type { ReadRequest } from "../../src/shared/protocol.ts";
import { codeOf, handshake, newFile, openLane, outsider, threadsStarted, writable } from "./support.ts";

/** A database of one value, and the connection that changes it. */
function database(): { file: string; db: Connection } {
  const file = newFile();
  const db = writable(file);
  db.exec("CREATE TABLE counter (value INTEGER); INSERT INTO counter VALUES (0)");
  return { file, db };
}

const say = (text: string): ReadRequest => ["SELECT @text, 'etag', NULL", { text }];
/** A read that takes as long as counting takes: a few hundred milliseconds for some millions. */
const count = (upTo: number): ReadRequest => [
  "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT @upTo) SELECT max(i) || '', 'etag', NULL FROM c",
  { upTo },
];
/** The same, with a snapshot open from its first row on. */
const LONG: ReadRequest = [
  `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 3000000)
   SELECT (SELECT max(i) FROM c WHERE i >= value * 0) || '', 'etag', NULL FROM counter`,
  {},
];
const textOf = async (answer: ReturnType<Lane["read"]>) => (await answer).row?.[0];

/** A lane that reports when each batch is sent, and its size. */
async function watched(file: string, options: Parameters<typeof openLane>[1] = {}) {
  const sizes: number[] = [];
  const departures: (() => void)[] = [];
  const lane = await openLane(file, {
    ...options,
    onBatch: (size) => {
      sizes.push(size);
      for (const departed of departures.splice(0)) departed();
    },
  });
  const departure = () => new Promise<void>((resolve) => departures.push(resolve));
  return { lane, sizes, departure };
}

/** A lane whose only thread runs a long read. */
async function taken(options: Parameters<typeof openLane>[1] = {}) {
  const { file, db } = database();
  const made = await watched(file, options);
  const [gone, long] = [made.departure(), made.lane.read(LONG)];
  await gone;
  return { ...made, db, long };
}

/**
 * Until a reader is inside its long read: from then on its snapshot holds the WAL back. Only there is it safe to
 * end its thread: between two steps, a call of better-sqlite3 that finds its thread ended aborts the process.
 */
async function insideLongRead(db: Connection): Promise<void> {
  db.pragma("busy_timeout = 0");
  for (;;) {
    db.exec("UPDATE counter SET value = value + 1");
    const [wal] = db.pragma("wal_checkpoint(RESTART)") as {
      busy: number;
      log: number;
      checkpointed: number;
    }[];
    if (wal!.busy === 1 || wal!.log !== wal!.checkpointed) return;
    await new Promise(setImmediate);
  }
}

describe("waiting reads", () => {
  test("of one turn form one batch and are answered in order", async () => {
    const { lane, sizes } = await watched(database().file);
    const answers = Array.from({ length: 50 }, (_, i) => textOf(lane.read(say(`${i}`))));
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
    expect(sizes).toEqual([50]);
  });

  test("form one batch when the thread is free, up to the maximum", async () => {
    const { lane, sizes, long } = await taken({ maxBatch: 8 });
    const answers: Promise<unknown>[] = [];
    for (let i = 0; i < 20; i++) {
      answers.push(lane.read(say(`${i}`)));
      await new Promise(setImmediate);
    }
    expect(lane.length).toBe(20);
    await Promise.all([long, ...answers]);
    expect(sizes).toEqual([1, 8, 8, 4]);
  });

  test("are distributed over the free threads", async () => {
    const { lane, sizes } = await watched(database().file, { threads: 2 });
    await Promise.all(Array.from({ length: 9 }, (_, i) => lane.read(say(`${i}`))));
    expect(sizes).toEqual([5, 4]);
  });

  test("are batched on the scan lane if they were short before; unknown ones run alone", async () => {
    const brief = { name: "scan", maxBatch: 8, briefMs: Number.POSITIVE_INFINITY } as const;
    const { lane, sizes } = await watched(database().file, brief);
    await Promise.all([lane.read(say("a")), lane.read(say("b"))]);
    await Promise.all(
      [...["c", "d", "e"].map(say), count(1), say("f"), say("g")].map((read) => lane.read(read)),
    );
    expect(sizes).toEqual([1, 1, 3, 1, 2]);
  });

  test("run alone on the scan lane if they were long before", async () => {
    const { lane, sizes } = await watched(database().file, { name: "scan", maxBatch: 8, briefMs: 0 });
    await lane.read(say("a"));
    await Promise.all(["b", "c", "d"].map((text) => lane.read(say(text))));
    expect(sizes).toEqual([1, 1, 1, 1]);
  });

  test("are refused at once if too many wait, without affecting the others", async () => {
    const { lane, long } = await taken({ maxWaiting: 2 });
    const waiting = [textOf(lane.read(say("a"))), textOf(lane.read(say("b")))];
    expect(await codeOf(lane.read(say("c")))).toBe("overloaded");
    expect(await Promise.all(waiting)).toEqual(["a", "b"]);
    await long;
  });
});

describe("a batch", () => {
  test("sees one snapshot during concurrent writes", async () => {
    const { file, db } = database();
    const lane = await openLane(file);
    const read: ReadRequest = [
      `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 20000)
       SELECT (SELECT max(i) FROM c) * 0 + value || '', 'etag', NULL FROM counter`,
      {},
    ];
    const seen: string[] = [];
    for (let i = 0; i < 20; i++) {
      const batch = Promise.all(Array.from({ length: 8 }, () => textOf(lane.read(read))));
      let done = false;
      void batch.then(() => {
        done = true;
      });
      while (!done) {
        db.exec("UPDATE counter SET value = value + 1");
        await new Promise(setImmediate);
      }
      const values = new Set(await batch);
      expect(values.size).toBe(1);
      seen.push(...(values as Set<string>));
    }
    expect(new Set(seen).size).toBeGreaterThan(1);
  });

  test("returns the other results if one read fails", async () => {
    const lane = await openLane(database().file);
    const [a, broken, unbound, b] = [
      textOf(lane.read(say("a"))),
      codeOf(lane.read(["SELECT * FROM nowhere", {}])),
      codeOf(lane.read(["SELECT @missing", {}])),
      textOf(lane.read(say("b"))),
    ];
    expect(await Promise.all([a, broken, unbound, b])).toEqual(["a", "internal", "internal", "b"]);
  });

  test("cannot write", async () => {
    const { file } = database();
    const lane = await openLane(file);
    expect(await codeOf(lane.read(["DELETE FROM counter RETURNING 1, 2, 3", {}]))).toBe("read_only");
    expect(outsider(file).prepare("SELECT count(*) FROM counter").pluck().get()).toBe(1);
  });

  test("returns null without a row, and derives an ETag from the text if the read has none", async () => {
    const lane = await openLane(database().file);
    const none = await lane.read(["SELECT 'x', 'y', NULL WHERE false", {}]);
    expect(none.row).toBeNull();
    const tag = async (text: string) => (await lane.read(["SELECT @text, NULL, 'a b'", { text }])).row!;
    const [one, again, other] = [await tag("x"), await tag("x"), await tag("y")];
    expect(one).toEqual(["x", expect.stringMatching(/^"[\w-]{27}"$/), "a b"]);
    expect([again[1] === one[1], other[1] === one[1]]).toEqual([true, false]);
  });
});

describe("the deadline", () => {
  test("fails a running read for its caller, while its thread still counts as busy", async () => {
    const lane = await openLane(database().file, { deadlineMs: 50 });
    expect(await codeOf(lane.read(count(10_000_000)))).toBe("read_timeout");
    expect(await lane.pause(0)).toBe(false);
  });

  test("fails a waiting read, which never runs", async () => {
    const { lane, sizes, long } = await taken({ deadlineMs: 50 });
    expect(await Promise.all([codeOf(long), codeOf(lane.read(say("late")))])).toEqual([
      "read_timeout",
      "read_timeout",
    ]);
    expect(lane.length).toBe(0);
    expect(await lane.pause(60_000)).toBe(true);
    lane.resume();
    expect(sizes).toEqual([1]);
  });

  test("stops a read that checks it, which frees its thread", async () => {
    const lane = await openLane(database().file, { deadlineMs: 200 });
    const endless =
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*), '', NULL FROM c WHERE within_deadline()";
    expect(await codeOf(lane.read([endless, {}]))).toBe("read_timeout");
    expect(await lane.pause(60_000)).toBe(true);
    lane.resume();
    expect(await textOf(lane.read(say("next")))).toBe("next");
  });
});

test("a lane is not alive while all its threads are far past the deadline", async () => {
  const { lane, long } = await taken({ deadlineMs: 20 });
  expect(lane.alive).toBe(true);
  expect(await codeOf(long)).toBe("read_timeout");
  const pausing = lane.pause(60_000);
  while (lane.alive) await new Promise(setImmediate);
  expect(await pausing).toBe(true);
  expect(lane.alive).toBe(true);
  lane.resume();
});

describe("a pause", () => {
  test("waits for running reads, and holds new ones until it is resumed", async () => {
    const { lane, sizes, long } = await taken();
    let answered = false;
    void long.then(() => {
      answered = true;
    });
    const pausing = lane.pause(60_000);
    const held = lane.read(say("held"));
    expect(await pausing).toBe(true);
    expect([answered, lane.length, sizes]).toEqual([true, 1, [1]]);
    lane.resume();
    expect(await textOf(held)).toBe("held");
  });

  test("nests: the last resume lets reads go", async () => {
    const { lane, sizes } = await watched(database().file);
    expect([await lane.pause(0), await lane.pause(0)]).toEqual([true, true]);
    const held = lane.read(say("held"));
    lane.resume();
    await new Promise(setImmediate);
    expect(sizes).toEqual([]);
    lane.resume();
    expect(await textOf(held)).toBe("held");
  });

  test("times out on a long read and then holds no reads", async () => {
    const { lane, long } = await taken({ threads: 2 });
    expect(await lane.pause(1)).toBe(false);
    expect(await textOf(lane.read(say("beside it")))).toBe("beside it");
    await long;
  });

  test("leaves no snapshot open: the WAL can be restarted", async () => {
    const { file, db } = database();
    const lane = await openLane(file, { threads: 2 });
    await Promise.all(
      Array.from({ length: 9 }, () => lane.read(["SELECT value, '', NULL FROM counter", {}])),
    );
    expect(await lane.pause(60_000)).toBe(true);
    db.exec("UPDATE counter SET value = 7");
    expect(db.pragma("wal_checkpoint(TRUNCATE)")).toEqual([{ busy: 0, log: 0, checkpointed: 0 }]);
    lane.resume();
  });
});

describe("closing", () => {
  test("rejects waiting and running reads, and refuses new ones", async () => {
    const { lane, long } = await taken();
    const fates = [codeOf(long), codeOf(lane.read(say("waits")))];
    const closing = lane.close();
    fates.push(codeOf(lane.read(say("comes"))));
    expect(await Promise.all(fates)).toEqual(["closing", "closing", "closing"]);
    await closing;
    expect(await codeOf(lane.read(say("comes later")))).toBe("closing");
    expect(lane.threads).toBe(0);
  });

  test("terminates no thread inside a read: that would abort the process", async () => {
    const threads = threadsStarted();
    const { lane, db, long } = await taken();
    await insideLongRead(db);
    const terminate = vi.spyOn(threads[0]!, "terminate");
    const closing = lane.close();
    expect(await codeOf(long)).toBe("closing");
    expect(terminate).not.toHaveBeenCalled();
    await closing;
    expect(terminate).toHaveBeenCalled();
  });

  test("is idempotent, also while paused", async () => {
    const lane = await openLane(database().file);
    await lane.pause(0);
    await Promise.all([lane.close(), lane.close()]);
    await lane.close();
  });

  test("a lane that cannot be opened leaves no thread behind", async () => {
    const threads = threadsStarted();
    expect(await codeOf(openLane("/nowhere/database.sqlite", { threads: 2 }))).not.toBe("resolved");
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1, -1]);
  });
});

// Ended from outside, a thread may already be at the next read, which then is the one that is lost: tried again.
describe("a thread that dies", { retry: 3 }, () => {
  test("during a batch loses no reads: each is retried alone", async () => {
    const threads = threadsStarted();
    const { file, db } = database();
    const { lane, sizes } = await watched(file);
    const answers = [textOf(lane.read(LONG)), ...["a", "b"].map((text) => textOf(lane.read(say(text))))];
    await insideLongRead(db);
    await threads[0]!.terminate();
    expect(await Promise.all(answers)).toEqual(["3000000", "a", "b"]);
    expect(sizes).toEqual([3, 1, 1, 1]);
  });

  test("has its reads retried before later ones", async () => {
    const threads = threadsStarted();
    const { lane, db, sizes, long } = await taken();
    const later = [lane.read(say("a")), lane.read(say("b"))];
    await insideLongRead(db);
    await threads[0]!.terminate();
    await Promise.all([long, ...later]);
    expect(sizes).toEqual([1, 1, 2]);
  });

  test("twice on the same read fails that read and no other", async () => {
    const threads = threadsStarted();
    const { file, db } = database();
    const lane = await openLane(file);
    const [a, killer, b] = [
      textOf(lane.read(say("a"))),
      codeOf(lane.read(LONG)),
      textOf(lane.read(say("b"))),
    ];
    for (let death = 0; death < 2; death++) {
      await insideLongRead(db);
      await threads.at(-1)!.terminate();
    }
    expect(await Promise.all([a, killer, b])).toEqual(["a", "reader_lost", "b"]);
    expect(await textOf(lane.read(say("after")))).toBe("after");
  });

  test("while idle is replaced, and the process continues", async () => {
    const threads = threadsStarted();
    const lane = await openLane(database().file);
    const started = handshake();
    process.once("worker", () => started.resolve());
    threads[0]!.emit("error", new Error("out of memory"));
    await started.promise;
    expect(await textOf(lane.read(say("next")))).toBe("next");
    expect(lane.threads).toBe(1);
  });

  test("does not block a pause", async () => {
    const threads = threadsStarted();
    const { lane, db, long } = await taken();
    const pausing = lane.pause(60_000);
    await insideLongRead(db);
    await threads[0]!.terminate();
    expect(await pausing).toBe(true);
    lane.resume();
    expect(await textOf(long)).toBe("3000000");
  });
});
