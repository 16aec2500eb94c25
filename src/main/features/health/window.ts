import { quantileOf } from "../../engine/histogram.ts";
import type { Metrics } from "../../engine/metrics.ts";

/** Counters at one time; only differences are meaningful. */
export interface Sample {
  /** By the steady clock, in milliseconds. */
  readonly at: number;
  /** Milliseconds that the machine's clock is ahead of the steady one. */
  readonly clock: number;
  /** Cumulative counts by the buckets of {@link SECONDS}. */
  readonly waits: Readonly<Record<"point" | "scan" | "write" | "commit", readonly number[]>>;
  readonly requests: number;
  readonly serverErrors: number;
  readonly turnedAway: number;
  readonly hits: number;
  readonly lookUps: number;
  readonly misses: number;
  readonly staleFills: number;
  readonly threadsLost: number;
  readonly housekeepingFailures: number;
  readonly checkpoints: number;
  /** Of the interval that ends with the sample, in milliseconds. */
  readonly loopP99: number;
  readonly loopMax: number;
}

type Counter = {
  [K in keyof Sample]: Sample[K] extends number ? K : never;
}[keyof Sample];

/** What happened between two samples. */
export class Window {
  readonly #samples: readonly Sample[];
  readonly #bounds: readonly number[];

  /** @param samples oldest first, at least one; differences are taken between the last and the first. */
  constructor(samples: readonly Sample[], bounds: readonly number[]) {
    this.#samples = samples;
    this.#bounds = bounds;
  }

  get #ends(): readonly [Sample, Sample] {
    return [this.#samples[0]!, this.#samples.at(-1)!];
  }

  get ms(): number {
    const [first, last] = this.#ends;
    return last.at - first.at;
  }

  count(what: Counter): number {
    const [first, last] = this.#ends;
    return last[what] - first[what];
  }

  /** 99th percentile in milliseconds; null without observations. */
  p99(what: keyof Sample["waits"]): number | null {
    const [first, last] = this.#ends;
    const counts = last.waits[what].map((count, i) => count - (first.waits[what][i] ?? 0));
    const seconds = quantileOf(this.#bounds, counts, 0.99);
    return seconds === null ? null : seconds * 1_000;
  }

  /** The maximum over the intervals, without the first sample's, which is before the window. */
  worst(what: "loopP99" | "loopMax"): number {
    return Math.max(0, ...this.#samples.slice(1).map((sample) => sample[what]));
  }

  /** Largest change of the machine's clock between two samples, in milliseconds. */
  get clockJump(): number {
    const steps = this.#samples.slice(1).map(({ clock }, i) => clock - this.#samples[i]!.clock);
    return Math.max(0, ...steps.map(Math.abs));
  }
}

/** Keeps the samples of the last hour. */
export class Samples {
  readonly #kept: Sample[] = [];
  readonly #bounds: readonly number[];
  readonly #most: number;

  constructor(bounds: readonly number[], most: number) {
    this.#bounds = bounds;
    this.#most = most;
  }

  add(sample: Sample): void {
    this.#kept.push(sample);
    if (this.#kept.length > this.#most) this.#kept.shift();
  }

  /** From the newest sample of at least that age, or the oldest sample, until now. */
  last(ms: number, current: Sample): Window {
    const since = current.at - ms;
    const first = Math.max(
      0,
      this.#kept.findLastIndex(({ at }) => at <= since),
    );
    return new Window([...this.#kept.slice(first), current], this.#bounds);
  }
}

/** Current sums of counters. */
export async function countersOf(
  metrics: Metrics,
  staleFills: number,
): Promise<Omit<Sample, "at" | "clock" | "loopP99" | "loopMax">> {
  const status = (first: string) => (labels: Readonly<Record<string, string | number>>) =>
    String(labels.status).startsWith(first);
  const lane = (name: string) => (labels: Readonly<Record<string, string | number>>) => labels.lane === name;
  return {
    waits: {
      point: metrics.readWait.counts(lane("point")),
      scan: metrics.readWait.counts(lane("scan")),
      write: metrics.writeWait.counts(),
      commit: metrics.commitDuration.counts(),
    },
    requests: sum(metrics.httpDuration.counts()),
    serverErrors: sum(metrics.httpDuration.counts(status("500"))),
    turnedAway: await total(metrics.rejectedRequests, ["overloaded", "write_timeout"]),
    ...lookUps(metrics),
    staleFills,
    threadsLost: await total(metrics.threadsLost),
    housekeepingFailures: await total(metrics.housekeepingFailures),
    checkpoints: await total(metrics.checkpoints, ["complete"]),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

interface Counted {
  get(): Promise<{
    readonly values: readonly {
      readonly value: number;
      readonly labels: Readonly<Record<string, string | number | undefined>>;
    }[];
  }>;
}

/** @param only label values, one of which a series must have. */
async function total(counter: Counted, only?: readonly string[]): Promise<number> {
  const { values } = await counter.get();
  const counts = ({ labels }: { readonly labels: Readonly<Record<string, string | number | undefined>> }) =>
    only === undefined || Object.values(labels).some((label) => only.includes(String(label)));
  return sum(values.filter(counts).map(({ value }) => value));
}

function lookUps({ lookUps: { byTable } }: Metrics): Pick<Sample, "hits" | "lookUps" | "misses"> {
  const of = (...results: readonly string[]) =>
    sum([...byTable.values()].flatMap((found) => results.map((result) => found.get(result) ?? 0)));
  return { hits: of("hit"), lookUps: of("hit", "miss", "coalesced"), misses: of("miss") };
}
