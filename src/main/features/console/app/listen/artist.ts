import { html } from "../core/html.ts";
import type { PageProps } from "../core/page-props.ts";
import { usePaged } from "../core/pages.ts";
import { useResource } from "../core/resource.ts";
import type { Album, Artist, Track } from "../core/types.ts";
import { useTitle } from "../shell/title.ts";
import { TEXTS } from "../texts.ts";
import { Comments } from "../ui/comments.ts";
import { Portrait } from "../ui/cover.ts";
import { EntityActions } from "../ui/entity-actions.ts";
import { Hero } from "../ui/hero.ts";
import { More } from "../ui/more.ts";
import { Section } from "../ui/section.ts";
import { Loaded } from "../ui/states.ts";
import { AlbumTile, Tiles } from "../ui/tiles.ts";
import { TrackList } from "../ui/track-list.ts";

const T = TEXTS.listen;

export default function ArtistPage({ params: { id } }: PageProps) {
  const artist = useResource<Artist>(`/v1/artists/${id}`);
  useTitle(artist.data?.name);
  return html`<${Loaded} of=${artist}>${(data: Artist) => html`
    <${Hero} kind=${T.artist} title=${data.name} picture=${html`<${Portrait} id=${data.id} name=${data.name} />`}>
      <${EntityActions} kind="artists" entity=${data} reload=${artist.reload} />
    </${Hero}>
    <${Albums} artist=${data} />
    <${Tracks} artist=${data} />
    <${Comments} kind="artists" id=${data.id} />`}</${Loaded}>`;
}

function Albums({ artist: { id } }: { readonly artist: Artist }) {
  const albums = usePaged<Album>(`/v1/artists/${id}/albums?sort=-release_date&limit=24`);
  return html`<${Section} title=${T.albums}>
    <${Loaded} of=${albums}>${() =>
      albums.items.length === 0
        ? html`<p class="muted">${T.noAlbums}</p>`
        : html`<${Tiles} label=${T.albums}>
            ${albums.items.map((album) => html`<${AlbumTile} key=${album.id} album=${album} note=${album.release_date?.slice(0, 4) ?? ""} />`)}
          </${Tiles}>`}</${Loaded}>
    <${More} of=${albums} />
  </${Section}>`;
}

function Tracks({ artist: { id } }: { readonly artist: Artist }) {
  // The search without words gives the popular ones first.
  const tracks = usePaged<Track>(`/v1/search?artist=${id}&limit=10`);
  if (tracks.data !== undefined && tracks.items.length === 0) return null;
  return html`<${Section} title=${T.popularTracks}>
    <${Loaded} of=${tracks}>${() => html`<${TrackList} of="artist" label=${T.popularTracks} tracks=${tracks.items} />`}</${Loaded}>
    <${More} of=${tracks} />
  </${Section}>`;
}
