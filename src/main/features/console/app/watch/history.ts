import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { navigate, usePlace, withQuery } from "../core/router.ts";
import type { Sample } from "../core/vitals.ts";
import { TEXTS } from "../texts.ts";
import { Choice } from "../ui/choice.ts";
import { Empty, Loaded } from "../ui/states.ts";
import { Charts } from "./charts.ts";
import { WatchNav } from "./nav.ts";

const T = TEXTS.watch;

const HOURS = { hour: 1, day: 24, month: 720 } as const;
type Span = keyof typeof HOURS;
const SPANS = Object.keys(HOURS) as Span[];

/** How the server was, as it remembers. */
export default function HistoryPage() {
  const given = usePlace().query.get("span") as Span;
  const span = SPANS.includes(given) ? given : "hour";
  const history = useResource<{ data: readonly Sample[] }>(`/admin/history?hours=${HOURS[span]}`);
  return html`<div class="page stack">
    <div class="row page-head"><h1>${T.historyTitle}</h1>
      <${Choice} label=${T.span} options=${SPANS} names=${T.spans} value=${span}
        choose=${(chosen: Span) => navigate(withQuery({ span: chosen }), { replace: true })} />
    </div>
    <${WatchNav} />
    <${Loaded} of=${history} lines=${12}>
      ${({ data }: { data: readonly Sample[] }) => {
        const to = Date.now() / 1_000;
        return data.length === 0
          ? html`<${Empty} text=${T.noHistory} />`
          : html`<${Charts} samples=${data} span=${[to - HOURS[span] * 3_600, to]} />`;
      }}
    </${Loaded}>
  </div>`;
}
