import { request } from "../core/api.ts";
import { longDuration } from "../core/format.ts";
import { html } from "../core/html.ts";
import { links } from "../core/links.ts";
import type { PageProps } from "../core/page-props.ts";
import { type Resource, useResource } from "../core/resource.ts";
import { navigate } from "../core/router.ts";
import { hasAccounts, may, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import type { Playlist } from "../core/types.ts";
import { useTitle } from "../shell/title.ts";
import { tellDone, tellFailed } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { Comments } from "../ui/comments.ts";
import { Cover } from "../ui/cover.ts";
import { EntityActions } from "../ui/entity-actions.ts";
import { Hero } from "../ui/hero.ts";
import { Icon } from "../ui/icon.ts";
import { Loaded } from "../ui/states.ts";
import { coverOf } from "../ui/tiles.ts";
import { Entries } from "./playlist-entries.ts";

const T = TEXTS.playlists;

export default function PlaylistPage({ params: { id } }: PageProps) {
  const playlist = useResource<Playlist>(`/v1/playlists/${id}`);
  useTitle(playlist.data?.name);
  return html`<${Loaded} of=${playlist}>${(data: Playlist) => html`<${View} of=${playlist} playlist=${data} />`}</${Loaded}>`;
}

/** Whether the one who is there may change it: the owner, and without accounts everybody. */
function useIsMine({ owner_id }: Playlist): boolean {
  const there = useStore(session);
  if (!hasAccounts) return true;
  return there.person !== null && (owner_id === there.person.id || (owner_id === null && may("edit", there)));
}

function View({ of, playlist }: { readonly of: Resource<Playlist>; readonly playlist: Playlist }) {
  const { id, name, description, owner_name, track_count, milliseconds, visibility } = playlist;
  const mine = useIsMine(playlist);
  const listens = may("listen", useStore(session));
  const facts = [
    owner_name !== null && html`<bdi>${owner_name}</bdi>`,
    `${TEXTS.listen.trackCount(track_count)}, ${longDuration(milliseconds)}`,
    visibility !== "public" && TEXTS.fields.visibilities[visibility],
  ];
  const copy = async () => {
    try {
      const { data } = await request<Playlist>(`/v1/playlists/${id}/copy`, { method: "POST", body: {} });
      tellDone(T.copied);
      navigate(links.playlist(data.id));
    } catch (error) {
      tellFailed(error);
    }
  };
  return html`
    <${Hero} kind=${T.one} title=${name} picture=${html`<${Cover} id=${coverOf(id)} />`} facts=${facts}>
      <${EntityActions} kind="playlists" entity=${playlist} reload=${of.reload} mayEdit=${mine} />
      ${listens && html`<button type="button" class="button" onClick=${copy}>${T.copy}</button>`}
      ${(["m3u8", "xspf"] as const).map((format) => html`<a class="button quiet" key=${format} download href=${`/v1/playlists/${id}/export.${format}`}><${Icon} name="download" /> ${format.toUpperCase()}</a>`)}
    </${Hero}>
    ${description !== null && html`<p class="description" dir="auto">${description}</p>`}
    <div class="part"><${Entries} id=${id} mine=${mine} changed=${of.reload} /></div>
    <${Comments} kind="playlists" id=${id} />`;
}
