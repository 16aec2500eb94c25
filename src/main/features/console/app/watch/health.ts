import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { type Resource, useResource } from "../core/resource.ts";
import { withUnit } from "../core/units.ts";
import { TEXTS } from "../texts.ts";
import { Loaded } from "../ui/states.ts";
import { WatchNav } from "./nav.ts";
import { type Status, StatusChip } from "./status.ts";

const T = TEXTS.watch.health;

interface Check {
  readonly name: string;
  readonly status: Status;
  readonly value: string | number | null;
  readonly threshold: string | number | null;
  readonly unit?: string;
  readonly recommendation?: string;
}

interface Report {
  readonly status: Status;
  readonly checks: readonly Check[];
}

const WORST_FIRST: readonly Status[] = ["fail", "warn", "ok"];

/** Every check, the worst first, and what to do about those that are not well. */
export default function HealthPage() {
  const report = useResource<Report>("/health");
  return html`<div class="page stack">
    <div class="row page-head"><h1>${T.title}</h1>
      ${report.data !== undefined && html`<${StatusChip} status=${report.data.status} />`}
      <${Again} of=${report} />
    </div>
    <${WatchNav} />
    <${Loaded} of=${report} lines=${12}>${(data: Report) => html`<${Checks} checks=${data.checks} />`}</${Loaded}>
  </div>`;
}

const Again = ({ of }: { readonly of: Resource<Report> }) =>
  html`<button type="button" class="button" disabled=${of.loading} onClick=${of.reload}>${T.again}</button>`;

function Checks({ checks }: { readonly checks: readonly Check[] }) {
  const unwell = checks.filter(({ status }) => status !== "ok");
  const sorted = WORST_FIRST.flatMap((level) => checks.filter(({ status }) => status === level));
  return html`
    <p class="muted">${unwell.length === 0 ? T.allWell(count(checks.length)) : T.unwell(unwell.length)}</p>
    <ul class="checks">${sorted.map((check) => html`<${Line} key=${check.name} check=${check} />`)}</ul>
  `;
}

function Line({
  check: { name, status, value, threshold, unit, recommendation },
}: {
  readonly check: Check;
}) {
  return html`<li class="check-line" data-status=${status}>
    <${StatusChip} status=${status} />
    <strong>${name.replaceAll("_", " ")}</strong>
    <span class="found">${withUnit(value, unit)} <span class="muted">${status === "ok" && typeof threshold === "string" ? "" : T.threshold(withUnit(threshold, unit))}</span></span>
    ${recommendation !== undefined && html`<p class="advice">${recommendation}</p>`}
  </li>`;
}
