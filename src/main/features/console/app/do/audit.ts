import { moment } from "../core/format.ts";
import { html } from "../core/html.ts";
import { type Paged, usePaged } from "../core/pages.ts";
import { navigate, urlWith, usePlace, withQuery } from "../core/router.ts";
import { TEXTS } from "../texts.ts";
import { More } from "../ui/more.ts";
import { Empty, Loaded } from "../ui/states.ts";
import { DoPage } from "./frame.ts";

const T = TEXTS.do.audit;

interface Entry {
  readonly id: number;
  readonly at: string;
  readonly principal: string;
  readonly credential: string | null;
  readonly address: string | null;
  readonly command: string;
  readonly object: string | null;
  readonly changes: Readonly<Record<string, unknown>> | null;
}

const FILTERS = ["principal", "command", "object"] as const;

/** Who did what, and what was refused; latest first. */
export default function AuditPage() {
  const { query } = usePlace();
  const given = Object.fromEntries(FILTERS.map((name) => [name, query.get(name)]));
  const entries = usePaged<Entry>(urlWith("/v1/audit", { limit: 50, ...given }), { keep: true });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    navigate(withQuery(Object.fromEntries(FILTERS.map((name) => [name, String(form.get(name)).trim()]))));
  };
  return html`<${DoPage} title=${T.title}>
    <form class="row audit-filter" onSubmit=${submit}>
      ${FILTERS.map((name) => html`<label key=${name}>${T.filters[name]}<input name=${name} defaultValue=${given[name] ?? ""} placeholder=${T.examples[name]} maxlength="100" /></label>`)}
      <button class="button">${T.filter}</button>
    </form>
    <${Loaded} of=${entries} lines=${12}>${() => html`<${List} of=${entries} />`}</${Loaded}>
  </${DoPage}>`;
}

function List({ of }: { readonly of: Paged<Entry> }) {
  if (of.items.length === 0) return html`<${Empty} text=${T.none} />`;
  return html`<div class="table-scroll" tabindex="0"><table class="plain">
    <thead><tr><th>${T.when}</th><th>${T.who}</th><th>${T.what}</th><th>${T.object}</th><th>${T.changes}</th></tr></thead>
    <tbody>${of.items.map((entry) => html`<${Row} key=${entry.id} of=${entry} />`)}</tbody>
  </table></div><${More} of=${of} />`;
}

function Row({
  of: { at, principal, credential, address, command, object, changes },
}: {
  readonly of: Entry;
}) {
  return html`<tr>
    <td><time datetime=${at}>${moment(at)}</time></td>
    <td>${principal}<br /><span class="muted">${[credential, address].filter((part) => part !== null).join(" · ")}</span></td>
    <td><code>${command}</code></td>
    <td>${object ?? "–"}</td>
    <td class="changes">${changes === null ? "" : html`<details><summary>${Object.keys(changes).join(", ")}</summary><pre class="sql" tabindex="0">${JSON.stringify(changes, null, 2)}</pre></details>`}</td>
  </tr>`;
}
