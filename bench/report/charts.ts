import { scaleBand, scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { short } from "./words.ts";

/**
 * Charts as SVG text, generated with the report: d3 computes scales and lines, and the page needs no script.
 * Colours are CSS classes, so one chart serves light, dark and print.
 */
export interface Axis {
  /** Including the unit. */
  readonly label: string;
  readonly log?: boolean;
  readonly text?: (value: number) => string;
  readonly ticks?: readonly number[];
}

export interface Series {
  readonly name: string;
  /** A class in `style.ts`. */
  readonly color: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Marks each point with a dot: for few points, each measured separately. */
  readonly dots?: boolean;
}

export interface Bar {
  readonly name: string;
  readonly color: string;
  readonly value: number;
  /** Minimum and maximum of the repeats. */
  readonly range?: readonly [number, number];
  /** Text after the bar's value. */
  readonly note?: string;
}

const WIDTH = 560;
const HEIGHT = 300;
const MARGIN = { top: 12, right: 18, bottom: 46, left: 62 };

export const escapeText = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const svg = (width: number, height: number, title: string, body: string): string =>
  `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">${body}</svg>`;

const at = (value: number): string => value.toFixed(1);

const textAt = (x: number, y: number, text: string, more = ""): string =>
  `<text x="${at(x)}" y="${at(y)}" ${more}>${escapeText(text)}</text>`;

type Scale = ((value: number) => number) & { ticks(count?: number): number[]; domain(): number[] };

/** A logarithmic scale needs positive bounds. */
function scaleOf(
  values: readonly number[],
  { log = false, ticks }: Axis,
  range: readonly [number, number],
): Scale {
  const positive = values.filter((value) => value > 0);
  const most = Math.max(...positive, Number.MIN_VALUE);
  if (!log) return scaleLinear([0, most], range).nice(5);
  const least = Math.min(...positive, most);
  if (ticks !== undefined) return scaleLog([least === most ? least / 2 : least, most], range).clamp(true);
  return scaleLog([roundTo125(least, Math.floor), roundTo125(most, Math.ceil)], range).clamp(true);
}

/** Rounds to 1, 2 or 5 of a decade, so that an axis begins and ends at a tick. */
function roundTo125(value: number, round: (value: number) => number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  const up = round(0.5) === 1;
  const steps = up ? [1, 2, 5, 10] : [10, 5, 2, 1];
  const digit = value / decade;
  return decade * (steps.find((step) => (up ? step >= digit * 0.999 : step <= digit * 1.001)) ?? 1);
}

/** A logarithm's ticks: the decades and both ends, or 1, 2 and 5 of each decade if there are few. */
function ticksOf(scale: Scale, { log = false, ticks }: Axis, count: number): readonly number[] {
  if (ticks !== undefined) return within(scale, ticks);
  if (!log) return scale.ticks(count);
  const digit = (value: number) => Number(value.toExponential().split("e")[0]);
  const all = scale.ticks();
  const decades = all.filter((value) => digit(value) === 1);
  return decades.length >= 3
    ? [...new Set([...scale.domain(), ...decades])]
    : all.filter((value) => [1, 2, 5].includes(digit(value)));
}

function within(scale: Scale, ticks: readonly number[]): readonly number[] {
  const [least, most] = scale.domain() as [number, number];
  return ticks.filter((tick) => tick >= least && tick <= most);
}

export const shortNumber = (value: number): string => {
  if (value >= 1e6) return `${+(value / 1e6).toPrecision(3)}M`;
  if (value >= 1_000) return `${+(value / 1_000).toPrecision(3)}k`;
  return String(+value.toPrecision(3));
};

function frame(x: Scale, y: Scale, xAxis: Axis, yAxis: Axis): string {
  const [left, right] = [MARGIN.left, WIDTH - MARGIN.right];
  const bottom = HEIGHT - MARGIN.bottom;
  const xText = xAxis.text ?? shortNumber;
  const yText = yAxis.text ?? shortNumber;
  const rows = ticksOf(y, yAxis, 5).map(
    (value) =>
      `<line class="grid" x1="${left}" x2="${right}" y1="${at(y(value))}" y2="${at(y(value))}"/>` +
      textAt(left - 8, y(value) + 4, yText(value), 'text-anchor="end"'),
  );
  const columns = ticksOf(x, xAxis, 6).map(
    (value) =>
      `<line class="tick" x1="${at(x(value))}" x2="${at(x(value))}" y1="${bottom}" y2="${bottom + 4}"/>` +
      textAt(x(value), bottom + 18, xText(value), 'text-anchor="middle"'),
  );
  return [
    ...rows,
    ...columns,
    `<line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>`,
    textAt((left + right) / 2, HEIGHT - 8, xAxis.label, 'class="label" text-anchor="middle"'),
    textAt(
      0,
      0,
      yAxis.label,
      `class="label" text-anchor="middle" transform="translate(14 ${(MARGIN.top + bottom) / 2}) rotate(-90)"`,
    ),
  ].join("");
}

/** Lines with common axes and a legend. */
export function lineChart(title: string, xAxis: Axis, yAxis: Axis, series: readonly Series[]): string {
  const drawn = series.filter(({ points }) => points.length > 0);
  const all = drawn.flatMap(({ points }) => points);
  if (all.length === 0) return "";
  const x = scaleOf([...all.map(([value]) => value), ...(xAxis.log ? [] : [0])], xAxis, [
    MARGIN.left,
    WIDTH - MARGIN.right,
  ]);
  const y = scaleOf(
    all.map(([, value]) => value),
    yAxis,
    [HEIGHT - MARGIN.bottom, MARGIN.top],
  );
  const path = line<readonly [number, number]>(
    ([value]) => x(value),
    ([, value]) => y(value),
  );
  const lines = drawn.map(({ color, points }) => `<path class="line ${color}" d="${path(points)}"/>`);
  const dots = drawn.flatMap(({ name, color, points, dots }) =>
    dots
      ? points.map(
          ([a, b]) =>
            `<circle class="dot ${color}" cx="${at(x(a))}" cy="${at(y(b))}" r="3.5"><title>${escapeText(`${name}: ${short(b)} at ${shortNumber(a)}`)}</title></circle>`,
        )
      : [],
  );
  const body = frame(x, y, xAxis, yAxis) + lines.join("") + dots.join("");
  return figure(title, legend(drawn) + svg(WIDTH, HEIGHT, title, body));
}

const legend = (series: readonly { readonly name: string; readonly color: string }[]): string =>
  `<p class="legend">${series.map(({ name, color }) => `<span><i class="${color}"></i>${escapeText(name)}</span>`).join("")}</p>`;

const ROW = 30;
const NAMES = 290;
const NOTES = 150;

/** Horizontal bars with their names and values. */
export function barChart(title: string, axis: Axis, bars: readonly Bar[]): string {
  const drawn = bars.filter(({ value }) => value > 0);
  if (drawn.length === 0) return "";
  const width = 800;
  const height = drawn.length * ROW + 48;
  const most = drawn.map(({ value, range }) => Math.max(value, range?.[1] ?? 0));
  const least = axis.log
    ? 10 ** Math.floor(Math.log10(Math.min(...drawn.map(({ value }) => value)) / 1.5))
    : 0;
  const x = scaleOf([...most, ...(axis.log ? [least] : [])], axis, [NAMES, width - NOTES]);
  const rows = scaleBand(
    drawn.map((_, i) => String(i)),
    [4, drawn.length * ROW],
  ).padding(0.28);
  const bottom = drawn.length * ROW + 4;
  const grid = ticksOf(x, axis, 5).map(
    (value) =>
      `<line class="grid" x1="${at(x(value))}" x2="${at(x(value))}" y1="4" y2="${bottom}"/>` +
      textAt(x(value), bottom + 16, (axis.text ?? shortNumber)(value), 'text-anchor="middle"'),
  );
  const body = drawn.map((bar, i) => barOf(bar, rows(String(i))!, rows.bandwidth(), x, axis));
  const label = textAt(
    (NAMES + width - NOTES) / 2,
    height - 6,
    axis.label,
    'class="label" text-anchor="middle"',
  );
  return figure(title, svg(width, height, title, grid.join("") + body.join("") + label), "wide");
}

/** A bar's length shows its value, which does not work on a logarithmic scale. There a dot marks the value. */
function barOf(
  { name, color, value, range, note }: Bar,
  top: number,
  height: number,
  x: Scale,
  axis: Axis,
): string {
  const middle = top + height / 2;
  const end = x(value);
  const row = (kind: string, from: number, to: number) =>
    `<line class="${kind}" x1="${at(from)}" x2="${at(to)}" y1="${at(middle)}" y2="${at(middle)}"/>`;
  const spread = range !== undefined && range[0] !== range[1] && range[0] > 0;
  const text = `${(axis.text ?? shortNumber)(value)}${note ? ` · ${note}` : ""}`;
  const shape = axis.log
    ? `${row("grid", NAMES, end)}<circle class="dot ${color}" cx="${at(end)}" cy="${at(middle)}" r="7"/>`
    : `<rect class="bar ${color}" x="${NAMES}" y="${at(top)}" width="${at(Math.max(1, end - NAMES))}" height="${at(height)}" rx="2"/>`;
  return [
    textAt(NAMES - 10, middle + 4, name, 'text-anchor="end"'),
    shape,
    spread ? row("whisker", x(range[0]), x(range[1])) : "",
    textAt(Math.max(end, spread ? x(range[1]) : 0) + 11, middle + 4, text, 'class="value"'),
  ].join("");
}

export interface Column {
  readonly name: string;
  readonly values: readonly number[];
}

/** Groups of columns: a distribution for each of a few series. */
export function columnChart(
  title: string,
  xLabel: string,
  yAxis: Axis,
  series: readonly { readonly name: string; readonly color: string }[],
  columns: readonly Column[],
): string {
  if (columns.length === 0 || series.length === 0) return "";
  const names = scaleBand(
    columns.map(({ name }) => name),
    [MARGIN.left, WIDTH - MARGIN.right],
  ).padding(0.2);
  const inner = scaleBand(
    series.map(({ name }) => name),
    [0, names.bandwidth()],
  ).padding(0.08);
  const y = scaleOf(
    columns.flatMap(({ values }) => values),
    yAxis,
    [HEIGHT - MARGIN.bottom, MARGIN.top],
  );
  const bottom = HEIGHT - MARGIN.bottom;
  const bars = columns.flatMap(({ name, values }) =>
    values.map((value, i) => {
      const { name: own, color } = series[i]!;
      const [left, top] = [names(name)! + inner(own)!, y(value)];
      return `<rect class="bar ${color}" x="${at(left)}" y="${at(top)}" width="${at(inner.bandwidth())}" height="${at(Math.max(0, bottom - top))}"><title>${escapeText(`${own}, ${name}: ${short(value)}`)}</title></rect>`;
    }),
  );
  const ticks = columns.map(({ name }) =>
    textAt(names(name)! + names.bandwidth() / 2, bottom + 18, name, 'text-anchor="middle"'),
  );
  const nothing = Object.assign((value: number) => value, { ticks: () => [], domain: () => [0, 0] });
  const body = frame(nothing, y, { label: xLabel, ticks: [] }, yAxis) + bars.join("") + ticks.join("");
  return figure(title, (series.length > 1 ? legend(series) : "") + svg(WIDTH, HEIGHT, title, body));
}

const figure = (title: string, content: string, kind = "plain"): string =>
  `<figure class="${kind}"><figcaption>${escapeText(title)}</figcaption>${content}</figure>`;
