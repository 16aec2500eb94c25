import { ago, moment } from "../core/format.ts";
import { html } from "../core/html.ts";
import { useLive } from "../core/live.ts";
import { type Paged, usePaged } from "../core/pages.ts";
import { seconds } from "../core/units.ts";
import type { Job } from "../core/vitals.ts";
import { TEXTS } from "../texts.ts";
import { More } from "../ui/more.ts";
import { Empty, Loaded } from "../ui/states.ts";
import { DoPage } from "./frame.ts";
import { Running, useAfterJobs } from "./progress.ts";

const T = TEXTS.do.jobs;

/** Long work: what runs, and what became of the rest. */
export default function JobsPage() {
  const { jobs } = useLive();
  const ended = usePaged<Job>("/admin/jobs?limit=20");
  useAfterJobs(jobs, ended.reload);
  return html`<${DoPage} title=${T.title}>
    <${Running} jobs=${jobs.running} />
    <${Loaded} of=${ended}>${() => html`<${Ended} of=${ended} />`}</${Loaded}>
  </${DoPage}>`;
}

function Ended({ of }: { readonly of: Paged<Job> }) {
  const rows = of.items.filter(({ state }) => state !== "running");
  if (rows.length === 0) return html`<${Empty} text=${T.none} />`;
  return html`<div class="table-scroll" tabindex="0"><table class="plain">
      <thead><tr><th>${T.kind}</th><th>${T.state}</th><th>${T.started}</th><th class="number">${T.took}</th><th>${T.outcome}</th></tr></thead>
      <tbody>${rows.map((job) => html`<${Row} key=${job.id} job=${job} />`)}</tbody>
    </table></div><${More} of=${of} />`;
}

function Row({ job: { kind, state, started_at, finished_at, error } }: { readonly job: Job }) {
  const took = finished_at === null ? null : (Date.parse(finished_at) - Date.parse(started_at)) / 1_000;
  return html`<tr>
    <td><code>${kind}</code></td>
    <td><span class="state" data-state=${state}>${T.states[state]}</span></td>
    <td><time datetime=${started_at} title=${moment(started_at)}>${ago(started_at)}</time></td>
    <td class="number">${took === null ? "–" : took < 1 ? T.underSecond : seconds(took)}</td>
    <td>${error === null ? "" : `${error.detail}. ${error.hint ?? ""}`}</td>
  </tr>`;
}
