import { useState } from "preact/hooks";
import { request } from "../core/api.ts";
import { ago, moment } from "../core/format.ts";
import { html } from "../core/html.ts";
import { type Paged, usePaged } from "../core/pages.ts";
import { type Role, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import { tellDone, tellFailed } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { Icon } from "../ui/icon.ts";
import { More } from "../ui/more.ts";
import { Loaded } from "../ui/states.ts";
import { ActionButton, send } from "./action.ts";
import { DoPage } from "./frame.ts";
import { NewUser } from "./new-user.ts";
import { Once } from "./once.ts";
import { ROLES } from "./roles.ts";

const T = TEXTS.do.users;

interface User {
  readonly id: number;
  readonly email: string | null;
  readonly name: string | null;
  readonly role: Role;
  readonly status: "active" | "disabled";
  readonly created_at: string;
}

/** Accounts: made, disabled, with another role, with a link to choose a password. */
export default function UsersPage() {
  const users = usePaged<User>("/v1/users?limit=50");
  const [adding, setAdding] = useState(false);
  const [link, setLink] = useState<string>();
  const tools = html`<button type="button" class="button primary" onClick=${() => setAdding(true)}><${Icon} name="plus" /> ${T.add}</button>`;
  const made = (given: string | undefined) => {
    setAdding(false);
    setLink(given);
    users.reload();
  };
  return html`<${DoPage} title=${T.title} tools=${tools}>
    <${Loaded} of=${users}>${() => html`<${List} of=${users} showLink=${setLink} />`}</${Loaded}>
    ${adding && html`<${NewUser} close=${() => setAdding(false)} done=${made} />`}
    ${link !== undefined && html`<${Once} title=${T.linkTitle} text=${T.linkText} secret=${link} close=${() => setLink(undefined)} />`}
  </${DoPage}>`;
}

interface ListProps {
  readonly of: Paged<User>;
  readonly showLink: (link: string) => void;
}

function List({ of, showLink }: ListProps) {
  return html`<div class="table-scroll" tabindex="0"><table class="plain">
    <thead><tr><th>${T.who}</th><th>${T.role}</th><th>${T.status}</th><th>${T.since}</th><th><span class="hidden-text">${T.actions}</span></th></tr></thead>
    <tbody>${of.items.map((user) => html`<${Row} key=${user.id} user=${user} reload=${of.reload} showLink=${showLink} />`)}</tbody>
  </table></div><${More} of=${of} />`;
}

function Row({
  user,
  reload,
  showLink,
}: {
  readonly user: User;
  readonly reload: () => void;
  readonly showLink: (link: string) => void;
}) {
  const { id, email, name, role, status, created_at } = user;
  const own = useStore(session).person?.id === id;
  const who = name ?? email ?? `#${id}`;
  const patch = (body: Partial<Pick<User, "role" | "status">>) =>
    request<User>(`/v1/users/${id}`, { method: "PATCH", body });
  const changeRole = (event: Event) =>
    patch({ role: (event.target as HTMLSelectElement).value as Role })
      .then(({ data }) => tellDone(T.roleChanged(who, T.roles[data.role])), tellFailed)
      .then(reload);
  return html`<tr>
    <td><b>${who}</b>${email !== null && name !== null && html`<br /><span class="muted">${email}</span>`}</td>
    <td><select aria-label=${T.roleOf(who)} value=${role} disabled=${own} onChange=${changeRole}>
      ${ROLES.map((each) => html`<option key=${each} value=${each}>${T.roles[each]}</option>`)}</select></td>
    <td><span class="state" data-state=${status}>${T.statuses[status]}</span></td>
    <td><time datetime=${created_at} title=${moment(created_at)}>${ago(created_at)}</time></td>
    <td class="row-actions">
      ${
        email !== null &&
        html`<${ActionButton} label=${T.reset} act=${() => send("POST", "/admin/people/reset-password", { email })}
          said=${() => T.linkMade(who)} after=${({ link }: { link: string }) => showLink(link)} />`
      }
      ${
        !own &&
        (status === "active"
          ? html`<${ActionButton} label=${T.disable} ask=${{ title: T.disableTitle(who), text: T.disableText }}
              act=${() => patch({ status: "disabled" })} said=${() => T.disabled(who)} after=${reload} />`
          : html`<${ActionButton} label=${T.enable} act=${() => patch({ status: "active" })} said=${() => T.enabled(who)} after=${reload} />`)
      }
    </td>
  </tr>`;
}
