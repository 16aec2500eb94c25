import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { links } from "../core/links.ts";
import type { PageProps } from "../core/page-props.ts";
import { usePaged } from "../core/pages.ts";
import { useResource } from "../core/resource.ts";
import type { Genre, SearchAnswer, Track } from "../core/types.ts";
import { useTitle } from "../shell/title.ts";
import { TEXTS } from "../texts.ts";
import { Cover } from "../ui/cover.ts";
import { EntityActions } from "../ui/entity-actions.ts";
import { Hero } from "../ui/hero.ts";
import { More } from "../ui/more.ts";
import { Section } from "../ui/section.ts";
import { Loaded } from "../ui/states.ts";
import { ArtistTile, Tiles } from "../ui/tiles.ts";
import { TrackList } from "../ui/track-list.ts";

const T = TEXTS.listen;

export default function GenrePage({ params: { id } }: PageProps) {
  const genre = useResource<Genre>(`/v1/genres/${id}`);
  // The search without words gives the popular ones first, and says whose they are.
  const tracks = usePaged<Track, SearchAnswer>(`/v1/search?genre=${id}&facets=artist&limit=20`);
  useTitle(genre.data?.name);
  const artists = tracks.data?.facets?.artist ?? [];
  return html`<${Loaded} of=${genre}>${(data: Genre) => html`
    <${Hero} kind=${T.genre} title=${data.name} picture=${html`<${Cover} id=${data.id} />`} facts=${[tracks.data?.total !== undefined && T.trackCount(tracks.data.total)]}>
      <${EntityActions} kind="genres" entity=${data} reload=${genre.reload} />
    </${Hero}>
    ${
      artists.length > 0 &&
      html`<${Section} title=${T.artists}><${Tiles} line label=${T.artists}>
      ${artists.map((artist) => html`<${ArtistTile} key=${artist.id} artist=${artist} note=${T.trackCountShown(artist.count, count(artist.count))} />`)}
    </${Tiles}></${Section}>`
    }
    <${Section} title=${T.popularTracks} tools=${html`<a href=${links.search("", { genre: data.id })}>${T.filterThese}</a>`}>
      <${Loaded} of=${tracks} lines=${10}>${() => html`<${TrackList} label=${T.popularTracks} tracks=${tracks.items} />`}</${Loaded}>
      <${More} of=${tracks} />
    </${Section}>`}</${Loaded}>`;
}
