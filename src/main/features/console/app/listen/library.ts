import { ago, moment } from "../core/format.ts";
import { type Content, html } from "../core/html.ts";
import { links } from "../core/links.ts";
import { type Paged, usePaged } from "../core/pages.ts";
import { useResource } from "../core/resource.ts";
import { hasAccounts, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import type { Page, Track } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { More } from "../ui/more.ts";
import { chosenListener } from "../ui/play.ts";
import { Section } from "../ui/section.ts";
import { Loaded } from "../ui/states.ts";
import { ListenNav } from "./nav.ts";

const T = TEXTS.library;

interface Mark {
  readonly kind: "tracks" | "albums" | "artists";
  readonly id: number;
  readonly name: string;
  readonly stars?: number;
}

interface Play {
  readonly id: number;
  readonly track_id: number;
  readonly played_at: string;
}

const LINKS = { tracks: links.track, albums: links.album, artists: links.artist } as const;

/** What one keeps and what one heard. */
export default function Library() {
  const { person } = useStore(session);
  const chosen = useStore(chosenListener);
  const id = hasAccounts ? person?.id : chosen;
  const favourites = usePaged<Mark>("/v1/favourites?limit=50");
  const ratings = usePaged<Mark>("/v1/ratings?limit=50");
  return html`<${ListenNav} /><h1>${T.title}</h1>
    <div class="split">
      <${List} title=${T.favourites} none=${T.noFavourites} of=${favourites} row=${markRow} />
      <${List} title=${T.ratings} none=${T.noRatings} of=${ratings} row=${markRow} />
    </div>
    ${id !== undefined && html`<${History} id=${id} />`}`;
}

const markRow = ({ kind, id, name, stars }: Mark): Content => html`<li key=${`${kind}:${id}`}>
  <a href=${LINKS[kind](id)}><bdi>${name}</bdi></a>
  <span class="muted small">${T.kinds[kind]}${stars !== undefined && `, ${"★".repeat(stars)}`}</span>
</li>`;

function List<T>({
  title,
  none,
  of,
  row,
}: {
  readonly title: string;
  readonly none: string;
  readonly of: Paged<T>;
  readonly row: (item: T) => Content;
}) {
  return html`<${Section} title=${title}>
    <${Loaded} of=${of}>${() => (of.items.length === 0 ? html`<p class="muted">${none}</p>` : html`<ul class="lines">${of.items.map(row)}</ul>`)}</${Loaded}>
    <${More} of=${of} />
  </${Section}>`;
}

/** The plays say only which track: the names are asked for by their ids. */
function History({ id }: { readonly id: number }) {
  const plays = usePaged<Play>(`/v1/users/${id}/plays?limit=50`);
  const ids = [...new Set(plays.items.map(({ track_id }) => track_id))].slice(0, 100);
  const tracks = useResource<Page<Track>>(ids.length === 0 ? null : `/v1/tracks?ids=${ids.join(",")}`, {
    keep: true,
  });
  const names = new Map(tracks.data?.data.map((track) => [track.id, track]));
  const row = (play: Play) => {
    const track = names.get(play.track_id);
    return html`<li key=${play.id}>
      <a href=${links.track(play.track_id)}><bdi>${track?.name ?? `#${play.track_id}`}</bdi></a>
      <span class="muted small"><bdi>${track?.artist_name}</bdi></span>
      <time class="muted small" datetime=${play.played_at} title=${moment(play.played_at)}>${ago(play.played_at)}</time>
    </li>`;
  };
  return html`<${List} title=${T.history} none=${T.noHistory} of=${plays} row=${row} />`;
}
