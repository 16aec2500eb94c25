import { type ScenarioName, scenarioOf } from "../scenarios/index.ts";
import { specOf } from "../servers/specs.ts";
import { escapeText } from "./charts.ts";
import type { Figures, Row } from "./figures.ts";
import { whole } from "./words.ts";

/**
 * The report's first lines: the server's throughput, against the best of the others, and the number of
 * targets met.
 */
export function headline(figures: Figures): string {
  const cards = [
    ...Map.groupBy(
      figures.scenarios.filter(({ scenario, point }) => point === null && isCapacity(scenario)),
      ({ scenario }) => scenario,
    ),
  ].flatMap(([name, rows]) => card(name, rows));
  return `${met(figures)}${cards.length === 0 ? "" : `<div class="cards">${cards.join("")}</div>`}`;
}

/** They process no data: limits of the machine, not competitors. */
const CEILINGS: ReadonlySet<string> = new Set(["bare", "echo"]);

/** Scenarios whose figure is a rate. */
const isCapacity = (name: ScenarioName): boolean => {
  const { group, metric, load } = scenarioOf(name);
  return group === "capacity" && metric === undefined && load !== undefined;
};

function card(name: ScenarioName, rows: readonly Row[]): string[] {
  const rate = (row: Row | undefined) => row?.requests_per_second ?? 0;
  const own = rows.find(({ server }) => server.startsWith("chinook"));
  if (rate(own) === 0) return [];
  const others = rows.filter(({ server }) => !server.startsWith("chinook") && !CEILINGS.has(server));
  const best = others.toSorted((a, b) => rate(b) - rate(a))[0];
  const against =
    rate(best) === 0 ? "" : `${(rate(own) / rate(best)).toPrecision(2)} × ${specOf(best!.server).title}`;
  const [title, figure, below] = [scenarioOf(name).title, whole(rate(own)), against].map(escapeText);
  return [`<div class="figure"><b>${figure}/s</b>${title}<small>${below}</small></div>`];
}

function met({ targets, settings }: Figures): string {
  if (targets.length === 0 || settings.smoke) return "";
  const judged = targets.filter((target) => target.met !== undefined);
  const good = judged.filter((target) => target.met).length;
  const kind = good === judged.length ? "good" : "bad";
  return `<p class="headline ${kind}">${good} of ${judged.length} targets met</p>`;
}
