import type { Histogram as PromHistogram, Registry } from "prom-client";

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** Inclusive upper bounds, ascending. */
  readonly buckets: readonly number[];
  readonly registers: readonly Registry[];
}

type Label = string | number;

/** The counts of one combination of labels. The last bucket is `+Inf`. */
interface Series {
  readonly labels: Readonly<Record<string, Label>>;
  readonly buckets: number[];
  sum: number;
}

/** How many observations fell into each bucket, and what they come to together. */
export interface Counts {
  readonly buckets: readonly number[];
  readonly sum: number;
}

/** A node of the tree of label values. */
class Node {
  readonly #next = new Map<Label, Node>();
  series: Series | undefined;

  step(label: Label): Node {
    const known = this.#next.get(label);
    if (known !== undefined) return known;
    const made = new Node();
    this.#next.set(label, made);
    return made;
  }
}

/**
 * A histogram for prom-client's registry. It finds a series by walking a tree of label values.
 *
 * prom-client's own histogram allocates an object and a string of the labels at every observation: 0.27 µs each. An
 * answer from the cache, which takes 13 µs in all, makes one observation; a write makes four.
 */
export class Histogram {
  readonly name: string;
  readonly help: string;
  readonly type = "histogram";
  readonly labelNames: readonly string[];
  readonly bounds: readonly number[];
  readonly #root = new Node();
  readonly #all: Series[] = [];

  constructor({ name, help, labelNames = [], buckets, registers }: HistogramOptions) {
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
    this.bounds = buckets;
    if (labelNames.length === 0) this.#seriesOf([]);
    for (const registry of registers) registry.registerMetric(this as unknown as PromHistogram);
  }

  /** @param labels the values of `labelNames`, in their order. */
  observe(value: number, ...labels: readonly Label[]): void {
    const series = this.#seriesOf(labels);
    series.buckets[this.#bucketOf(value)]!++;
    series.sum += value;
  }

  /** How many observations fell into each bucket, over the series that are wanted. */
  counts(wanted: (labels: Series["labels"]) => boolean = () => true): number[] {
    const counts = Array.from({ length: this.bounds.length + 1 }, () => 0);
    for (const { labels, buckets } of this.#all)
      if (wanted(labels)) for (const [i, count] of buckets.entries()) counts[i]! += count;
    return counts;
  }

  #bucketOf(value: number): number {
    let i = 0;
    while (i < this.bounds.length && value > this.bounds[i]!) i++;
    return i;
  }

  #seriesOf(labels: readonly Label[]): Series {
    let node = this.#root;
    for (const label of labels) node = node.step(label);
    node.series ??= this.#newSeries(labels);
    return node.series;
  }

  #newSeries(labels: readonly Label[]): Series {
    const series = {
      labels: Object.fromEntries(this.labelNames.map((name, i) => [name, labels[i]!])),
      buckets: Array.from({ length: this.bounds.length + 1 }, () => 0),
      sum: 0,
    };
    this.#all.push(series);
    return series;
  }

  /**
   * Counts by the values of one label, or all together under an empty one. Not cumulative; the last bucket is for what is
   * above every bound.
   */
  by(label?: string): Readonly<Record<string, Counts>> {
    const all: Record<string, { buckets: number[]; sum: number }> = {};
    for (const { labels, buckets, sum } of this.#all) {
      const key = label === undefined ? "" : String(labels[label]);
      all[key] ??= { buckets: buckets.map(() => 0), sum: 0 };
      const known = all[key];
      known.sum += sum;
      for (const [i, count] of buckets.entries()) known.buckets[i]! += count;
    }
    return all;
  }

  /** Called by prom-client's registry at a scrape. The text format needs cumulative counts. */
  get() {
    const values = this.#all.flatMap((series) => this.#export(series));
    return { name: this.name, help: this.help, type: this.type, aggregator: "sum", values };
  }

  #export({ labels, buckets, sum }: Series) {
    let count = 0;
    const cumulative = buckets.map((inside, i) => {
      count += inside;
      const le = this.bounds[i] ?? "+Inf";
      return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...cumulative,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}

/**
 * As PromQL's `histogram_quantile`: within its bucket a value is taken to lie evenly; one above every bound is the
 * last of them.
 *
 * @param counts by bucket, not cumulative; the last is for what is above every bound.
 * @returns null when nothing was observed.
 */
export function quantileOf(
  bounds: readonly number[],
  counts: readonly number[],
  quantile: number,
): number | null {
  const all = counts.reduce((a, b) => a + b, 0);
  if (all === 0) return null;
  const rank = quantile * all;
  let below = 0;
  for (const [i, bound] of bounds.entries()) {
    const inside = counts[i]!;
    const from = i === 0 ? 0 : bounds[i - 1]!;
    if (below + inside >= rank) return from + ((bound - from) * (rank - below)) / Math.max(1, inside);
    below += inside;
  }
  return bounds.at(-1)!;
}
