import type { Sample } from "./sample.ts";
import type { Summary } from "./summary.ts";

/** The report as one page that loads nothing and runs no script; charts are inline SVG. */

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [640, 170, 64, 22, 10];

interface Line {
  readonly name: string;
  readonly value: (sample: Sample) => number | null;
}

interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
}

const MEBIBYTE = 1_048_576;

const CHARTS: readonly Chart[] = [
  {
    title: "Requests",
    unit: "/s",
    lines: [
      { name: "all", value: ({ requests }) => requests },
      { name: "errors", value: ({ errors }) => errors },
      { name: "rejected", value: ({ rejected }) => rejected },
    ],
  },
  {
    title: "Time of requests",
    unit: "ms",
    lines: [
      { name: "p50", value: ({ http_p50_ms }) => http_p50_ms },
      { name: "p99", value: ({ http_p99_ms }) => http_p99_ms },
    ],
  },
  {
    title: "Reads",
    unit: "/s",
    lines: [
      { name: "point", value: ({ point }) => point.per_second },
      { name: "scan", value: ({ scan }) => scan.per_second },
    ],
  },
  {
    title: "Wait of reads, p99",
    unit: "ms",
    lines: [
      { name: "point", value: ({ point }) => point.wait_p99_ms },
      { name: "scan", value: ({ scan }) => scan.wait_p99_ms },
    ],
  },
  {
    title: "Writes",
    unit: "/s",
    lines: [
      { name: "commands", value: ({ writes }) => writes.per_second },
      { name: "commits", value: ({ writes }) => writes.commits },
    ],
  },
  {
    title: "Time of commits",
    unit: "ms",
    lines: [
      { name: "p50", value: ({ writes }) => writes.commit_p50_ms },
      { name: "p99", value: ({ writes }) => writes.commit_p99_ms },
    ],
  },
  {
    title: "Cache hits",
    unit: "%",
    lines: [
      {
        name: "hits",
        value: ({ cache_hit_ratio }) => (cache_hit_ratio === null ? null : cache_hit_ratio * 100),
      },
    ],
  },
  { title: "WAL", unit: "MiB", lines: [{ name: "WAL", value: ({ wal_bytes }) => wal_bytes / MEBIBYTE }] },
  {
    title: "Memory",
    unit: "MiB",
    lines: [
      { name: "resident", value: ({ resident_bytes }) => resident_bytes / MEBIBYTE },
      { name: "heap", value: ({ heap_bytes }) => heap_bytes / MEBIBYTE },
    ],
  },
  {
    title: "Processor",
    unit: "%",
    lines: [
      { name: "main thread busy", value: ({ loop }) => loop * 100 },
      { name: "processors used", value: ({ processors }) => processors * 100 },
    ],
  },
];

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const text = (value: unknown): string => String(value).replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign]!);
const withCode = (html: string): string => html.replaceAll(/`([^`]+)`/g, "<code>$1</code>");
const number = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 0 });

/** The next of 1, 2 and 5 times a power of ten. */
function ceiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value)! * power;
}

function chart({ title, unit, lines }: Chart, samples: readonly Sample[]): string {
  const times = samples.map(({ at }) => Date.parse(at));
  const [from, to] = [times[0]!, Math.max(times.at(-1)!, times[0]! + 1)];
  const highest = ceiling(
    Math.max(...lines.flatMap(({ value }) => samples.map((sample) => value(sample) ?? 0))),
  );
  const x = (time: number) => (LEFT + ((time - from) / (to - from)) * (WIDTH - LEFT - 8)).toFixed(1);
  const y = (value: number) => (TOP + (1 - value / highest) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const grid = [0, 0.5, 1].map((share) => {
    const at = y(share * highest);
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - 8}" y1="${at}" y2="${at}"/><text x="${LEFT - 6}" y="${at}" dy="4" text-anchor="end">${number(share * highest)}</text>`;
  });
  const hours = [from, (from + to) / 2, to].map(
    (time, i) =>
      `<text x="${x(time)}" y="${HEIGHT - 5}" text-anchor="${["start", "middle", "end"][i]}">${text(clock(time, to - from))}</text>`,
  );
  const paths = lines.map(
    ({ value }, i) => `<path class="line${i}" d="${path(samples, times, value, x, y)}"/>`,
  );
  const legend =
    lines.length === 1
      ? ""
      : lines.map(({ name }, i) => `<span><i class="key${i}"></i>${text(name)}</span>`).join("");
  return `<figure><figcaption><b>${text(title)}</b> <small>${text(unit)}</small> ${legend}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${text(title)}">${grid.join("")}${hours.join("")}${paths.join("")}</svg></figure>`;
}

