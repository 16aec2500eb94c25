import { useState } from "preact/hooks";
import { request } from "../core/api.ts";
import { html } from "../core/html.ts";
import { usePaged } from "../core/pages.ts";
import { may, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import type { Playlist } from "../core/types.ts";
import { EntityForm } from "../forms/entity-form.ts";
import type { Entity } from "../forms/fields.ts";
import { tellDone, tellFailed } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { Dialog } from "./dialog.ts";
import { Icon } from "./icon.ts";
import { More } from "./more.ts";
import { Loaded } from "./states.ts";

const T = TEXTS.playlists;

interface TrackProps {
  readonly track: { readonly id: number; readonly name: string };
}

/** A button that puts a track at the end of one of the listener's playlists. */
export function AddToPlaylist({ track }: TrackProps) {
  const [open, setOpen] = useState(false);
  if (!may("listen", useStore(session))) return null;
  return html`<button type="button" class="button" onClick=${() => setOpen(true)}><${Icon} name="plus" /> ${T.add}</button>
    ${open && html`<${Picker} track=${track} close=${() => setOpen(false)} />`}`;
}

function Picker({ track, close }: TrackProps & { readonly close: () => void }) {
  const own = usePaged<Playlist>("/v1/me/playlists?limit=20");
  const [making, setMaking] = useState(false);
  const add = async ({ id, name }: { readonly id: number; readonly name: string }) => {
    try {
      await request(`/v1/playlists/${id}/tracks`, {
        method: "POST",
        body: { track_id: track.id },
        idempotencyKey: crypto.randomUUID(),
      });
      tellDone(T.added(track.name, name));
      close();
    } catch (error) {
      tellFailed(error);
    }
  };
  if (making)
    return html`<${EntityForm} kind="playlists" close=${() => setMaking(false)} done=${(made: Entity) => add({ id: made.id, name: String(made.name) })} />`;
  return html`<${Dialog} title=${T.addTo(track.name)} close=${close}>
    <${Loaded} of=${own}>${() => html`<ul class="pick">
      ${own.items.map(
        (playlist) => html`<li key=${playlist.id}><button type="button" onClick=${() => add(playlist)}>
        <bdi>${playlist.name}</bdi><span class="muted small">${TEXTS.listen.trackCount(playlist.track_count)}</span></button></li>`,
      )}
    </ul>`}</${Loaded}>
    <${More} of=${own} />
    <div class="row"><button type="button" class="button" onClick=${() => setMaking(true)}><${Icon} name="plus" /> ${T.make}</button>
      <button type="button" class="button quiet" onClick=${close}>${TEXTS.common.cancel}</button></div>
  </${Dialog}>`;
}
