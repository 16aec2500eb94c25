import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import type { Album, Page, Playlist } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { Section } from "../ui/section.ts";
import { Empty, Loaded } from "../ui/states.ts";
import { AlbumTile, PlaylistTile, Tiles } from "../ui/tiles.ts";

const T = TEXTS.listen;

export function NewAlbums() {
  const albums = useResource<Page<Album>>("/v1/albums?sort=-release_date&limit=14");
  return html`<${Section} title=${T.newAlbums} tools=${html`<a href="/console/browse/albums">${T.all}</a>`}>
    <${Loaded} of=${albums} lines=${4}>${({ data }: Page<Album>) =>
      data.length === 0
        ? html`<${Empty} text=${T.emptyCatalogue} />`
        : html`<${Tiles} line label=${T.newAlbums}>
            ${data.map((album) => html`<${AlbumTile} key=${album.id} album=${album} />`)}
          </${Tiles}>`}</${Loaded}>
  </${Section}>`;
}

export function SomePlaylists() {
  const playlists = useResource<Page<Playlist>>("/v1/playlists?sort=-updated_at&limit=14");
  return html`<${Section} title=${T.playlists} tools=${html`<a href="/console/playlists">${T.all}</a>`}>
    <${Loaded} of=${playlists} lines=${4}>${({ data }: Page<Playlist>) =>
      data.length === 0
        ? html`<p class="muted">${TEXTS.common.none}</p>`
        : html`<${Tiles} line label=${T.playlists}>
            ${data.map((playlist) => html`<${PlaylistTile} key=${playlist.id} playlist=${playlist} />`)}
          </${Tiles}>`}</${Loaded}>
  </${Section}>`;
}