/** Draws a gap where samples are missing. */
function path(
  samples: readonly Sample[],
  times: readonly number[],
  value: Line["value"],
  x: (time: number) => string,
  y: (value: number) => string,
): string {
  let pen = "M";
  return samples
    .map((sample, i) => {
      const [now, time] = [value(sample), times[i]!];
      if (i > 0 && time - times[i - 1]! > 3_000 * sample.seconds) pen = "M";
      if (now === null) return "";
      const step = `${pen}${x(time)} ${y(now)}`;
      pen = "L";
      return step;
    })
    .join("");
}

const clock = (time: number, span: number): string => {
  const at = new Date(time).toISOString();
  return span > 86_400_000
    ? `${at.slice(5, 10)} ${at.slice(11, 16)}`
    : at.slice(11, span > 600_000 ? 16 : 19);
};

function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  nothing: string,
): string {
  if (rows.length === 0) return `<p class="nothing">${text(nothing)}</p>`;
  const cell = (value: string | number) =>
    typeof value === "number" ? `<td class="number">${number(value)}</td>` : `<td>${text(value)}</td>`;
  return `<div class="scroll"><table><thead><tr>${head.map((name) => `<th>${text(name)}</th>`).join("")}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("")}</tbody></table></div>`;
}

export interface SlowStatement {
  readonly id: string;
  readonly read: string | null;
  readonly sql: string;
  readonly count: number;
  readonly total_ms: number;
  readonly p99_ms: number;
}

/** @param statements those with the highest total time since the start; empty if no server runs. */
export function reportHtml(
  title: string,
  summary: Summary,
  samples: readonly Sample[],
  statements: readonly SlowStatement[],
): string {
  const { from, to, requests, writes, worst, reads, kinds, troubles, changes, recommendations } = summary;
  const span = `${from.slice(0, 16).replace("T", " ")} to ${to.slice(0, 16).replace("T", " ")} UTC`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${text(title)}</title><style>${STYLE}</style></head><body><main>
<h1>${text(title)}</h1><p class="lead">${text(span)}: ${number(requests)} requests, ${number(writes)} writes. The slowest span had a 99th percentile of ${number(worst.http_p99_ms)} ms, at ${text(worst.at.slice(0, 19).replace("T", " "))}.</p>
<h2>What to do</h2>${recommendations.length === 0 ? '<p class="nothing">Nothing: no sample showed a problem.</p>' : `<ul>${recommendations.map((one) => `<li>${withCode(text(one))}</li>`).join("")}</ul>`}
<div class="charts">${CHARTS.map((one) => chart(one, samples)).join("\n")}</div>
<h2>Reads that took most time</h2>${table(
    ["read", "runs", "ms in all", "worst p99, ms"],
    reads.map(({ name, count, total_ms, p99_ms }) => [name, count, total_ms, p99_ms]),
    "None.",
  )}
${
  statements.length === 0
    ? ""
    : `<h2>Statements with the highest total time since the start</h2>${table(
        ["id", "read", "runs", "ms in all", "p99, ms", "SQL"],
        statements.map(({ id, read, count, total_ms, p99_ms, sql }) => [
          id,
          read ?? "a command's",
          count,
          total_ms,
          p99_ms,
          sql.slice(0, 160),
        ]),
        "",
      )}`
}
<h2>What was written most</h2>${table(
    ["kind", "commands"],
    kinds.map(({ kind, writes }) => [kind, writes]),
    "Nothing.",
  )}
<h2>Troubles</h2>${table(["what", "how often"], Object.entries(troubles), "None.")}
<h2>Changes of health</h2>${table(
    ["when", "what"],
    changes.map(({ at, what }) => [at.slice(0, 19).replace("T", " "), what]),
    "None.",
  )}
</main></body></html>
`;
}

const STYLE = `
:root{--ink:#1b1f24;--soft:#5b6570;--paper:#fff;--edge:#dde2e8;--a:#1f6feb;--b:#c2410c;--c:#9333ea}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#9aa5b1;--paper:#14171b;--edge:#2c333b;--a:#6cb0ff;--b:#ff9d5c;--c:#c99bff}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1360px;margin:0 auto;padding:24px 20px 64px}h1{font-size:26px;margin:0}h2{font-size:18px;margin:36px 0 8px}
.lead,.nothing,small{color:var(--soft)}.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:18px 28px;margin-top:28px}
figure{margin:0;min-width:0}figcaption span{margin-left:12px;color:var(--soft);white-space:nowrap}figcaption i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}
svg{width:100%;height:auto;display:block}svg text{font-size:11px;fill:var(--soft)}svg path{fill:none;stroke-width:1.6;stroke-linejoin:round}.grid{stroke:var(--edge)}
.line0{stroke:var(--a)}.line1{stroke:var(--b)}.line2{stroke:var(--c)}.key0{background:var(--a)}.key1{background:var(--b)}.key2{background:var(--c)}
.scroll{overflow-x:auto}table{border-collapse:collapse}th,td{text-align:left;padding:5px 16px 5px 0;border-bottom:1px solid var(--edge);vertical-align:top}th{color:var(--soft);font-weight:500}.number{text-align:right;font-variant-numeric:tabular-nums}`;
