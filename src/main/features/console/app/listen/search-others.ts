import { type Content, html } from "../core/html.ts";
import type { Highlights, SearchAnswer } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { Marked } from "../ui/marked.ts";
import { AlbumTile, ArtistTile, PlaylistTile, Tiles } from "../ui/tiles.ts";

const T = TEXTS.search;
const SHOWN = 6;

const marked = (marks: Highlights, name: string): Content => {
  const text = marks[name];
  return text ? html`<${Marked} text=${text} />` : undefined;
};

/** Artists, albums and playlists of that name, above the tracks. */
export function OtherHits({ answer }: { readonly answer: SearchAnswer }) {
  const artists = answer.artists?.data.slice(0, SHOWN) ?? [];
  const albums = answer.albums?.data.slice(0, SHOWN) ?? [];
  const playlists = answer.playlists?.data.slice(0, SHOWN) ?? [];
  if (artists.length + albums.length + playlists.length === 0) return null;
  return html`<${Tiles} line label=${T.others}>
    ${artists.map((artist) => html`<${ArtistTile} key=${`a${artist.id}`} artist=${artist} name=${marked(artist.highlights, "name")} note=${T.kinds.artist} />`)}
    ${albums.map((album) => html`<${AlbumTile} key=${`b${album.id}`} album=${album} name=${marked(album.highlights, "title")} />`)}
    ${playlists.map((playlist) => html`<${PlaylistTile} key=${`p${playlist.id}`} playlist=${playlist} name=${marked(playlist.highlights, "name")} />`)}
  </${Tiles}>`;
}
