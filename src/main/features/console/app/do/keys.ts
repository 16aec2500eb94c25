import { useEffect, useState } from "preact/hooks";
import { ago, moment } from "../core/format.ts";
import { html } from "../core/html.ts";
import { tellFailed } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { Icon } from "../ui/icon.ts";
import { Empty, Skeleton } from "../ui/states.ts";
import { ActionButton, send } from "./action.ts";
import { DoPage } from "./frame.ts";
import { NewKey } from "./new-key.ts";
import { Once } from "./once.ts";

const T = TEXTS.do.keys;

interface Key {
  readonly id: number;
  readonly user_id: number;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

/** Everybody's keys. A key itself is shown once, when it is made. */
export default function KeysPage() {
  const [keys, setKeys] = useState<readonly Key[]>();
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string>();
  const reload = () =>
    send<{ data: readonly Key[] }>("POST", "/admin/people/list-keys", {}).then(
      ({ data }) => setKeys(data),
      tellFailed,
    );
  useEffect(() => void reload(), []);
  const made = (key: string) => {
    setAdding(false);
    setSecret(key);
    void reload();
  };
  const tools = html`<button type="button" class="button primary" onClick=${() => setAdding(true)}><${Icon} name="plus" /> ${T.add}</button>`;
  return html`<${DoPage} title=${T.title} tools=${tools}>
    ${keys === undefined ? html`<${Skeleton} />` : html`<${List} keys=${keys} reload=${reload} />`}
    ${adding && html`<${NewKey} close=${() => setAdding(false)} done=${made} />`}
    ${secret !== undefined && html`<${Once} title=${T.onceTitle} text=${T.onceText} secret=${secret} close=${() => setSecret(undefined)} />`}
  </${DoPage}>`;
}

function List({ keys, reload }: { readonly keys: readonly Key[]; readonly reload: () => void }) {
  if (keys.length === 0) return html`<${Empty} text=${T.none} />`;
  return html`<div class="table-scroll" tabindex="0"><table class="plain">
    <thead><tr><th>${T.name}</th><th>${T.owner}</th><th>${T.scopes}</th><th>${T.expires}</th><th>${T.used}</th><th><span class="hidden-text">${T.actions}</span></th></tr></thead>
    <tbody>${keys.map((key) => html`<${Row} key=${key.id} of=${key} reload=${reload} />`)}</tbody>
  </table></div>`;
}

const time = (text: string | null, otherwise: string) =>
  text === null ? otherwise : html`<time datetime=${text} title=${moment(text)}>${ago(text)}</time>`;

function Row({
  of: { id, user_id, name, scopes, expires_at, last_used_at },
  reload,
}: {
  readonly of: Key;
  readonly reload: () => void;
}) {
  return html`<tr>
    <td><b>${name}</b><br /><span class="muted">#${id}</span></td>
    <td>#${user_id}</td>
    <td>${scopes.map((scope) => html`<code class="chip" key=${scope}>${scope}</code> `)}</td>
    <td>${time(expires_at, T.never)}</td>
    <td>${time(last_used_at, T.unused)}</td>
    <td class="row-actions"><${ActionButton} label=${T.revoke} ask=${{ title: T.revokeTitle(name), text: T.revokeText }}
      act=${() => send("POST", "/admin/people/revoke-key", { id })} said=${() => T.revoked(name)} after=${reload} /></td>
  </tr>`;
}
