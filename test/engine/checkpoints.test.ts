import { statSync } from "node:fs";
import PQueue from "p-queue";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { Cache } from "../../src/main/engine/cache/cache.ts";
import { command } from "../../src/main/engine/commands/command.ts";
import { maintain, WriteQueue } from "../../src/main/engine/commands/write-queue.ts";
import { createLog } from "../../src/main/engine/log.ts";
import { createMetrics } from "../../src/main/engine/metrics.ts";
import { read } from "../../src/main/engine/reads/read.ts";
import { ReadSide } from "../../src/main/engine/reads/read-side.ts";
import { Checkpointer, type CheckpointerOptions } from "../../src/main/engine/storage/checkpointer.ts";
import { WriteSide } from "../../src/main/engine/write-side.ts";
import type { CheckpointMode, CheckpointReport, Statements, WalState } from "../../src/shared/protocol.ts";
import { resolveSettings } from "../../src/shared/settings.ts";
import { codeOf, newFile, outsider, sql, startWriter } from "./support.ts";

async function openReads(file: string): Promise<ReadSide> {
  const reads = await ReadSide.open({
    settings: { database: file, pointReaders: 1, scanReaders: 2 },
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
const SCAN = asked("scan", "SELECT count(*) FROM meta");
/** It names a table, and so holds a snapshot. */
const LONG = asked(
  "scan",
  `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 1000000)
    SELECT max(i) + (SELECT count(*) FROM meta) FROM c`,
);
const ask = (reads: ReadSide, what = SOME) => reads.answers.fetch(what, null, "");

const MEBIBYTE = 1_048_576;
/** Of a page of 4,096 bytes. */
const FRAME_BYTES = 4_120;

/** Eight pages of the WAL, about. */
const fill: Statements = [
  sql("INSERT OR REPLACE INTO meta VALUES ('fill', hex(randomblob(15000))) RETURNING length(value)"),
];

/** The engine's write side with small limits, on real threads; reads continue until the test ends. */
async function engine(
  options: Pick<CheckpointerOptions, "idleFrames" | "capFrames"> & { readonly limitFrames?: number },
) {
  const { limitFrames = 1_000_000 } = options;
  const file = newFile();
  const writer = await startWriter({ file, walLimitBytes: limitFrames * FRAME_BYTES });
  const reads = await openReads(file);
  const [jobs, reports, states] = [
    new PQueue({ concurrency: 2 }),
    [] as CheckpointReport[],
    [] as WalState[],
  ];
  const checkpointer = new Checkpointer(jobs, {
    ...options,
    limitFrames,
    run: (mode) => writer.call("checkpoint", mode),
    whileScansHeld: (action) => reads.whileScansHeld(action),
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
  const batch = async (commands: readonly Statements[]) => {
    const report = await writer.batch(commands);
    states.push(report.wal);
    checkpointer.observe(report.wal);
    return report;
  };
  const queue = new WriteQueue({ batch }, jobs, { ...limits, onBatch: () => {} });
  onTestFinished(() => checkpointer.close());
  const writeOne = (command = fill) =>
    queue.submit(command).then(({ failure }) => failure?.code ?? "written");
  const write = async (times: number) => {
    for (let i = 0; i < times; i++) await writeOne();
    await checkpointer.settled();
    await jobs.onIdle();
  };
  const modes = () => reports.map(({ mode, complete }) => `${mode} ${complete ? "complete" : "held back"}`);
  const frames = () => states.map((state) => state.frames);
  return { file, reads, jobs, write, writeOne, reports, modes, frames };
}

describe("the WAL", () => {
  test("stays bounded under sustained writes with continuous readers", async () => {
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

  test("exceeds that bound without checkpoints", async () => {
    const { write, frames, modes } = await engine({ idleFrames: 1_000_000, capFrames: 1_000_000 });
    await write(400);
    expect(Math.max(...frames())).toBeGreaterThan(2_000);
    expect(modes()).toEqual([]);
  });

  test("stays bounded while batches always wait, although a PASSIVE checkpoint waits behind them", async () => {
    const { write, frames, modes } = await engine({ idleFrames: 20, capFrames: 200 });
    await Promise.all(Array.from({ length: 6 }, () => write(60)));
    expect(Math.max(...frames())).toBeLessThan(1_000);
    expect(modes()).toContain("TRUNCATE complete");
  });

  test("stays bounded under overlapping scans", async () => {
    const { reads, writeOne, frames, modes } = await engine({
      ...{ idleFrames: 1_000_000, capFrames: 100, limitFrames: 400 },
    });
    let writing = true;
    const scanner = async () => {
      for (; writing; ) await codeOf(ask(reads, LONG));
    };
    const scanners = Array.from({ length: 4 }, scanner);
    for (let written = 0; written < 150; ) {
      if ((await writeOne()) === "written") written++;
      else await ask(reads);
    }
    writing = false;
    await Promise.all(scanners);
    expect(Math.max(...frames())).toBeLessThan(500);
    expect(modes().filter((mode) => mode === "TRUNCATE complete").length).toBeGreaterThan(1);
  });

  test("refuses writes past its limit while reads continue, and recovers", async () => {
    const { file, reads, write, writeOne, frames } = await engine({
      ...{ idleFrames: 1_000_000, capFrames: 100, limitFrames: 400 },
    });
    await write(1);
    const other = outsider(file);
    other.exec("BEGIN; SELECT * FROM meta");
    await write(100);
    expect(await writeOne()).toBe("wal_full");
    expect(Math.max(...frames())).toBeLessThan(500);
    expect(statSync(`${file}-wal`).size).toBeLessThan(500 * FRAME_BYTES);
    expect(await ask(reads)).not.toBeNull();
    other.exec("COMMIT");
    expect(await writeOne()).toBe("written");
    expect(frames().at(-1)).toBeLessThan(100);
  });

  test("holds at most its limit and one transaction, however much a batch writes", async () => {
    const file = newFile();
    const writer = await startWriter({ file, walLimitBytes: 16 * MEBIBYTE });
    const other = outsider(file);
    other.exec("BEGIN; SELECT * FROM meta");
    const batch = Array.from({ length: 20 }, (_, i) => [
      sql(`INSERT INTO meta VALUES ('${i}', hex(randomblob(2 * ${MEBIBYTE})))`),
    ]);
    const codes = (await writer.batch(batch)).outcomes.map(({ failure }) => failure?.code ?? "written");
    const written = codes.indexOf("wal_full");
    expect(codes).toEqual(codes.map((_, i) => (i < written ? "written" : "wal_full")));
    expect(
      other.exec("COMMIT").prepare("SELECT count(*) FROM meta WHERE length(key) < 3").pluck().get(),
    ).toBe(written);
    // The limit, the writer's cache, what a transaction may spill, and a command.
    expect(statSync(`${file}-wal`).size).toBeLessThan((16 + 16 + 4 + 5) * MEBIBYTE);
    expect((await writer.batch(batch)).outcomes.some(({ failure }) => failure?.code === "wal_full")).toBe(
      false,
    );
  });

  test("is checkpointed with PASSIVE when it is long enough and nothing waits", async () => {
    const { write, modes, reports } = await engine({ idleFrames: 20, capFrames: 1_000_000 });
    await write(50);
    expect(new Set(modes())).toEqual(new Set(["PASSIVE complete"]));
    const { wal } = reports.at(-1)!;
    expect(wal.checkpointed).toBe(wal.frames);
  });

  test("grows past its cap while another process reads, and recovers afterwards", async () => {
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

  test("is not checkpointed again with every commit while a reader blocks it", async () => {
    const { file, write, modes, frames } = await engine({ idleFrames: 1_000_000, capFrames: 100 });
    await write(1);
    outsider(file).exec("BEGIN; SELECT * FROM meta");
    await write(60);
    const attempts = modes().filter((mode) => mode === "TRUNCATE held back").length;
    expect(attempts).toBeGreaterThan(1);
    expect(attempts).toBeLessThanOrEqual(Math.ceil(frames().at(-1)! / 50));
  });
});

describe("maintenance", () => {
  test("runs while batches always wait", async () => {
    const { jobs, writeOne } = await engine({ idleFrames: 1_000_000, capFrames: 1_000_000 });
    let done = false;
    void maintain(jobs, async () => {
      done = true;
    });
    const writer = async () => {
      for (; !done; ) await writeOne();
    };
    await Promise.all(Array.from({ length: 6 }, writer));
    expect(done).toBe(true);
  });
});

describe("a checkpointer", () => {
  const wal = (frames: number): WalState => ({ frames, checkpointed: 0, bytes: 0 });

  /** With a failing disk or a checkpoint that the test controls. */
  function bench(run: (mode: CheckpointMode) => Promise<CheckpointReport>) {
    const jobs = new PQueue({ concurrency: 2 });
    const [tried, failures] = [[] as CheckpointMode[], [] as unknown[]];
    const checkpointer = new Checkpointer(jobs, {
      idleFrames: 1_000_000,
      capFrames: 100,
      limitFrames: 1_000_000,
      run: (mode) => [tried.push(mode), run(mode)][1] as Promise<CheckpointReport>,
      whileScansHeld: (action) => action(),
      onReport: () => {},
      onFailure: (error) => failures.push(error),
    });
    const observe = async (frames: number) => {
      checkpointer.observe(wal(frames));
      await checkpointer.settled();
      await jobs.onIdle();
      await new Promise(setImmediate);
    };
    return { checkpointer, observe, tried, failures };
  }

  test("logs a failure and retries when the WAL has grown by another half of its cap", async () => {
    const error = new Error("no disk");
    const { observe, tried, failures } = bench(() => Promise.reject(error));
    for (const frames of [99, 100, 101, 149]) await observe(frames);
    expect([tried, failures]).toEqual([["PASSIVE"], [error]]);
    await observe(150);
    expect(tried).toHaveLength(2);
  });

  test("uses its cap again after the WAL was restarted", async () => {
    const { observe, tried } = bench((mode) =>
      Promise.resolve({ mode, complete: false, ms: 0, wal: wal(100) }),
    );
    for (const frames of [100, 120, 3, 100]) await observe(frames);
    expect(tried).toEqual(["PASSIVE", "TRUNCATE", "PASSIVE", "TRUNCATE"]);
  });

  test("runs one checkpoint at a time", async () => {
    const held = Promise.withResolvers<CheckpointReport>();
    const { checkpointer, tried } = bench(() => held.promise);
    for (let frames = 100; frames < 1_000; frames += 100) checkpointer.observe(wal(frames));
    await new Promise(setImmediate);
    expect(tried).toEqual(["PASSIVE"]);
  });
});

describe("pausing scans", () => {
  const turns = async () => {
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  };

  test("holds new scans while the action runs, but no point reads", async () => {
    const { reads } = await engine({ idleFrames: 1, capFrames: 1 });
    let answered = false;
    let held: unknown;
    await reads.whileScansHeld(async () => {
      held = ask(reads, SCAN).then(() => {
        answered = true;
      });
      await ask(reads);
      await turns();
      expect([answered, reads.queueLengths.scan]).toEqual([false, 1]);
    });
    await held;
    expect(answered).toBe(true);
  });

  test("waits for running scans while point reads continue", async () => {
    const { reads } = await engine({ idleFrames: 1, capFrames: 1 });
    const events: string[] = [];
    const scan = ask(reads, LONG).then(() => events.push("scanned"));
    await turns();
    const held = reads.whileScansHeld(async () => {
      await turns();
      events.push("held");
    });
    await ask(reads).then(() => events.push("read"));
    await Promise.all([scan, held]);
    expect(events).toEqual(["read", "scanned", "held"]);
  });

  test("ends at its deadline, even if the action still runs", async () => {
    const { reads } = await engine({ idleFrames: 1, capFrames: 1 });
    expect(await codeOf(reads.whileScansHeld(() => ask(reads, SCAN)))).toBe("read_timeout");
  });

  test("ends when the action fails", async () => {
    const { reads } = await engine({ idleFrames: 1, capFrames: 1 });
    expect(await codeOf(reads.whileScansHeld(() => Promise.reject({ code: "failed" })))).toBe("failed");
    expect(await ask(reads, SCAN)).not.toBeNull();
  });

  test("ends when the readers are closed", async () => {
    const { reads } = await engine({ idleFrames: 1, capFrames: 1 });
    const scan = codeOf(ask(reads, LONG));
    await ask(reads);
    const pausing = reads.whileScansHeld(() => Promise.resolve("ran"));
    await reads.close();
    expect([await pausing, await scan]).toEqual(["ran", "closing"]);
  });
});

describe.each(["managed", "external"] as const)("with checkpoints %s", (checkpoints) => {
  test("the server checkpoints the WAL if managed, and not if external", async () => {
    const metrics = createMetrics();
    const writes = await WriteSide.open({
      settings: { ...resolveSettings({}), database: newFile(), synchronous: "normal", checkpoints },
      log: createLog("silent"),
      metrics,
      invalidate: () => {},
      beforeMigration: async () => {},
      whileScansHeld: (action) => action(),
    });
    onTestFinished(() => writes.close());
    const large = command<null>({
      name: "test",
      input: z.null(),
      statements: () => [sql("INSERT OR REPLACE INTO meta VALUES ('fill', hex(randomblob(1000000)))")],
      tags: () => [],
    });
    for (let i = 0; i < 20; i++) await writes.commands.execute(large, null);
    await writes.storage.optimize();
    const { values } = await metrics.checkpoints.get();
    const moved = values.reduce((sum, { value }) => sum + value, 0);
    if (checkpoints === "managed") expect(moved).toBeGreaterThan(0);
    else expect([moved, writes.storage.wal.checkpointed]).toEqual([0, 0]);
  });
});
