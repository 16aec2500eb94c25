import { useEffect, useRef, useState } from "preact/hooks";
import { request } from "../core/api.ts";
import { html } from "../core/html.ts";
import { usePaged } from "../core/pages.ts";
import type { PlaylistTrack } from "../core/types.ts";
import { tellFailed } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { Icon, type IconName } from "../ui/icon.ts";
import { More } from "../ui/more.ts";
import { Loaded } from "../ui/states.ts";
import { TrackList } from "../ui/track-list.ts";

const T = TEXTS.playlists;

/** Entries in this order, numbered from the first. */
const numbered = (entries: readonly PlaylistTrack[]): readonly PlaylistTrack[] =>
  entries.map((entry, i) => ({ ...entry, position: i + 1 }));

const without = (entries: readonly PlaylistTrack[], { entry_id }: PlaylistTrack): readonly PlaylistTrack[] =>
  entries.filter((entry) => entry.entry_id !== entry_id);

/**
 * A playlist's tracks in their order, each with what moves or removes it. What was done is shown at once: a long list
 * keeps its place. What was refused is read anew.
 */
export function Entries({
  id,
  mine,
  changed,
}: {
  readonly id: number;
  readonly mine: boolean;
  readonly changed: () => void;
}) {
  const path = `/v1/playlists/${id}`;
  const tracks = usePaged<PlaylistTrack>(`${path}/tracks?limit=100`, { keep: true });
  const [entries, setEntries] = useState(tracks.items);
  const taken = useRef({ data: tracks.data, many: tracks.items.length });
  useEffect(() => {
    const { data, many } = taken.current;
    taken.current = { data: tracks.data, many: tracks.items.length };
    // A further page is added to what was rearranged; a list that was read anew takes its place.
    if (data !== tracks.data) setEntries(tracks.items);
    else setEntries((now) => numbered([...now, ...tracks.items.slice(many)]));
  }, [tracks.data, tracks.items]);
  const act = (method: "POST" | "DELETE", at: string, after: readonly PlaylistTrack[], body?: unknown) => {
    setEntries(numbered(after));
    request(`${path}/${at}`, { method, body }).then(changed, (error) => {
      tellFailed(error);
      tracks.reload();
    });
  };
  const move = (track: PlaylistTrack, position: number) => {
    const after = without(entries, track).toSpliced(position - 1, 0, track);
    act("POST", `tracks/${track.entry_id}/move`, after, { position });
  };
  const row = (track: PlaylistTrack) => {
    const { position, entry_id, name } = track;
    const remove = () => act("DELETE", `entries/${entry_id}`, without(entries, track));
    return {
      lead: position,
      actions:
        mine &&
        html`
        ${button(T.up(name), "up", position === 1, () => move(track, position - 1))}
        ${button(T.down(name), "down", position === entries.length, () => move(track, position + 1))}
        ${button(T.remove(name), "trash", false, remove)}`,
    };
  };
  return html`<${Loaded} of=${tracks}>${() =>
    entries.length === 0
      ? html`<p class="muted">${T.empty}</p>`
      : html`<${TrackList} label=${TEXTS.listen.tracks} tracks=${entries} row=${row} />`}</${Loaded}>
    <${More} of=${tracks} />`;
}

const button = (label: string, icon: IconName, disabled: boolean, go: () => void) =>
  html`<button type="button" class="icon-button" aria-label=${label} title=${label} disabled=${disabled} onClick=${go}><${Icon} name=${icon} /></button>`;
