import { type Content, html } from "../core/html.ts";
import { links } from "../core/links.ts";
import type { Album, Artist, Playlist } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { Cover, Portrait } from "./cover.ts";

/** Things with a picture, side by side; in one line that scrolls where `line` is set. */
export function Tiles({
  label,
  line = false,
  children,
}: {
  readonly label: string;
  readonly line?: boolean;
  readonly children?: Content;
}) {
  return html`<ul class="tiles" data-line=${line ? "" : undefined} aria-label=${label} tabindex=${line ? 0 : undefined}>${children}</ul>`;
}

interface TileProps {
  readonly href: string;
  readonly picture: Content;
  readonly name: Content;
  readonly note?: Content;
}

const Tile = ({ href, picture, name, note }: TileProps) => html`<li class="tile">
  <a href=${href}>${picture}<span class="tile-name">${name}</span></a>
  ${note !== undefined && html`<span class="tile-note">${note}</span>`}
</li>`;

export const ArtistTile = ({
  artist,
  name,
  note,
}: {
  readonly artist: Artist;
  readonly name?: Content;
  readonly note?: Content;
}) =>
  html`<${Tile} href=${links.artist(artist.id)} picture=${html`<${Portrait} id=${artist.id} name=${artist.name} />`}
    name=${name ?? html`<bdi>${artist.name}</bdi>`} note=${note} />`;

export const AlbumTile = ({
  album,
  name,
  note,
}: {
  readonly album: Album;
  readonly name?: Content;
  readonly note?: Content;
}) =>
  html`<${Tile} href=${links.album(album.id)} picture=${html`<${Cover} id=${album.id} />`}
    name=${name ?? html`<bdi>${album.title}</bdi>`}
    note=${note ?? html`<a href=${links.artist(album.artist_id)}><bdi>${album.artist_name}</bdi></a>`} />`;

/** Playlists have sleeves of their own, not those of the albums with their ids. */
export const coverOf = (playlist: number): number => playlist * 5 + 3;

export const PlaylistTile = ({ playlist, name }: { readonly playlist: Playlist; readonly name?: Content }) =>
  html`<${Tile} href=${links.playlist(playlist.id)} picture=${html`<${Cover} id=${coverOf(playlist.id)} />`}
    name=${name ?? html`<bdi>${playlist.name}</bdi>`} note=${TEXTS.listen.trackCount(playlist.track_count)} />`;
