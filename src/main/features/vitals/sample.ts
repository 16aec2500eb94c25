import type { Counts } from "../../engine/histogram.ts";
import type { Counters } from "./counters.ts";

/** Activity of one read or command in a span of time. */
export interface Activity {
  readonly name: string;
  readonly count: number;
  readonly total_ms: number;
  readonly p99_ms: number;
}

export interface LaneSample {
  readonly per_second: number;
  readonly wait_p50_ms: number;
  readonly wait_p99_ms: number;
  /** Mean number of reads per batch. */
  readonly batch: number;
  readonly queue: number;
  /** Threads that are running reads, at the span's end. */
  readonly busy: number;
}

/** State of the server in a span of time. Rates are per second. */
export interface Sample {
  /** The end of the span, RFC 3339, and its length. */
  readonly at: string;
  readonly seconds: number;
  readonly status: "ok" | "warn" | "fail";
  /** Health checks that are not ok. */
  readonly failing: readonly string[];
  readonly requests: number;
  readonly http_p50_ms: number;
  readonly http_p99_ms: number;
  /** Answers of 500 and above. */
  readonly errors: number;
  readonly rejected: number;
  readonly point: LaneSample;
  readonly scan: LaneSample;
  readonly writes: {
    readonly per_second: number;
    readonly wait_p99_ms: number;
    readonly batch: number;
    readonly queue: number;
    readonly commits: number;
    readonly commit_p50_ms: number;
    readonly commit_p99_ms: number;
  };
  /** From 0 to 1; null without look-ups. */
  readonly cache_hit_ratio: number | null;
  readonly cache_look_ups: number;
  /** Tags touched by writes, per second. */
  readonly cache_invalidations: number;
  readonly cache_entries: number;
  readonly cache_bytes: number;
  readonly wal_bytes: number;
  /** Checkpoints in the span, and the 90th percentile of their duration. */
  readonly checkpoints: number;
  readonly checkpoint_p90_ms: number;
  readonly database_bytes: number;
  readonly resident_bytes: number;
  readonly heap_bytes: number;
  /** Share of the time that the event loop was busy, and processors used. */
  readonly loop: number;
  readonly processors: number;
  /** Those with the highest total time. */
  readonly reads: readonly Activity[];
  readonly commands: readonly Activity[];
  /** Counts of errors: codes of failed writes, reasons of rejections, statuses of 500 and above. */
  readonly troubles: Readonly<Record<string, number>>;
}

export type Health = Pick<Sample, "status" | "failing">;

/** Maximum reads and commands in a sample. */
const MOST = 5;

