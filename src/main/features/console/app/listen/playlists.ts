import { useState } from "preact/hooks";
import { html } from "../core/html.ts";
import { links } from "../core/links.ts";
import { usePaged } from "../core/pages.ts";
import { navigate } from "../core/router.ts";
import { hasAccounts, may, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import type { Playlist } from "../core/types.ts";
import { EntityForm } from "../forms/entity-form.ts";
import type { Entity } from "../forms/fields.ts";
import { TEXTS } from "../texts.ts";
import { Icon } from "../ui/icon.ts";
import { More } from "../ui/more.ts";
import { Section } from "../ui/section.ts";
import { Loaded } from "../ui/states.ts";
import { PlaylistTile, Tiles } from "../ui/tiles.ts";
import { ListenNav } from "./nav.ts";

const T = TEXTS.playlists;

/** Playlists: one's own, and everybody's. */
export default function Playlists() {
  const there = useStore(session);
  const [making, setMaking] = useState(false);
  const made = ({ id }: Entity) => {
    setMaking(false);
    navigate(links.playlist(id));
  };
  return html`<${ListenNav} />
    <header class="part-head"><h1>${T.title}</h1>
      ${may("listen", there) && html`<button type="button" class="button primary" onClick=${() => setMaking(true)}><${Icon} name="plus" /> ${T.make}</button>`}
    </header>
    ${hasAccounts && there.person !== null && html`<${Shelf} title=${T.mine} path="/v1/me/playlists?limit=50" />`}
    <${Shelf} title=${T.everybodys} path="/v1/playlists?limit=50&sort=name" />
    ${making && html`<${EntityForm} kind="playlists" initial=${{ visibility: "public" }} close=${() => setMaking(false)} done=${made} />`}`;
}

function Shelf({ title, path }: { readonly title: string; readonly path: string }) {
  const playlists = usePaged<Playlist>(path);
  return html`<${Section} title=${title}>
    <${Loaded} of=${playlists}>${() =>
      playlists.items.length === 0
        ? html`<p class="muted">${TEXTS.common.none}</p>`
        : html`<${Tiles} label=${title}>${playlists.items.map((playlist) => html`<${PlaylistTile} key=${playlist.id} playlist=${playlist} />`)}</${Tiles}>`}</${Loaded}>
    <${More} of=${playlists} />
  </${Section}>`;
}
