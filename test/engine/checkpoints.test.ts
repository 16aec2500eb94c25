import PQueue from "p-queue";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { Cache } from "../../src/main/engine/cache/cache.ts";
import { command } from "../../src/main/engine/commands/command.ts";
import { WriteQueue } from "../../src/main/engine/commands/write-queue.ts";
import { createLog } from "../../src/main/engine/log.ts";
import { createMetrics } from "../../src/main/engine/metrics.ts";
import { read } from "../../src/main/engine/reads/read.ts";
import { ReadSide } from "../../src/main/engine/reads/read-side.ts";
import { Checkpointer, type CheckpointerOptions } from "../../src/main/engine/storage/checkpointer.ts";
import { WriteSide } from "../../src/main/engine/storage/write-side.ts";
import type { CheckpointMode, CheckpointReport, Statements, WalState } from "../../src/shared/protocol.ts";
import { resolveSettings } from "../../src/shared/settings.ts";
import { codeOf, newFile, outsider, sql, startWriter } from "./support.ts";

async function openReads(file: string): Promise<ReadSide> {
  const reads = await ReadSide.open({
    settings: { database: file, pointReaders: 1, scanReaders: 1 },
    cache: new Cache({ maxBytes: 0 }),
    log: createLog("silent"),
    metrics: createMetrics(),
  });
  onTestFinished(() => reads.close());
  return reads;
}

const asked = (lane: "point" | "scan", text: string) =>
  read<null>({
    name: "test",
    lane,
    params: z.null(),
    statement: () => ({ sql: `SELECT (${text}) || '', 'etag', NULL`, params: {} }),
    cache: { table: "none", lifetime: 0, tags: () => [], joins: [], freshness: "coherent" },
  });
const SOME = asked("point", "SELECT count(*) FROM meta");
const LONG = asked(
  "scan",
  "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 12000000) SELECT max(i) FROM c",
);
const ask = (reads: ReadSide, what = SOME) => reads.answers.fetch(what, null, "");

/** Eight pages of the WAL, about. */
const fill: Statements = [
  sql("INSERT OR REPLACE INTO meta VALUES ('fill', hex(randomblob(15000))) RETURNING length(value)"),
];

/** The engine's writing half with small bounds, over real threads; reads go on until the test ends. */
async function engine(options: Pick<CheckpointerOptions, "idleFrames" | "capFrames">) {
  const file = newFile();
  const writer = await startWriter({ file });
  const reads = await openReads(file);
  const [jobs, reports, states] = [
    new PQueue({ concurrency: 2 }),
    [] as CheckpointReport[],
    [] as WalState[],
  ];
  const checkpointer = new Checkpointer(jobs, {
    ...options,
    run: (mode) => writer.call("checkpoint", mode),
    whilePaused: (action) => reads.whilePaused(action),
    onReport: (report) => reports.push(report),
    onFailure: (error) => {
      throw error;
    },
  });
  const limits = {
    maxWaiting: 100,
    maxWaitingBytes: 1e6,
    maxWaitMs: 60_000,
    maxBatch: 1,
    maxBatchBytes: 1e6,
    deadlineMs: 60_000,
  };
  const onBatch = (_: number, { wal }: { wal: WalState }) => {
    states.push(wal);
    checkpointer.observe(wal);
  };
  const queue = new WriteQueue(writer, jobs, { ...limits, onBatch });
  const write = async (times: number) => {
    for (let i = 0; i < times; i++) await queue.submit(fill);
    await jobs.onIdle();
  };
  const modes = () => reports.map(({ mode, complete }) => `${mode} ${complete ? "complete" : "held back"}`);
  const frames = () => states.map((state) => state.frames);
  return { file, reads, write, reports, modes, frames };
}

describe("the WAL", () => {
  test("stays bounded under sustained writes while readers never rest", async () => {
    const { reads, write, frames, modes } = await engine({ idleFrames: 1_000_000, capFrames: 200 });
    let writing = true;
    const reader = async () => {
      for (; writing; ) await ask(reads);
    };
    const readers = Array.from({ length: 8 }, reader);
    await write(400);
    writing = false;
    await Promise.all(readers);
    expect(Math.max(...frames())).toBeLessThan(1_000);
    expect(modes().filter((mode) => mode === "TRUNCATE complete").length).toBeGreaterThan(5);
  });

  test("would have passed that bound without checkpoints", async () => {
    const { write, frames, modes } = await engine({ idleFrames: 1_000_000, capFrames: 1_000_000 });
    await write(400);
    expect(Math.max(...frames())).toBeGreaterThan(2_000);
    expect(modes()).toEqual([]);
  });

  test("is moved by PASSIVE when it is long enough and nothing waits, with nobody disturbed", async () => {
    const { write, modes, reports } = await engine({ idleFrames: 20, capFrames: 1_000_000 });
    await write(50);
    expect(new Set(modes())).toEqual(new Set(["PASSIVE complete"]));
    const { wal } = reports.at(-1)!;
    expect(wal.checkpointed).toBe(wal.frames);
  });

  test("grows past its cap while a reader outside holds it back, and recovers once that is gone", async () => {
    const { file, write, reports, modes, frames } = await engine({ idleFrames: 1_000_000, capFrames: 100 });
    await write(1);
    // A new file's WAL holds its migrations, which may be past the cap already.
    reports.splice(0);
    const other = outsider(file);
    other.exec("BEGIN; SELECT * FROM meta");
    await write(40);
    expect(modes()).toContain("TRUNCATE held back");
    expect(modes()).not.toContain("TRUNCATE complete");
    expect(frames().at(-1)).toBeGreaterThan(200);
    other.exec("COMMIT");
    await write(20);
    expect(modes().at(-1)).toBe("TRUNCATE complete");
    expect(frames().at(-1)).toBeLessThan(200);
  });

  test("that is held back is not tried again with every commit", async () => {
    const { file, write, modes, frames } = await engine({ idleFrames: 1_000_000, capFrames: 100 });
    await write(1);
    outsider(file).exec("BEGIN; SELECT * FROM meta");
    await write(60);
    const attempts = modes().filter((mode) => mode === "TRUNCATE held back").length;
    expect(attempts).toBeGreaterThan(1);
    expect(attempts).toBeLessThanOrEqual(Math.ceil(frames().at(-1)! / 50));
  });
});

