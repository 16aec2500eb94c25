import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { may, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import type { Page } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { Icon } from "../ui/icon.ts";
import { KINDS, type Kind } from "./kinds.ts";
import { BrowseNav } from "./nav.ts";

const T = TEXTS.browse;

/** Every kind with how many there are. */
export default function Browse() {
  const operator = may("operate", useStore(session));
  const kinds = KINDS.filter(({ operators }) => !operators || operator);
  return html`<${BrowseNav} /><h1>${TEXTS.shell.browse}</h1>
    <p class="muted lead">${T.lead}</p>
    <ul class="kinds">${kinds.map((kind) => html`<${KindCard} key=${kind.name} kind=${kind} />`)}
      ${operator && html`<li><a class="card" href="/console/sql"><span class="kind-name">SQL</span><span class="muted small">${T.sqlLead}</span></a></li>`}
    </ul>`;
}

function KindCard({ kind: { name, label } }: { readonly kind: Kind }) {
  const { data } = useResource<Page<unknown>>(`/v1/${name}?limit=1&total=1`);
  return html`<li><a class="card" href=${`/console/browse/${name}`}>
    <span class="kind-name">${label} <${Icon} name="next" /></span>
    <span class="muted number">${data?.total === undefined ? "–" : count(data.total)}</span>
  </a></li>`;
}
