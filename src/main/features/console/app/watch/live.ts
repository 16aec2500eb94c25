import { useEffect, useState } from "preact/hooks";
import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { type Live, useLive, watchAgain } from "../core/live.ts";
import { useResource } from "../core/resource.ts";
import { ms, seconds } from "../core/units.ts";
import type { Activity, Sample } from "../core/vitals.ts";
import { TEXTS } from "../texts.ts";
import { Failure, Skeleton } from "../ui/states.ts";
import { Charts } from "./charts.ts";
import { Drawing } from "./drawing.ts";
import { WatchNav } from "./nav.ts";
import { StatusChip } from "./status.ts";

const T = TEXTS.watch;
const SHOWN_SECONDS = 300;

/** The server as it is: the drawing, and the last five minutes. */
export default function LivePage() {
  const live = useLive();
  const samples = useLastMinutes(live);
  return html`<div class="page stack">
    <div class="row page-head"><h1>${T.title}</h1><${State} live=${live} /></div>
    <${WatchNav} />
    <${Body} live=${live} samples=${samples} />
  </div>`;
}

function Body({ live, samples }: { readonly live: Live; readonly samples: readonly Sample[] }) {
  const { state, facts, error } = live;
  const latest = live.samples.at(-1) ?? samples.at(-1);
  if (state === "refused") return html`<${Failure} error=${error} retry=${watchAgain} />`;
  if (facts === undefined || latest === undefined) return html`<${Skeleton} lines=${12} />`;
  const to = Math.max(Date.now(), Date.parse(latest.at)) / 1_000;
  return html`
    <${Drawing} sample=${latest} facts=${facts} />
    <h2>${T.lastMinutes}</h2>
    <${Charts} samples=${samples} span=${[to - SHOWN_SECONDS, to]} />
    <div class="columns">
      <${Busiest} title=${T.busiestReads} activities=${latest.reads} />
      <${Busiest} title=${T.busiestCommands} activities=${latest.commands} />
    </div>
  `;
}

/** Milliseconds of a sample of the history. */
const FINE_MS = 10_000;

/** What the stream told, and what the history knows of the times when nobody watched. */
function useLastMinutes({ samples }: Live): readonly Sample[] {
  const { data } = useResource<{ data: readonly Sample[] }>("/admin/history?hours=1&resolution=fine");
  const from = Date.now() - SHOWN_SECONDS * 1_000;
  const told = samples.map((sample) => ({ sample, at: Date.parse(sample.at) }));
  const kept = (data?.data ?? []).map((sample) => ({ sample, at: Date.parse(sample.at) }));
  const between = kept.filter(
    ({ at }) => at >= from && !told.some((one) => one.at > at - FINE_MS && one.at <= at),
  );
  return [...between, ...told.filter(({ at }) => at >= from)]
    .toSorted((a, b) => a.at - b.at)
    .map(({ sample }) => sample);
}

function State({ live: { state, facts, samples } }: { readonly live: Live }) {
  const [restarted, setRestarted] = useState(false);
  const [known, setKnown] = useState<string>();
  useEffect(() => {
    if (facts === undefined) return;
    if (known !== undefined && known !== facts.started_at) setRestarted(true);
    setKnown(facts.started_at);
  }, [facts?.started_at]);
  const status = samples.at(-1)?.status;
  const up = facts === undefined ? undefined : (Date.now() - Date.parse(facts.started_at)) / 1_000;
  return html`<p class="row" role="status">
    <span class="live-dot" data-state=${state}>${T.states[state]}</span>
    ${status !== undefined && html`<${StatusChip} status=${status} />`}
    ${up !== undefined && html`<span class="muted small">${T.up(seconds(up), facts!.version)}</span>`}
    ${restarted && html`<span class="chip warn">${T.restarted}</span>`}
  </p>`;
}

function Busiest({
  title,
  activities,
}: {
  readonly title: string;
  readonly activities: readonly Activity[];
}) {
  return html`<section class="card">
    <h2>${title}</h2>
    ${
      activities.length === 0
        ? html`<p class="muted">${T.idle}</p>`
        : html`<table class="plain">
          <thead><tr><th>${T.name}</th><th class="number">${T.count}</th><th class="number">${T.total}</th><th class="number">${T.p99}</th></tr></thead>
          <tbody>${activities.map(
            ({ name, count: times, total_ms, p99_ms }) => html`<tr key=${name}>
              <td><code>${name}</code></td><td class="number">${count(times)}</td>
              <td class="number">${ms(total_ms)}</td><td class="number">${ms(p99_ms)}</td></tr>`,
          )}</tbody>
        </table>`
    }
  </section>`;
}