describe("a checkpointer", () => {
  const wal = (frames: number): WalState => ({ frames, checkpointed: 0, bytes: 0 });

  /** Over a disk that fails, or a checkpoint of the test's making. */
  function bench(run: (mode: CheckpointMode) => Promise<CheckpointReport>) {
    const jobs = new PQueue({ concurrency: 2 });
    const [tried, failures] = [[] as CheckpointMode[], [] as unknown[]];
    const checkpointer = new Checkpointer(jobs, {
      idleFrames: 1_000_000,
      capFrames: 100,
      run: (mode) => [tried.push(mode), run(mode)][1] as Promise<CheckpointReport>,
      whilePaused: (action) => action(),
      onReport: () => {},
      onFailure: (error) => failures.push(error),
    });
    const observe = async (frames: number) => {
      checkpointer.observe(wal(frames));
      await jobs.onIdle();
      await new Promise(setImmediate);
    };
    return { checkpointer, observe, tried, failures };
  }

  test("that fails says so, and tries again when the WAL has grown by another half of its cap", async () => {
    const error = new Error("no disk");
    const { observe, tried, failures } = bench(() => Promise.reject(error));
    for (const frames of [99, 100, 101, 149]) await observe(frames);
    expect([tried, failures]).toEqual([["PASSIVE"], [error]]);
    await observe(150);
    expect(tried).toHaveLength(2);
  });

  test("goes by its cap again once the WAL was started over by itself", async () => {
    const { observe, tried } = bench((mode) =>
      Promise.resolve({ mode, complete: false, ms: 0, wal: wal(100) }),
    );
    for (const frames of [100, 120, 3, 100]) await observe(frames);
    expect(tried).toEqual(["PASSIVE", "TRUNCATE", "PASSIVE", "TRUNCATE"]);
  });

  test("does one at a time", async () => {
    const held = Promise.withResolvers<CheckpointReport>();
    const { checkpointer, tried } = bench(() => held.promise);
    for (let frames = 100; frames < 1_000; frames += 100) checkpointer.observe(wal(frames));
    await new Promise(setImmediate);
    expect(tried).toEqual(["PASSIVE"]);
  });
});

describe("pausing the readers", () => {
  test("holds what comes while the action runs", async () => {
    const { reads } = await engine({ idleFrames: 1, capFrames: 1 });
    let answered = false;
    let held: unknown;
    const length = await reads.whilePaused(async () => {
      held = ask(reads).then(() => {
        answered = true;
      });
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
      expect(answered).toBe(false);
      return reads.queueLengths.point;
    });
    expect(length).toBe(1);
    await held;
  });

  test("gives up on a scan that runs long: cheap reads do not stand behind it", async () => {
    const { reads } = await engine({ idleFrames: 1, capFrames: 1 });
    let scanned = false;
    const scan = ask(reads, LONG).then(
      () => {
        scanned = true;
      },
      () => {},
    );
    await ask(reads);
    await reads.whilePaused(async () => {
      await ask(reads);
      expect(scanned).toBe(false);
    });
    await scan;
  });

  test("is over when the action takes long, not when it ends", async () => {
    const { reads } = await engine({ idleFrames: 1, capFrames: 1 });
    expect(await reads.whilePaused(() => ask(reads))).not.toBeNull();
  });

  test("is over when the action fails", async () => {
    const { reads } = await engine({ idleFrames: 1, capFrames: 1 });
    expect(await codeOf(reads.whilePaused(() => Promise.reject({ code: "failed" })))).toBe("failed");
    expect(await ask(reads)).not.toBeNull();
  });

  test("does not outlast their closing", async () => {
    const { reads } = await engine({ idleFrames: 1, capFrames: 1 });
    const scan = codeOf(ask(reads, LONG));
    await ask(reads);
    const pausing = reads.whilePaused(() => Promise.resolve("ran"));
    await reads.close();
    expect([await pausing, await scan]).toEqual(["ran", "closing"]);
  });
});

describe.each(["managed", "external"] as const)("with checkpoints %s", (checkpoints) => {
  test("the server moves the WAL by itself, or leaves it alone", async () => {
    const metrics = createMetrics();
    const writes = await WriteSide.open({
      settings: { ...resolveSettings({}), database: newFile(), synchronous: "normal", checkpoints },
      log: createLog("silent"),
      metrics,
      invalidate: () => {},
      whilePaused: (action) => action(),
    });
    onTestFinished(() => writes.close());
    const large = command<null>({
      name: "test",
      input: z.null(),
      statements: () => [sql("INSERT OR REPLACE INTO meta VALUES ('fill', hex(randomblob(1000000)))")],
      tags: () => [],
    });
    for (let i = 0; i < 20; i++) await writes.commands.execute(large, null);
    await writes.optimize();
    const { values } = await metrics.checkpoints.get();
    const moved = values.reduce((sum, { value }) => sum + value, 0);
    if (checkpoints === "managed") expect(moved).toBeGreaterThan(0);
    else expect([moved, writes.wal.checkpointed]).toEqual([0, 0]);
  });
});
