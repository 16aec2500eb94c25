import { setTimeout as delay } from "node:timers/promises";
import type { Slice } from "./load/generator.ts";
import { authorization } from "./servers/identity.ts";

const WATCH_MS = 250;

/** A snapshot of the server's `/metrics`. */
export class Exposition {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }

  /** @param token of who may see them. */
  static async from(url: string, token: string | undefined): Promise<Exposition> {
    return new Exposition(await (await fetch(`${url}/metrics`, { headers: authorization(token) })).text());
  }

  /** The sum of a metric's series; 0 without any. @param labels part of the labels, as printed. */
  sum(name: string, labels = ""): number {
    const lines = this.#text.matchAll(new RegExp(`^${name}(\\{[^}]*\\})? (\\S+)$`, "gm"));
    return [...lines].reduce(
      (sum, [, series = "", value]) => sum + (series.includes(labels) ? Number(value) : 0),
      0,
    );
  }

  /** Cumulative counts of a histogram by upper bound, summed over all series with the label. */
  buckets(name: string, labels = ""): Map<number, number> {
    const found = new Map<number, number>();
    for (const [, series, value] of this.#text.matchAll(
      new RegExp(`^${name}_bucket\\{([^}]*)\\} (\\S+)$`, "gm"),
    )) {
      const bound = /le="([^"]+)"/.exec(series!)![1]!.replace("+Inf", "Infinity");
      if (series!.includes(labels)) found.set(Number(bound), (found.get(Number(bound)) ?? 0) + Number(value));
    }
    return found;
  }
}

/** Counts per bucket, by upper bound; null for the last bucket (+Inf). */
export type Bars = readonly (readonly [upTo: number | null, count: number])[];

/** The server's own figures for a period. */
export interface Inside {
  readonly read_batch_mean: number | null;
  readonly read_batches: Bars;
  readonly write_batch_mean: number | null;
  readonly write_batches: Bars;
  /** Milliseconds, estimated from the histogram's buckets. */
  readonly commit_p50_ms: number | null;
  readonly commit_p99_ms: number | null;
  readonly read_wait_p99_ms: number | null;
  readonly checkpoints: number;
  readonly checkpoint_seconds: number;
  readonly cache_hit_ratio: number | null;
}

export function insideOf(before: Exposition, after: Exposition): Inside {
  const grown = (name: string, labels = "") => after.sum(name, labels) - before.sum(name, labels);
  const mean = (name: string, labels = "") => {
    const count = grown(`${name}_count`, labels);
    return count === 0 ? null : grown(`${name}_sum`, labels) / count;
  };
  const bars = (name: string, labels = "") =>
    barsOf(before.buckets(name, labels), after.buckets(name, labels));
  const ms = (name: string, share: number) => {
    const seconds = percentileOf(bars(name), share);
    return seconds === null ? null : seconds * 1_000;
  };
  const lookups = grown("chinook_cache_requests_total");
  const hits = grown("chinook_cache_requests_total", 'result="hit"');
  return {
    read_batch_mean: mean("chinook_read_batch_size", 'lane="point"'),
    read_batches: bars("chinook_read_batch_size", 'lane="point"'),
    write_batch_mean: mean("chinook_write_batch_size"),
    write_batches: bars("chinook_write_batch_size"),
    commit_p50_ms: ms("chinook_commit_duration_seconds", 0.5),
    commit_p99_ms: ms("chinook_commit_duration_seconds", 0.99),
    read_wait_p99_ms: ms("chinook_read_wait_seconds", 0.99),
    checkpoints: grown("chinook_checkpoints_total"),
    checkpoint_seconds: grown("chinook_checkpoint_duration_seconds_sum"),
    cache_hit_ratio: lookups === 0 ? null : hits / lookups,
  };
}

function barsOf(before: Map<number, number>, after: Map<number, number>): Bars {
  let below = 0;
  return [...after].map(([bound, count]) => {
    const upToHere = count - (before.get(bound) ?? 0);
    const own = upToHere - below;
    below = upToHere;
    return [Number.isFinite(bound) ? bound : null, own] as const;
  });
}

/** Interpolates linearly within a bucket, as Prometheus does. */
function percentileOf(bars: Bars, share: number): number | null {
  const total = bars.reduce((sum, [, count]) => sum + count, 0);
  let [below, bound] = [0, 0];
  for (const [upTo, count] of bars) {
    if (total > 0 && upTo === null) return bound;
    if (total > 0 && below + count >= share * total)
      return bound + ((share * total - below) / count) * (upTo! - bound);
    below += count;
    bound = upTo ?? bound;
  }
  return null;
}

/** Refused requests and failed writes, including SQLITE_BUSY. */
export const busyIn = (after: Exposition): number =>
  after.sum("chinook_rejected_requests_total") + after.sum("chinook_write_failures_total");

export interface Watched {
  readonly wal: readonly { readonly seconds: number; readonly bytes: number }[];
  readonly slices: readonly Slice[];
}

/** Samples the WAL's size and the server's count of answers four times a second until the promise settles. */
export async function watch(
  url: string,
  token: string | undefined,
  until: Promise<unknown>,
): Promise<Watched> {
  const began = performance.now();
  const samples: { seconds: number; bytes: number; answers: number }[] = [];
  let over = false;
  const end = until.finally(() => {
    over = true;
  });
  while (!over) {
    const now = await Exposition.from(url, token);
    const seconds = (performance.now() - began) / 1_000;
    const answers = now.sum("chinook_http_request_duration_seconds_count");
    samples.push({ seconds, bytes: now.sum("chinook_wal_bytes"), answers });
    await Promise.race([end, delay(WATCH_MS)]);
  }
  const slices = samples.slice(1).map(({ seconds, answers }, i) => {
    const { seconds: from, answers: before } = samples[i]!;
    const perSlice = ((answers - before) / (seconds - from)) * (WATCH_MS / 1_000);
    return { seconds, requests: perSlice, max_ms: 0 };
  });
  return { wal: samples.map(({ seconds, bytes }) => ({ seconds, bytes })), slices };
}
