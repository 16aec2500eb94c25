import { bytes, duration } from "../core/format.ts";
import { html } from "../core/html.ts";
import { links } from "../core/links.ts";
import type { PageProps } from "../core/page-props.ts";
import { useResource } from "../core/resource.ts";
import type { Track } from "../core/types.ts";
import { useTitle } from "../shell/title.ts";
import { TEXTS } from "../texts.ts";
import { AddToPlaylist } from "../ui/add-to-playlist.ts";
import { Comments } from "../ui/comments.ts";
import { Cover } from "../ui/cover.ts";
import { EntityActions } from "../ui/entity-actions.ts";
import { Hero } from "../ui/hero.ts";
import { Icon } from "../ui/icon.ts";
import { recordPlay } from "../ui/play.ts";
import { Loaded } from "../ui/states.ts";
import { Similar } from "./similar.ts";
import { Tags } from "./tags.ts";

const T = TEXTS.listen;

export default function TrackPage({ params: { id } }: PageProps) {
  const track = useResource<Track>(`/v1/tracks/${id}`);
  useTitle(track.data?.name);
  return html`<${Loaded} of=${track}>${(data: Track) => html`
    <${Hero} kind=${T.track} title=${data.name} picture=${html`<${Cover} id=${data.album_id ?? data.id} />`} facts=${factsOf(data)}>
      <button type="button" class="button primary" onClick=${() => recordPlay(data)}><${Icon} name="play" /> ${T.play}</button>
      <${AddToPlaylist} track=${data} />
      <${EntityActions} kind="tracks" entity=${data} reload=${track.reload} />
    </${Hero}>
    <div class="beside">
      <div><${Similar} id=${data.id} /></div>
      <div>
        <${Facts} track=${data} />
        <${Tags} id=${data.id} />
        <${Comments} kind="tracks" id=${data.id} />
      </div>
    </div>`}</${Loaded}>`;
}

const factsOf = (track: Track) => [
  track.artist_id !== null &&
    html`<a href=${links.artist(track.artist_id)}><bdi>${track.artist_name}</bdi></a>`,
  track.album_id !== null && html`<a href=${links.album(track.album_id)}><bdi>${track.album_title}</bdi></a>`,
  track.genre_id !== null && html`<a href=${links.genre(track.genre_id)}><bdi>${track.genre_name}</bdi></a>`,
  duration(track.milliseconds),
];

function Facts({ track }: { readonly track: Track }) {
  const facts: readonly (readonly [name: string, value: string | null])[] = [
    [T.composer, track.composer],
    [T.number, track.track_number === null ? null : String(track.track_number)],
    [T.format, track.media_type_name],
    [T.size, track.bytes === null ? null : bytes(track.bytes)],
    [T.price, track.unit_price.toFixed(2)],
  ];
  const known = facts.filter(([, value]) => value !== null);
  return html`<section class="part"><h2>${T.about}</h2><dl class="facts">
    ${known.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd><bdi>${value}</bdi></dd></div>`)}
  </dl></section>`;
}
