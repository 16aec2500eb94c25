import { useEffect, useId, useRef } from "preact/hooks";
import uPlot from "uplot";
import { html } from "../core/html.ts";
import { useMedia } from "../core/media.ts";
import { useStore } from "../core/store.ts";
import { theme } from "../shell/theme.ts";

/** One line of a chart; which of the tokens' colours is its place in the list. */
export interface Line {
  readonly label: string;
  /** Null leaves a gap. */
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  readonly title: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly show: (value: number) => string;
  /** The first and the last moment that is shown, in seconds since 1970. */
  readonly span: readonly [from: number, to: number];
  /** The axis goes to at least here. */
  readonly least?: number;
}

const HEIGHT = 150;

/** A time series. Its latest values stand beside their names, for those who do not see the lines. */
export function Chart({ title, times, lines, show, span, least = 0 }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const now = useRef({ span, least });
  now.current = { span, least };
  const id = useId();
  const chosen = useStore(theme);
  const dark = useMedia("(prefers-color-scheme: dark)");
  useEffect(() => {
    const box = place.current!;
    const made = new uPlot(optionsOf(box, lines, show, now), [[]], box);
    plot.current = made;
    const follow = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: HEIGHT }));
    follow.observe(box);
    return () => {
      follow.disconnect();
      made.destroy();
    };
  }, [chosen, dark, lines.length]);
  useEffect(() => plot.current?.setData([times, ...lines.map(({ values }) => values)] as uPlot.AlignedData));
  return html`<section class="card chart" aria-labelledby=${id}>
    <h2 id=${id}>${title}</h2>
    <ul class="legend">${lines.map(
      ({ label, values }, i) =>
        html`<li key=${label} data-series=${i + 1}><span class="muted">${label}</span> <b>${latest(values, show)}</b></li>`,
    )}</ul>
    <div class="plot" ref=${place} aria-hidden="true"></div>
  </section>`;
}

function latest(values: readonly (number | null)[], show: (value: number) => string): string {
  const value = values.at(-1);
  return value === null || value === undefined ? "–" : show(value);
}

/** A token's value: the canvas knows no custom properties. */
function colourOf(element: Element, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

type Now = { readonly current: Pick<ChartProps, "span"> & { readonly least: number } };

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
/** Seconds from which a chart's times are days. */
const LONG = 3 * 86_400;

const timeOf = ({ current: { span } }: Now) => {
  const format = span[1] - span[0] > LONG ? DAY : CLOCK;
  return (seconds: number) => format.format(seconds * 1_000);
};

function optionsOf(box: HTMLElement, lines: readonly Line[], show: (value: number) => string, now: Now) {
  const axis: uPlot.Axis = {
    stroke: colourOf(box, "--muted"),
    grid: { stroke: colourOf(box, "--line"), width: 1 },
    ticks: { show: false },
    font: `11px ${getComputedStyle(box).fontFamily}`,
  };
  return {
    width: box.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { setScale: false }, points: { size: 6 } },
    scales: {
      x: { range: () => now.current.span as [number, number] },
      y: { range: (_: uPlot, __: number, max: number) => [0, Math.max(now.current.least, max * 1.1) || 1] },
    },
    axes: [
      { ...axis, space: 64, size: 26, values: (_: uPlot, splits: number[]) => splits.map(timeOf(now)) },
      { ...axis, size: 58, space: 34, values: (_: uPlot, splits: number[]) => splits.map(show) },
    ],
    series: [
      {},
      ...lines.map((_, i) => ({
        stroke: colourOf(box, `--series-${i + 1}`),
        width: 1.75,
        points: { show: false },
        spanGaps: false,
      })),
    ],
  } as uPlot.Options;
}
