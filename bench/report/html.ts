import { allFigures } from "./all-figures.ts";
import { escapeText } from "./charts.ts";
import { changesBetween, differencesBetween, percent } from "./compare.ts";
import type { Figures } from "./figures.ts";
import { headline } from "./headline.ts";
import { table } from "./parts.ts";
import {
  ablationSection,
  capacitySection,
  insideSection,
  logSection,
  profileSection,
  scalingSection,
} from "./sections.ts";
import { STYLE } from "./style.ts";
import { problemsOf, remarksOf } from "./table.ts";
import { boundText, metText, pointText, short, valueText, whole } from "./words.ts";

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: string;
}

/** The report: one HTML file without scripts and external resources. Sections without figures are omitted. */
export function reportOf(figures: Figures, old?: Figures): string {
  const sections: Section[] = [
    { id: "targets", title: "Targets", body: targetTable(figures) },
    ...(old === undefined ? [] : [{ id: "compared", title: "Compared", body: compared(old, figures) }]),
    { id: "capacity", title: "Capacity and latency", body: capacitySection(figures) },
    { id: "ablation", title: "Effect of each design choice", body: ablationSection(figures) },
    { id: "scaling", title: "Scaling", body: scalingSection(figures) },
    { id: "inside", title: "Batches and commits", body: insideSection(figures) },
    { id: "log", title: "WAL", body: logSection(figures) },
    { id: "profiles", title: "Page size and memory", body: profileSection(figures) },
    { id: "figures", title: "All figures", body: allFigures(figures) },
    { id: "method", title: "Method and limits", body: METHOD },
  ].filter(({ body }) => body !== "");
  const links = sections.map(({ id, title }) => `<a href="#${id}">${title}</a>`).join("");
  const bodies = sections.map(
    ({ id, title, body }) => `<section id="${id}"><h2>${title}</h2>${body}</section>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Chinook Server: benchmark</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
<body>${header(figures)}<nav>${links}</nav>${bodies.join("\n")}</body></html>\n`;
}

function header(figures: Figures): string {
  const { machine, settings, scenarios } = figures;
  const trials = scenarios.reduce((sum, { repeats }) => sum + repeats.length, 0);
  const facts = [
    `${machine.cores} × ${machine.cpu}, ${(machine.memory_bytes / 2 ** 30).toFixed(0)} GiB, ${machine.platform}`,
    `Node.js ${machine.node}, SQLite ${machine.sqlite}, sync of the disk ${short(machine.fsync_ms)} ms`,
    `${trials} trials; ${settings.catalogue} catalogue of ${whole(settings.tracks as number)} tracks; capacity by ${settings.generator}`,
    ...(machine.date === undefined ? [] : [machine.date]),
  ];
  const remarks = [
    ...remarksOf(figures).map((remark) => `<p class="note">${escapeText(remark)}</p>`),
    ...problemsOf(figures).map((problem) => `<p class="bad">${escapeText(problem)}</p>`),
  ];
  return `<h1>SQLite behind HTTP</h1>${headline(figures)}<p class="soft">${facts.map(escapeText).join("<br>")}</p>${remarks.join("")}`;
}

const targetTable = ({ targets, settings }: Figures): string =>
  targets.length === 0 || settings.smoke
    ? ""
    : table(
        ["Target", "Wanted", "Measured", "Met", "Each repeat"],
        targets.map((target) => [
          target.title,
          boundText(target),
          valueText(target, target.value),
          { text: metText(target), kind: target.met === undefined ? "soft" : target.met ? "good" : "bad" },
          target.rounds.map((value) => valueText(target, value)).join(", "),
        ]),
      );

function compared(old: Figures, figures: Figures): string {
  const remarks = differencesBetween(old, figures).map((text) => `<p class="note">${escapeText(text)}</p>`);
  const rows = changesBetween(old, figures).map(({ row, metric, before, after, change, noise, verdict }) => [
    `${row.scenario} · ${row.server} ${pointText(row)}`,
    metric === "p99_ms" ? "p99 ms" : "requests/s",
    short(before),
    short(after),
    { text: percent(change), kind: verdict === undefined ? "soft" : verdict === "better" ? "good" : "bad" },
    `± ${(100 * noise).toFixed(1)} %`,
    verdict ?? "within the noise",
  ]);
  return remarks.join("") + table(["", "", "Before", "Now", "Change", "Noise", ""], rows);
}

const METHOD = `
<p>Each trial is a fresh process on a fresh copy of the database; servers of a scenario alternate, and each repeat begins with another one. Bars are medians of the repeats, the thin line at their end shows the range.</p>
<p>Capacity is the throughput of a closed loop of 100 connections. Latency is measured in an open loop at fixed rates: 50, 70 and 90 % of the maximum throughput of the same clients in a closed loop (the rows “100 %”; these clients are JavaScript and need more of the machine than wrk). It counts from the millisecond in which a request was due, whether or not a connection was free. Dropped and unanswered requests are counted. Answers are compared with the database during the load, and durable writes are looked up in the file afterwards.</p>
<p>Client and server share one machine: with few cores they compete, and a server with many threads suffers more. A "!" marks rows in which the generator was the bottleneck. Ratios carry over to other machines better than figures do.</p>`;
