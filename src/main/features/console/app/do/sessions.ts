import { ago, moment } from "../core/format.ts";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { refreshSession } from "../core/session.ts";
import { TEXTS } from "../texts.ts";
import { Loaded } from "../ui/states.ts";
import { ActionButton, send } from "./action.ts";
import { DoPage } from "./frame.ts";

const T = TEXTS.do.sessions;

interface Session {
  readonly id: number;
  readonly device: string | null;
  readonly address: string | null;
  readonly created_at: string;
  readonly last_seen_at: string;
  readonly expires_at: string;
  readonly current: boolean;
}

/** One's own sessions: where one is signed in, and the end of any of them. */
export default function SessionsPage() {
  const sessions = useResource<{ data: readonly Session[] }>("/v1/sessions");
  const tools = html`<${ActionButton} label=${T.all} ask=${{ title: T.allTitle, text: T.allText }}
    act=${() => send("DELETE", "/v1/sessions")} said=${() => T.allEnded} after=${() => void refreshSession()} />`;
  return html`<${DoPage} title=${T.title} tools=${tools}>
    <p class="muted">${T.text}</p>
    <${Loaded} of=${sessions}>${({
      data,
    }: {
      data: readonly Session[];
    }) => html`<div class="table-scroll" tabindex="0"><table class="plain">
      <thead><tr><th>${T.device}</th><th>${T.address}</th><th>${T.begun}</th><th>${T.seen}</th><th>${T.ends}</th><th><span class="hidden-text">${T.actions}</span></th></tr></thead>
      <tbody>${data.map((session) => html`<${Row} key=${session.id} of=${session} reload=${sessions.reload} />`)}</tbody>
    </table></div>`}</${Loaded}>
  </${DoPage}>`;
}

const time = (text: string) => html`<time datetime=${text} title=${moment(text)}>${ago(text)}</time>`;

function Row({
  of: { id, device, address, created_at, last_seen_at, expires_at, current },
  reload,
}: {
  readonly of: Session;
  readonly reload: () => void;
}) {
  return html`<tr>
    <td class="device">${device ?? T.unknown} ${current && html`<span class="chip" aria-current="true">${T.this}</span>`}</td>
    <td>${address ?? "–"}</td><td>${time(created_at)}</td><td>${time(last_seen_at)}</td><td>${time(expires_at)}</td>
    <td class="row-actions">${
      !current &&
      html`<${ActionButton} label=${T.end} ask=${{ title: T.endTitle, text: T.endText }}
        act=${() => send("DELETE", `/v1/sessions/${id}`)} said=${() => T.ended} after=${reload} />`
    }</td>
  </tr>`;
}
