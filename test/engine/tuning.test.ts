import { expect, onTestFinished, test } from "vitest";
import { Cache } from "../../src/main/engine/cache/cache.ts";
import { createLog } from "../../src/main/engine/log.ts";
import { createMetrics } from "../../src/main/engine/metrics.ts";
import { ReadSide } from "../../src/main/engine/reads/read-side.ts";
import { TUNING, type Tuning } from "../../src/shared/tuning.ts";
import { newFile, openLane, startWriter, writableFor } from "./support.ts";

/** Tuning values that the benchmark overrides, observed where they take effect. */

const memoryOf = "SELECT cache_size || '', 'etag', NULL FROM pragma_cache_size";

async function open(tuning: Partial<Tuning>): Promise<ReadSide> {
  const file = newFile();
  writableFor(file, () => {});
  const reads = await ReadSide.open({
    settings: { database: file, pointReaders: 1, scanReaders: 2 },
    cache: new Cache({ maxBytes: 0 }),
    log: createLog("silent"),
    metrics: createMetrics(),
    tuning: { ...TUNING, ...tuning },
  });
  onTestFinished(() => reads.close());
  return reads;
}

test("a reader uses its memory settings, or the server's defaults", async () => {
  const file = newFile();
  writableFor(file, () => {});
  const given = await openLane(file, { memory: { cacheKib: 1_234, mmapMib: 3 } });
  expect((await given.read([memoryOf, {}])).row?.[0]).toBe("-1234");
  const own = await openLane(file);
  expect((await own.read([memoryOf, {}])).row?.[0]).toBe(`-${TUNING.reader.cacheKib}`);
});

test("a single lane uses all threads, and is paused and closed like two", async () => {
  const reads = await open({ lanes: false });
  expect(reads.alive).toBe(true);
  expect(await reads.whileScansHeld(() => Promise.resolve("ran"))).toBe("ran");
  await reads.close();
});

test("the writer reports the page size, by which thresholds in bytes are converted to frames", async () => {
  const file = newFile();
  writableFor(file, () => {});
  expect((await startWriter({ file })).pageBytes).toBe(4_096);
});
