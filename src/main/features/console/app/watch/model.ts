import { bytes, count } from "../core/format.ts";
import { ms, rate, share } from "../core/units.ts";
import type { Facts, LaneSample, Sample } from "../core/vitals.ts";
import { TEXTS } from "../texts.ts";

const T = TEXTS.watch.drawing;

export const PARTS = [
  "clients",
  "front",
  "cache",
  "point",
  "scan",
  "queue",
  "writer",
  "wal",
  "file",
] as const;
export type PartName = (typeof PARTS)[number];

/** One box of the drawing, with its numbers. */
export interface Part {
  readonly title: string;
  /** The number that matters most, and what it counts. */
  readonly main: readonly [value: string, label: string];
  readonly rows: readonly (readonly [label: string, value: string])[];
  /** How full it is, from 0 to 1. */
  readonly full?: number;
  /** More than it should have to carry. */
  readonly strained: boolean;
}

/** What goes along each arrow of the drawing, a second. */
export const FLOWS = [
  "clients-front",
  "front-cache",
  "cache-point",
  "cache-scan",
  "point-file",
  "scan-file",
  "front-queue",
  "queue-writer",
  "writer-wal",
  "wal-file",
  "writer-cache",
] as const;
export type FlowName = (typeof FLOWS)[number];

/** Waiting reads or writes from which a queue is strained. */
const MANY_WAITING = 50;

export function partsOf(sample: Sample, facts: Facts): Record<PartName, Part> {
  const { writes } = sample;
  return {
    clients: {
      title: T.clients,
      main: [rate(sample.requests), T.perSecond],
      rows: [],
      strained: sample.rejected > 0 || sample.errors > 0,
    },
    front: {
      title: T.front,
      main: [ms(sample.http_p50_ms), T.p50],
      rows: [
        [T.p99, ms(sample.http_p99_ms)],
        [T.loop, share(sample.loop)],
        [T.refused, rate(sample.rejected + sample.errors)],
      ],
      strained: sample.loop > 0.9,
    },
    cache: {
      title: T.cache,
      main: [share(sample.cache_hit_ratio), T.hits],
      rows: [
        [T.lookUps, rate(sample.cache_look_ups ?? 0)],
        [T.entries, count(sample.cache_entries)],
        [T.size, bytes(sample.cache_bytes)],
      ],
      full: facts.cache_max_bytes === 0 ? 0 : sample.cache_bytes / facts.cache_max_bytes,
      strained: false,
    },
    point: lane(T.point, sample.point, facts.point_readers),
    scan: lane(T.scan, sample.scan, facts.scan_readers),
    queue: {
      title: T.queue,
      main: [count(writes.queue), T.waiting.toLowerCase()],
      rows: [[T.wait99, ms(writes.wait_p99_ms)]],
      strained: writes.queue > MANY_WAITING,
    },
    writer: {
      title: T.writer,
      main: [rate(writes.commits), T.commits],
      rows: [
        [T.commands, rate(writes.per_second)],
        [T.writeBatch, rate(writes.batch)],
        [T.commit, ms(writes.commit_p50_ms)],
        [T.commit99, ms(writes.commit_p99_ms)],
      ],
      strained: writes.commit_p99_ms > 1_000,
    },
    wal: {
      title: T.wal,
      main: [bytes(sample.wal_bytes), ""],
      rows: [
        [T.cap, bytes(facts.wal_cap_bytes)],
        [T.checkpoints, rate((sample.checkpoints ?? 0) / sample.seconds)],
        [T.checkpointMs, ms(sample.checkpoint_p90_ms ?? 0)],
      ],
      full: sample.wal_bytes / facts.wal_cap_bytes,
      strained: sample.wal_bytes > 2 * facts.wal_cap_bytes,
    },
    file: { title: T.file, main: [bytes(sample.database_bytes), ""], rows: [], strained: false },
  };
}

const lane = (
  title: string,
  { per_second, queue, wait_p99_ms, batch, busy = 0 }: LaneSample,
  threads: number,
) => ({
  title,
  main: [rate(per_second), T.perSecond] as const,
  rows: [
    [T.running, `${count(busy)} / ${count(threads)}`],
    [T.waiting, count(queue)],
    [T.wait99, ms(wait_p99_ms)],
    [T.batch, rate(batch)],
  ] as const,
  strained: queue > MANY_WAITING,
});

export function flowsOf(sample: Sample): Record<FlowName, number> {
  const { point, scan, writes } = sample;
  const checkpoints = (sample.checkpoints ?? 0) / sample.seconds;
  return {
    "clients-front": sample.requests,
    "front-cache": sample.cache_look_ups ?? 0,
    "cache-point": point.per_second,
    "cache-scan": scan.per_second,
    "point-file": point.per_second,
    "scan-file": scan.per_second,
    "front-queue": writes.per_second,
    "queue-writer": writes.per_second,
    "writer-wal": writes.commits,
    "wal-file": checkpoints,
    "writer-cache": sample.cache_invalidations ?? 0,
  };
}
