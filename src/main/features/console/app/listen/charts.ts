import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { links } from "../core/links.ts";
import { useResource } from "../core/resource.ts";
import { navigate, usePlace, withQuery } from "../core/router.ts";
import type { Album, Artist, Charted, Genre, Page, Track } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { Choice } from "../ui/choice.ts";
import { Cover, Portrait } from "../ui/cover.ts";
import { Section } from "../ui/section.ts";
import { Loaded } from "../ui/states.ts";
import { TrackList } from "../ui/track-list.ts";

const T = TEXTS.listen;
const KINDS = ["tracks", "artists", "albums", "genres"] as const;
type Kind = (typeof KINDS)[number];
const WINDOWS = ["24h", "7d", "30d", "365d"] as const;
const SHOWN = 10;

const chosen = <T extends string>(given: string | null, known: readonly T[], initial: T): T =>
  known.find((name) => name === given) ?? initial;

/** What was played most. Which chart it is stands in the page's address. */
export function Charts() {
  const { query } = usePlace();
  const kind = chosen(query.get("chart"), KINDS, "tracks");
  const window = chosen(query.get("window"), WINDOWS, "7d");
  const chart = useResource<Page<Charted<Track | Artist | Album | Genre>>>(
    `/v1/charts/${kind}?window=${window}&limit=${SHOWN}`,
  );
  const choose = (name: string) => (value: string) =>
    navigate(withQuery({ [name]: value }), { replace: true });
  return html`<${Section} title=${T.charts} tools=${html`<${Choice} label=${T.window} options=${WINDOWS} names=${T.windows} value=${window} choose=${choose("window")} />`}>
    <${Choice} label=${T.chart} options=${KINDS} names=${T.chartKinds} value=${kind} choose=${choose("chart")} tabs />
    <${Loaded} of=${chart} lines=${SHOWN}>${({ data }: Page<Charted<never>>) =>
      data.length === 0
        ? html`<p class="muted pad">${T.noPlays}</p>`
        : kind === "tracks"
          ? html`<${RankedTracks} tracks=${data} />`
          : html`<${Ranked} kind=${kind} entries=${data} />`}</${Loaded}>
  </${Section}>`;
}

const playCount = (plays: number) =>
  html`<span class="muted number">${T.playCount(plays, count(plays))}</span>`;

const RankedTracks = ({ tracks }: { readonly tracks: readonly Charted<Track>[] }) => html`<${TrackList}
  label=${T.charts} tracks=${tracks}
  row=${({ rank, plays }: Charted<Track>) => ({ lead: rank, figure: playCount(plays) })} />`;

interface Entry {
  readonly id: number;
  readonly rank: number;
  readonly plays: number;
  readonly name?: string;
  readonly title?: string;
}

const LINKS = { artists: links.artist, albums: links.album, genres: links.genre } as const;

function Ranked({
  kind,
  entries,
}: {
  readonly kind: Exclude<Kind, "tracks">;
  readonly entries: readonly Entry[];
}) {
  const most = Math.max(...entries.map(({ plays }) => plays));
  return html`<ol class="ranked" aria-label=${T.charts}>
    ${entries.map(
      ({ id, rank, plays, name = "", title = name }) => html`<li key=${id}>
        <span class="number muted">${rank}</span>
        ${kind === "artists" ? html`<${Portrait} id=${id} name=${title} />` : html`<${Cover} id=${id} />`}
        <a href=${LINKS[kind](id)}><bdi>${title}</bdi></a>
        <meter min="0" max=${most} value=${plays} aria-hidden="true"></meter>
        ${playCount(plays)}
      </li>`,
    )}
  </ol>`;
}
