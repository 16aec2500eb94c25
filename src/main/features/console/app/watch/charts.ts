import { bytes } from "../core/format.ts";
import { html } from "../core/html.ts";
import { ms, rate, share } from "../core/units.ts";
import type { Sample } from "../core/vitals.ts";
import { TEXTS } from "../texts.ts";
import { Chart } from "../ui/chart.ts";

const T = TEXTS.watch.charts;

interface Definition {
  readonly title: string;
  readonly show: (value: number) => string;
  readonly lines: readonly (readonly [label: string, of: (sample: Sample) => number | null])[];
  readonly least?: number;
}

/** The same charts for the last minutes and for the last month. */
const CHARTS: readonly Definition[] = [
  {
    ...{ title: T.requests, show: rate },
    lines: [
      [T.answered, ({ requests }) => requests],
      [T.failed, ({ errors }) => errors],
      [T.refused, ({ rejected }) => rejected],
    ],
  },
  {
    ...{ title: T.latency, show: ms },
    lines: [
      [T.p50, ({ http_p50_ms }) => http_p50_ms],
      [T.p99, ({ http_p99_ms }) => http_p99_ms],
    ],
  },
  {
    ...{ title: T.cache, show: share, least: 1 / 1.1 },
    lines: [[T.hits, ({ cache_hit_ratio }) => cache_hit_ratio]],
  },
  {
    ...{ title: T.cacheSize, show: bytes },
    lines: [[T.bytes, ({ cache_bytes }) => cache_bytes]],
  },
  {
    ...{ title: T.reads, show: rate },
    lines: [
      [T.point, ({ point }) => point.per_second],
      [T.scan, ({ scan }) => scan.per_second],
    ],
  },
  {
    ...{ title: T.waits, show: ms },
    lines: [
      [T.point, ({ point }) => point.wait_p99_ms],
      [T.scan, ({ scan }) => scan.wait_p99_ms],
      [T.writes, ({ writes }) => writes.wait_p99_ms],
    ],
  },
  {
    ...{ title: T.commits, show: rate },
    lines: [
      [T.commands, ({ writes }) => writes.per_second],
      [T.commitRate, ({ writes }) => writes.commits],
    ],
  },
  {
    ...{ title: T.commitTime, show: ms },
    lines: [
      [T.p50, ({ writes }) => writes.commit_p50_ms],
      [T.p99, ({ writes }) => writes.commit_p99_ms],
    ],
  },
  { ...{ title: T.wal, show: bytes }, lines: [[T.bytes, ({ wal_bytes }) => wal_bytes]] },
  {
    ...{ title: T.memory, show: bytes },
    lines: [
      [T.resident, ({ resident_bytes }) => resident_bytes],
      [T.heap, ({ heap_bytes }) => heap_bytes],
    ],
  },
  {
    ...{ title: T.busy, show: share, least: 1 / 1.1 },
    lines: [
      [T.loop, ({ loop }) => loop],
      [T.processors, ({ processors }) => processors],
    ],
  },
];

export interface ChartsProps {
  readonly samples: readonly Sample[];
  /** As of a chart. */
  readonly span: readonly [from: number, to: number];
}

/** A span without samples for longer than this many of them is a gap, not a line. */
const GAP = 3;

export function Charts({ samples, span }: ChartsProps) {
  const shown = withGaps(samples);
  const times = shown.map(({ time }) => time);
  return html`<div class="charts">
    ${CHARTS.map(({ title, show, lines, least }) => {
      const values = lines.map(([label, of]) => ({
        label,
        values: shown.map(({ sample }) => (sample === undefined ? null : of(sample))),
      }));
      return html`<${Chart} key=${title} title=${title} times=${times} lines=${values} show=${show} span=${span} least=${least} />`;
    })}
  </div>`;
}

interface Shown {
  readonly time: number;
  readonly seconds: number;
  readonly sample: Sample | undefined;
}

function withGaps(samples: readonly Sample[]): Shown[] {
  const shown: Shown[] = [];
  for (const sample of samples) {
    const time = Date.parse(sample.at) / 1_000;
    const last = shown.at(-1);
    if (last !== undefined && time - last.time > GAP * Math.max(sample.seconds, last.seconds) + 2)
      shown.push({ time: last.time + 1, seconds: 0, sample: undefined });
    shown.push({ time, seconds: sample.seconds, sample });
  }
  return shown;
}
