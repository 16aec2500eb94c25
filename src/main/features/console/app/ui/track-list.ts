import { duration } from "../core/format.ts";
import { type Content, html } from "../core/html.ts";
import { links } from "../core/links.ts";
import type { Highlights, Track } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { Cover } from "./cover.ts";
import { Icon } from "./icon.ts";
import { Marked } from "./marked.ts";
import { recordPlay } from "./play.ts";

export interface TrackRow {
  readonly track: Track & { readonly highlights?: Highlights };
  /** In place of the sleeve: a number in an album, a rank in a chart. */
  readonly lead?: Content;
  /** Under the names: why it is here. */
  readonly note?: Content;
  /** Before the duration. */
  readonly figure?: Content;
  /** Buttons at the end. */
  readonly actions?: Content;
}

/** Tracks as rows. `of` says what of a track needs no saying, as all have it in common. */
export function TrackList<T extends Track>({
  tracks,
  row,
  of,
  label,
}: {
  readonly tracks: readonly T[];
  readonly row?: (track: T, index: number) => Omit<TrackRow, "track">;
  readonly of?: "album" | "artist";
  readonly label: string;
}) {
  return html`<ol class="tracks" aria-label=${label}>
    ${tracks.map((track, i) => html`<${Row} key=${`${track.id}:${i}`} of=${of} track=${track} ...${row?.(track, i) ?? {}} />`)}
  </ol>`;
}

function Row({ track, lead, note, figure, actions, of }: TrackRow & { readonly of?: "album" | "artist" }) {
  const { id, name, album_id, highlights: marks } = track;
  return html`<li class="track">
    <span class="track-lead">${lead ?? html`<${Cover} id=${album_id ?? id} />`}</span>
    <span class="track-names">
      <a href=${links.track(id)} class="track-name"><${Name} text=${name} mark=${marks?.name} /></a>
      <${Origin} track=${track} of=${of} />
      ${note !== undefined && html`<span class="track-note">${note}</span>`}
    </span>
    ${figure !== undefined && html`<span class="track-figure">${figure}</span>`}
    <span class="track-time number">${duration(track.milliseconds)}</span>
    <span class="track-actions">
      ${actions}
      <button type="button" class="icon-button" aria-label=${TEXTS.listen.playOf(name)} title=${TEXTS.listen.play}
        onClick=${() => recordPlay(track)}><${Icon} name="play" /></button>
    </span>
  </li>`;
}

/** Where it comes from: its artist and its album, and what else was found in it. */
function Origin({
  track,
  of,
}: {
  readonly track: TrackRow["track"];
  readonly of: "album" | "artist" | undefined;
}) {
  const { artist_id, artist_name, album_id, album_title, composer, highlights: marks } = track;
  const parts: Content[] = [];
  if (artist_name !== null && artist_id !== null && of !== "artist" && of !== "album")
    parts.push(
      html`<a href=${links.artist(artist_id)}><${Name} text=${artist_name} mark=${marks?.artist_name} /></a>`,
    );
  if (album_title !== null && album_id !== null && of !== "album")
    parts.push(
      html`<a href=${links.album(album_id)}><${Name} text=${album_title} mark=${marks?.album_title} /></a>`,
    );
  const byComposer = marks?.composer?.includes("<mark>") || of === "album";
  if (composer !== null && byComposer)
    parts.push(html`<span><${Name} text=${composer} mark=${marks?.composer} /></span>`);
  return html`<span class="track-origin">${parts}</span>`;
}

const Name = ({ text, mark }: { readonly text: string; readonly mark: string | null | undefined }) =>
  mark ? html`<${Marked} text=${mark} />` : html`<bdi>${text}</bdi>`;
