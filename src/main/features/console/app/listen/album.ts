import { date, longDuration } from "../core/format.ts";
import { html } from "../core/html.ts";
import { links } from "../core/links.ts";
import type { PageProps } from "../core/page-props.ts";
import { usePaged } from "../core/pages.ts";
import { useResource } from "../core/resource.ts";
import type { Album, Track } from "../core/types.ts";
import { useTitle } from "../shell/title.ts";
import { TEXTS } from "../texts.ts";
import { Comments } from "../ui/comments.ts";
import { Cover } from "../ui/cover.ts";
import { EntityActions } from "../ui/entity-actions.ts";
import { Hero } from "../ui/hero.ts";
import { More } from "../ui/more.ts";
import { Loaded } from "../ui/states.ts";
import { TrackList } from "../ui/track-list.ts";

const T = TEXTS.listen;

export default function AlbumPage({ params: { id } }: PageProps) {
  const album = useResource<Album>(`/v1/albums/${id}`);
  const tracks = usePaged<Track>(`/v1/albums/${id}/tracks?limit=100&total=1`);
  useTitle(album.data?.title);
  return html`<${Loaded} of=${album}>${(data: Album) => html`
    <${Hero} kind=${T.album} title=${data.title} picture=${html`<${Cover} id=${data.id} />`}
      facts=${[html`<a href=${links.artist(data.artist_id)}><bdi>${data.artist_name}</bdi></a>`, data.release_date && date(data.release_date), totalOf(tracks.items, tracks.data?.total)]}>
      <${EntityActions} kind="albums" entity=${data} reload=${album.reload} />
    </${Hero}>
    <div class="part"><${Loaded} of=${tracks}>${() =>
      tracks.items.length === 0
        ? html`<p class="muted">${T.noTracks}</p>`
        : html`<${TrackList} of="album" label=${T.tracks} tracks=${tracks.items} row=${numberOf} />`}</${Loaded}>
      <${More} of=${tracks} />
    </div>
    <${Comments} kind="albums" id=${data.id} />`}</${Loaded}>`;
}

const numberOf = ({ disc_number: disc, track_number: number }: Track) => ({
  lead: number === null ? "–" : disc !== null && disc > 1 ? `${disc}.${number}` : number,
});

function totalOf(tracks: readonly Track[], total: number | undefined): string | undefined {
  if (total === undefined) return undefined;
  if (tracks.length < total) return T.trackCount(total);
  return `${T.trackCount(total)}, ${longDuration(tracks.reduce((sum, { milliseconds }) => sum + milliseconds, 0))}`;
}
