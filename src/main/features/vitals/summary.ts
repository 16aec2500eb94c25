import type { Activity, Sample } from "./sample.ts";

/** Summary of a span of the history. */
export interface Summary {
  readonly from: string;
  readonly to: string;
  readonly samples: number;
  readonly requests: number;
  readonly writes: number;
  /** The worst span, in milliseconds. */
  readonly worst: { readonly http_p99_ms: number; readonly at: string };
  readonly reads: readonly Activity[];
  readonly commands: readonly Activity[];
  readonly kinds: readonly { readonly kind: string; readonly writes: number }[];
  readonly troubles: Readonly<Record<string, number>>;
  /** Changes of the status or of the failing checks, and times without a server. */
  readonly changes: readonly { readonly at: string; readonly what: string }[];
  readonly recommendations: readonly string[];
}

const MOST = 10;

/** @param samples oldest first: at least one. */
export function summaryOf(samples: readonly Sample[]): Summary {
  const sum = (value: (sample: Sample) => number) =>
    Math.round(samples.reduce((all, sample) => all + value(sample) * sample.seconds, 0));
  const worst = samples.reduce((a, b) => (b.http_p99_ms > a.http_p99_ms ? b : a));
  const commands = added(samples.flatMap(({ commands }) => commands));
  const reads = added(samples.flatMap(({ reads }) => reads)).slice(0, MOST);
  const troubles = counted(samples.flatMap(({ troubles }) => Object.entries(troubles)));
  return {
    from: new Date(Date.parse(samples[0]!.at) - samples[0]!.seconds * 1_000).toISOString(),
    to: samples.at(-1)!.at,
    samples: samples.length,
    requests: sum(({ requests }) => requests),
    writes: sum(({ writes }) => writes.per_second),
    worst: { http_p99_ms: worst.http_p99_ms, at: worst.at },
    reads,
    commands: commands.slice(0, MOST),
    kinds: Object.entries(counted(commands.map(({ name, count }) => [name.split(".")[0]!, count])))
      .map(([kind, writes]) => ({ kind, writes }))
      .slice(0, MOST),
    troubles,
    changes: changesOf(samples),
    recommendations: recommend(
      samples,
      sum(({ requests }) => requests),
      reads,
      troubles,
    ),
  };
}

/** Totals by name, highest time first; the 99th percentile is that of the worst span. */
function added(all: readonly Activity[]): Activity[] {
  const by = new Map<string, Activity>();
  for (const { name, count, total_ms, p99_ms } of all) {
    const known = by.get(name) ?? { name, count: 0, total_ms: 0, p99_ms: 0 };
    by.set(name, {
      ...{ name, count: known.count + count, total_ms: Math.round(known.total_ms + total_ms) },
      p99_ms: Math.max(known.p99_ms, p99_ms),
    });
  }
  return [...by.values()].toSorted((a, b) => b.total_ms - a.total_ms);
}

/** Highest first. */
function counted(all: readonly (readonly [name: string, count: number])[]): Record<string, number> {
  const by = new Map<string, number>();
  for (const [name, count] of all) by.set(name, (by.get(name) ?? 0) + count);
  return Object.fromEntries([...by].toSorted(([, a], [, b]) => b - a));
}

function changesOf(samples: readonly Sample[]): { at: string; what: string }[] {
  const changes: { at: string; what: string }[] = [];
  let state = "ok";
  let before: Sample | undefined;
  for (const sample of samples) {
    const began = Date.parse(sample.at) - sample.seconds * 1_000;
    const missing = before === undefined ? 0 : (began - Date.parse(before.at)) / 1_000;
    if (missing > 2 * sample.seconds && missing > 30)
      changes.push({
        at: before!.at,
        what: `no samples for ${Math.round(missing)} s: the server did not run`,
      });
    const now = [sample.status, ...sample.failing].join(" ");
    if (now !== state) changes.push({ at: sample.at, what: now });
    [state, before] = [now, sample];
  }
  return changes;
}

const SLOW_MS = 100;
/** Minimum runs of a read, and minimum requests for the cache's ratio, to be meaningful. */
const MANY = 20;
const MANY_REQUESTS = 1_000;
const LONG_WAIT_MS = 50;
const LOW_HITS = 0.3;
const BUSY = 0.9;

/** Each recommendation names the command or the setting that helps. */
function recommend(
  samples: readonly Sample[],
  requests: number,
  reads: readonly Activity[],
  troubles: Readonly<Record<string, number>>,
): string[] {
  const share = (is: (sample: Sample) => boolean) => samples.filter(is).length / samples.length;
  const often = (is: (sample: Sample) => boolean) => share(is) > 0.05;
  const slow = reads
    .filter(({ p99_ms, count }) => p99_ms >= SLOW_MS && count >= MANY)
    .map(({ name }) => name);
  const hits = samples.flatMap(({ cache_hit_ratio }) => cache_hit_ratio ?? []);
  const internal = troubles["500"] ?? 0;
  return [
    ...(internal > 0 ? [`${internal} answers were 500: look for "request failed" in the log.`] : []),
    ...(slow.length > 0
      ? [`Slow reads: ${slow.join(", ")}. \`chinook query advise\` tries which index would help.`]
      : []),
    ...(often(({ point }) => point.wait_p99_ms >= LONG_WAIT_MS)
      ? ["Cheap reads waited for a thread: raise CHINOOK_POINT_READERS if processors are free."]
      : []),
    ...(often(({ scan }) => scan.wait_p99_ms >= 4 * LONG_WAIT_MS)
      ? [
          "Scans waited for a thread: raise CHINOOK_SCAN_READERS if processors are free; `chinook query slow` says what they do.",
        ]
      : []),
    ...(often(({ writes }) => writes.commit_p99_ms >= SLOW_MS)
      ? ["Commits were slow: the disk syncs slowly. `chinook health-check` measures it."]
      : []),
    ...(often(({ loop }) => loop >= BUSY)
      ? ["The main thread was busy most of the time: it is the bottleneck."]
      : []),
    ...(requests >= MANY_REQUESTS && hits.length > 0 && hits.reduce((a, b) => a + b) / hits.length < LOW_HITS
      ? ["Few answers came from the cache. If it is full (`chinook cache stats`), raise CHINOOK_CACHE_MB."]
      : []),
    ...((troubles.overloaded ?? 0) + (troubles.wal_full ?? 0) > 0
      ? ["Requests were rejected: more arrived than could be served in time."]
      : []),
    ...((troubles.disk_full ?? 0) > 0 ? ["The disk was full: free space, then `chinook health-check`."] : []),
  ];
}
