import { useState } from "preact/hooks";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import type { Page, Track } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { Choice } from "../ui/choice.ts";
import { Section } from "../ui/section.ts";
import { Loaded } from "../ui/states.ts";
import { TrackList } from "../ui/track-list.ts";

const T = TEXTS.listen;
const WAYS = ["blend", "audio", "lyric", "metadata"] as const;
type Way = (typeof WAYS)[number];
type SimilarTrack = Track & { readonly similarity: number };

/** The tracks nearest to one, by what is compared. */
export function Similar({ id }: { readonly id: number }) {
  const [by, setBy] = useState<Way>("blend");
  const found = useResource<Page<SimilarTrack> & { readonly reason?: string }>(
    `/v1/tracks/${id}/similar?by=${by}&limit=12`,
  );
  return html`<${Section} title=${T.similar} tools=${html`<${Choice} label=${T.similarBy} options=${WAYS} names=${T.ways} value=${by} choose=${setBy} />`}>
    <p class="muted small">${T.wayHints[by]}</p>
    <${Loaded} of=${found} lines=${12}>${({ data, reason }: Page<SimilarTrack> & { reason?: string }) =>
      data.length === 0
        ? html`<p class="muted pad">${reason ?? T.nothingSimilar}</p>`
        : html`<${TrackList} label=${T.similar} tracks=${data} row=${nearness} />`}</${Loaded}>
  </${Section}>`;
}

const nearness = ({ similarity }: SimilarTrack) => ({
  figure: html`<span class="nearness" title=${T.similarity}>
    <meter min="0" max="1" value=${Math.max(0, similarity)} aria-hidden="true"></meter><span class="number">${similarity.toFixed(2)}</span>
  </span>`,
});
