import { useState } from "preact/hooks";
import { request } from "../core/api.ts";
import { html } from "../core/html.ts";
import { links } from "../core/links.ts";
import { useResource } from "../core/resource.ts";
import { may, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import type { Page } from "../core/types.ts";
import { tellFailed } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { Icon } from "../ui/icon.ts";

const T = TEXTS.listen;

interface Tag {
  readonly slug: string;
  readonly name: string;
}

/** The words on a track. Each leads to the tracks that have it; who may edit adds and removes them. */
export function Tags({ id }: { readonly id: number }) {
  const tags = useResource<Page<Tag>>(`/v1/tracks/${id}/tags`);
  const editor = may("edit", useStore(session));
  const [busy, setBusy] = useState(false);
  const shown = tags.data?.data ?? [];
  if (shown.length === 0 && !editor) return null;
  const send = async (method: "POST" | "DELETE", tag: string) => {
    setBusy(true);
    const path = `/v1/tracks/${id}/tags`;
    const sent =
      method === "POST"
        ? request(path, { method, body: { name: tag } })
        : request(`${path}/${encodeURIComponent(tag)}`, { method });
    await sent.then(tags.reload, tellFailed);
    setBusy(false);
  };
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    await send("POST", String(new FormData(form).get("name")));
    form.reset();
  };
  return html`<section class="part"><h2>${T.tags}</h2>
    <ul class="row">${shown.map(
      ({ name, slug }) => html`<li class="chip" key=${slug}>
      <a href=${links.search("", { tag: name })}><bdi>${name}</bdi></a>
      ${editor && html`<button type="button" class="chip-button" aria-label=${T.removeTag(name)} disabled=${busy} onClick=${() => send("DELETE", slug)}><${Icon} name="close" /></button>`}
    </li>`,
    )}</ul>
    ${
      editor &&
      html`<form class="row" onSubmit=${add}><input name="name" required maxlength="60" aria-label=${T.newTag} placeholder=${T.newTag} />
      <button class="button" disabled=${busy}>${T.addTag}</button></form>`
    }
  </section>`;
}
