import { statSync } from "node:fs";
import type { Engine } from "../../engine/engine.ts";
import type { Counts } from "../../engine/histogram.ts";

type ByName = Readonly<Record<string, Counts>>;
type Numbers = Readonly<Record<string, number>>;

/** All inputs of a sample, since the start of the server. A sample is the difference of two of them. */
export interface Counters {
  /** Milliseconds since 1970, and by a monotonic clock. */
  readonly at: number;
  readonly steady: number;
  /** Seconds: upper bounds of the buckets below. */
  readonly bounds: readonly number[];
  /** By status. */
  readonly http: ByName;
  /** By read; by lane; by lane. */
  readonly reads: ByName;
  readonly waits: ByName;
  readonly readBatches: ByName;
  /** By command. */
  readonly writes: ByName;
  readonly writeWait: Counts;
  readonly writeBatches: Counts;
  readonly commits: Counts;
  /** By code or reason. */
  readonly failures: Numbers;
  readonly rejected: Numbers;
  /** Look-ups that could have hit, and hits. */
  readonly lookUps: number;
  readonly hits: number;
  /** Entries invalidated by writes, counted by touched tag. */
  readonly invalidations: number;
  /** By mode. */
  readonly checkpoints: ByName;
  /** Milliseconds that the event loop was busy, and idle. */
  readonly busy: number;
  readonly idle: number;
  /** Microseconds of processor time. */
  readonly processor: number;
  /** Current values. */
  readonly queues: { readonly point: number; readonly scan: number; readonly write: number };
  /** Reader threads that are running a read. */
  readonly busyReaders: { readonly point: number; readonly scan: number };
  readonly wal_bytes: number;
  readonly database_bytes: number;
  readonly cache_bytes: number;
  readonly cache_entries: number;
  readonly resident_bytes: number;
  readonly heap_bytes: number;
  readonly uptime_seconds: number;
}

const NONE: Counts = { buckets: [], sum: 0 };

export async function countersOf(engine: Engine, database: string): Promise<Counters> {
  const { metrics, cache, reads, writes, storage } = engine;
  const { active, idle } = performance.eventLoopUtilization();
  const { user, system } = process.cpuUsage();
  const memory = process.memoryUsage();
  return {
    ...{ at: Date.now(), steady: performance.now(), bounds: metrics.httpDuration.bounds },
    http: metrics.httpDuration.by("status"),
    reads: metrics.readDuration.by("read"),
    waits: metrics.readWait.by("lane"),
    readBatches: metrics.readBatchSize.by("lane"),
    writes: metrics.writeDuration.by("command"),
    writeWait: metrics.writeWait.by()[""] ?? NONE,
    writeBatches: metrics.writeBatchSize.by()[""] ?? NONE,
    commits: metrics.commitDuration.by()[""] ?? NONE,
    failures: await valuesOf(metrics.writeFailures, "code"),
    rejected: await valuesOf(metrics.rejectedRequests, "reason"),
    ...lookUpsOf(metrics.lookUps.byTable),
    invalidations: sum(cache.counters.invalidations.values()),
    checkpoints: metrics.checkpointDuration.by("mode"),
    ...{ busy: active, idle, processor: user + system },
    queues: { ...reads.queueLengths, write: writes.queueLength },
    busyReaders: reads.busy,
    wal_bytes: storage.wal.bytes,
    database_bytes: sizeOf(database),
    cache_bytes: cache.bytes.hot + cache.bytes.database,
    cache_entries: sum(Object.values(cache.entryCounts)),
    ...{ resident_bytes: memory.rss, heap_bytes: memory.heapUsed },
    uptime_seconds: Math.round(process.uptime()),
  };
}

const sum = (numbers: Iterable<number>): number => Iterator.from(numbers).reduce((all, one) => all + one, 0);

/** 0 for a missing file, or if its folder can't be read. */
function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}

interface Counted {
  get(): Promise<{ values: readonly { value: number; labels: Partial<Record<string, string | number>> }[] }>;
}

async function valuesOf(counter: Counted, label: string): Promise<Numbers> {
  const { values } = await counter.get();
  return Object.fromEntries(values.map(({ value, labels }) => [String(labels[label]), value]));
}

function lookUpsOf(byTable: ReadonlyMap<string, ReadonlyMap<string, number>>) {
  let [lookUps, hits] = [0, 0];
  for (const results of byTable.values()) {
    for (const [result, count] of results) if (result !== "bypass") lookUps += count;
    hits += results.get("hit") ?? 0;
  }
  return { lookUps, hits };
}
