import { useState } from "preact/hooks";
import { request } from "../core/api.ts";
import { ago, moment } from "../core/format.ts";
import { html } from "../core/html.ts";
import { usePaged } from "../core/pages.ts";
import { hasAccounts, may, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import { tellFailed } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { More } from "./more.ts";
import { Section } from "./section.ts";
import { Loaded } from "./states.ts";

const T = TEXTS.comments;

interface Comment {
  readonly id: number;
  readonly user_id: number | null;
  readonly user_name: string | null;
  readonly text: string | null;
  readonly reply_count: number;
  readonly created_at: string;
  readonly edited_at: string | null;
}

interface ThreadProps {
  /** The list of the comments. */
  readonly path: string;
  /** Where one says something. */
  readonly to: string;
  readonly parent?: number;
}

/** What people say of something, and a field to say more. */
export function Comments({
  kind,
  id,
}: {
  readonly kind: "tracks" | "albums" | "artists" | "playlists";
  readonly id: number;
}) {
  const path = `/v1/${kind}/${id}/comments`;
  return html`<${Section} title=${T.title}><${Thread} path=${path} to=${path} /></${Section}>`;
}

function Thread({ path, to, parent }: ThreadProps) {
  const comments = usePaged<Comment>(`${path}?limit=20`);
  const listens = may("listen", useStore(session));
  return html`<div class="comments">
    <${Loaded} of=${comments} lines=${2}>${() =>
      comments.items.length === 0
        ? html`<p class="muted">${T.none}</p>`
        : html`<ul class="stack">${comments.items.map((comment) => html`<${Said} key=${comment.id} comment=${comment} to=${to} isReply=${parent !== undefined} changed=${comments.reload} />`)}</ul>`}</${Loaded}>
    <${More} of=${comments} />
    ${listens && html`<${Say} to=${to} parent=${parent} said=${comments.reload} />`}
  </div>`;
}

function Said({
  comment,
  to,
  isReply,
  changed,
}: {
  readonly comment: Comment;
  readonly to: string;
  readonly isReply: boolean;
  readonly changed: () => void;
}) {
  const there = useStore(session);
  const [open, setOpen] = useState(false);
  const mine =
    !hasAccounts || may("edit", there) || (comment.user_id !== null && comment.user_id === there.person?.id);
  const remove = () => request(`/v1/comments/${comment.id}`, { method: "DELETE" }).then(changed, tellFailed);
  return html`<li class="comment">
    <p class="small muted"><bdi>${comment.user_name ?? T.somebody}</bdi>, <time datetime=${comment.created_at} title=${moment(comment.created_at)}>${ago(comment.created_at)}</time>${comment.edited_at !== null && ` (${T.edited})`}</p>
    <p class="comment-text" dir="auto">${comment.text ?? html`<em class="muted">${T.deleted}</em>`}</p>
    <div class="row small">
      ${!isReply && html`<button type="button" class="link" aria-expanded=${open} onClick=${() => setOpen(!open)}>${T.replies(comment.reply_count)}</button>`}
      ${mine && comment.text !== null && html`<button type="button" class="link" onClick=${remove}>${TEXTS.common.remove}</button>`}
    </div>
    ${open && html`<${Thread} path=${`/v1/comments/${comment.id}/replies`} to=${to} parent=${comment.id} />`}
  </li>`;
}

function Say({
  to,
  parent,
  said,
}: {
  readonly to: string;
  readonly parent?: number | undefined;
  readonly said: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const body = {
      text: String(new FormData(form).get("text")),
      ...(parent === undefined ? {} : { parent_id: parent }),
    };
    setBusy(true);
    await request(to, { method: "POST", body, idempotencyKey: crypto.randomUUID() }).then(() => {
      form.reset();
      said();
    }, tellFailed);
    setBusy(false);
  };
  const label = parent === undefined ? T.say : T.reply;
  return html`<form class="say" onSubmit=${submit}>
    <textarea name="text" rows="1" required maxlength="4000" dir="auto" aria-label=${label} placeholder=${label}></textarea>
    <button class="button" disabled=${busy}>${T.send}</button>
  </form>`;
}