/** The difference between two states of one server's counters. */
export function sampleOf(before: Counters, after: Counters, health: Health): Sample {
  const seconds = Math.max(0.001, (after.steady - before.steady) / 1_000);
  const rate = (count: number) => rounded(count / seconds);
  const { bounds } = after;
  const http = less(together(after.http), together(before.http));
  const troubles = troublesOf(before, after);
  const lookUps = after.lookUps - before.lookUps;
  const checkpoints = less(together(after.checkpoints), together(before.checkpoints));
  const commits = less(after.commits, before.commits);
  const writeBatches = less(after.writeBatches, before.writeBatches);
  const lane = (name: "point" | "scan"): LaneSample => {
    const waits = less(after.waits[name], before.waits[name]);
    const batches = less(after.readBatches[name], before.readBatches[name]);
    return {
      per_second: rate(count(waits)),
      wait_p50_ms: quantileMs(waits, bounds, 0.5),
      wait_p99_ms: quantileMs(waits, bounds, 0.99),
      batch: mean(batches),
      ...{ queue: after.queues[name], busy: after.busyReaders[name] },
    };
  };
  return {
    ...{ at: new Date(after.at).toISOString(), seconds: rounded(seconds), ...health },
    requests: rate(count(http)),
    http_p50_ms: quantileMs(http, bounds, 0.5),
    http_p99_ms: quantileMs(http, bounds, 0.99),
    errors: rate(sumOf(troubles, (name) => /^[5]\d\d$/.test(name))),
    rejected: rate(sumOf(difference(before.rejected, after.rejected), () => true)),
    ...{ point: lane("point"), scan: lane("scan") },
    writes: {
      per_second: rate(writeBatches.sum),
      wait_p99_ms: quantileMs(less(after.writeWait, before.writeWait), bounds, 0.99),
      batch: mean(writeBatches),
      queue: after.queues.write,
      commits: rate(count(commits)),
      commit_p50_ms: quantileMs(commits, bounds, 0.5),
      commit_p99_ms: quantileMs(commits, bounds, 0.99),
    },
    cache_hit_ratio: lookUps > 0 ? rounded((after.hits - before.hits) / lookUps) : null,
    cache_look_ups: rate(lookUps),
    cache_invalidations: rate(after.invalidations - before.invalidations),
    ...{ checkpoints: count(checkpoints), checkpoint_p90_ms: quantileMs(checkpoints, bounds, 0.9) },
    ...{ cache_entries: after.cache_entries, cache_bytes: after.cache_bytes, wal_bytes: after.wal_bytes },
    ...{
      database_bytes: after.database_bytes,
      resident_bytes: after.resident_bytes,
      heap_bytes: after.heap_bytes,
    },
    loop: rounded(
      (after.busy - before.busy) / Math.max(1, after.busy - before.busy + after.idle - before.idle),
    ),
    processors: rounded((after.processor - before.processor) / 1e6 / seconds),
    reads: activities(before.reads, after.reads, bounds),
    commands: activities(before.writes, after.writes, bounds),
    troubles,
  };
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

const EMPTY: Counts = { buckets: [], sum: 0 };

const less = (after: Counts = EMPTY, before: Counts = EMPTY): Counts => ({
  buckets: after.buckets.map((count, i) => count - (before.buckets[i] ?? 0)),
  sum: after.sum - before.sum,
});

function together(all: Readonly<Record<string, Counts>>): Counts {
  const buckets: number[] = [];
  let sum = 0;
  for (const counts of Object.values(all)) {
    sum += counts.sum;
    for (const [i, count] of counts.buckets.entries()) buckets[i] = (buckets[i] ?? 0) + count;
  }
  return { buckets, sum };
}

const count = ({ buckets }: Counts): number => buckets.reduce((sum, inside) => sum + inside, 0);

const mean = (counts: Counts): number => (count(counts) === 0 ? 0 : rounded(counts.sum / count(counts)));

/**
 * A quantile in milliseconds, interpolated linearly within its bucket as Prometheus does. Above the last
 * bound, the last bound is returned.
 */
export function quantileMs(counts: Counts, bounds: readonly number[], share: number): number {
  const rank = share * count(counts);
  let seen = 0;
  for (const [i, inside] of counts.buckets.entries()) {
    if (inside === 0 || seen + inside < rank) {
      seen += inside;
      continue;
    }
    const [from, to] = [bounds[i - 1] ?? 0, bounds[i] ?? bounds.at(-1)!];
    return rounded((from + (to - from) * ((rank - seen) / inside)) * 1_000);
  }
  return 0;
}

function activities(
  before: Readonly<Record<string, Counts>>,
  after: Readonly<Record<string, Counts>>,
  bounds: readonly number[],
): Activity[] {
  return Object.entries(after)
    .map(([name, counts]) => ({ name, counts: less(counts, before[name]) }))
    .filter(({ counts }) => count(counts) > 0)
    .toSorted((a, b) => b.counts.sum - a.counts.sum)
    .slice(0, MOST)
    .map(({ name, counts }) => ({
      ...{ name, count: count(counts), total_ms: rounded(counts.sum * 1_000) },
      p99_ms: quantileMs(counts, bounds, 0.99),
    }));
}

type Numbers = Readonly<Record<string, number>>;

const difference = (before: Numbers, after: Numbers): Numbers =>
  Object.fromEntries(
    Object.entries(after)
      .map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
      .filter(([, value]) => value > 0),
  );

function troublesOf(before: Counters, after: Counters): Numbers {
  const answers = (counters: Counters) =>
    Object.fromEntries(
      Object.entries(counters.http)
        .filter(([status]) => Number(status) >= 500)
        .map(([status, counts]) => [status, count(counts)]),
    );
  return {
    ...difference(before.failures, after.failures),
    ...difference(before.rejected, after.rejected),
    ...difference(answers(before), answers(after)),
  };
}

const sumOf = (numbers: Numbers, counts: (name: string) => boolean): number =>
  Object.entries(numbers).reduce((sum, [name, value]) => (counts(name) ? sum + value : sum), 0);
