import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { links } from "../core/links.ts";
import { type Paged, usePaged } from "../core/pages.ts";
import { navigate, urlWith, usePlace, withQuery } from "../core/router.ts";
import type { Hit, SearchAnswer, Track } from "../core/types.ts";
import { useTitle } from "../shell/title.ts";
import { TEXTS } from "../texts.ts";
import { More } from "../ui/more.ts";
import { Empty, Failure, Skeleton } from "../ui/states.ts";
import { TrackList } from "../ui/track-list.ts";
import { activeFilters, FILTERS, SearchFilters } from "./search-filters.ts";
import { OtherHits } from "./search-others.ts";

const T = TEXTS.search;
type Found = Track & Hit;

/** What a search found. All that it asks for stands in the page's address. */
export default function Search() {
  const { query } = usePlace();
  const q = (query.get("q") ?? "").trim();
  useTitle(q === "" ? T.title : T.titleOf(q));
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name)]));
  const mode = query.get("mode");
  const types =
    activeFilters(query).length > 0 || mode === "fuzzy" || mode === "hybrid"
      ? null
      : "track,artist,album,playlist";
  const path = urlWith("/v1/search", {
    q,
    ...filters,
    mode,
    types,
    facets: "genre,artist,decade",
    limit: 30,
  });
  const found = usePaged<Found, SearchAnswer>(path, { keep: true });
  return html`
    <h1 class="small-title">${q === "" ? T.everything : html`${T.resultsFor} <q><bdi>${q}</bdi></q>`}</h1>
    <div class="results" aria-busy=${found.loading}>
      <${SearchFilters} facets=${found.data?.facets} />
      <div class="stack"><${Results} found=${found} /></div>
    </div>`;
}

function Results({ found }: { readonly found: Paged<Found, SearchAnswer> }) {
  const { data, error, items } = found;
  if (error !== undefined) return html`<${Failure} error=${error} retry=${found.reload} />`;
  if (data === undefined) return html`<${Skeleton} lines=${10} />`;
  const others =
    (data.artists?.data.length ?? 0) + (data.albums?.data.length ?? 0) + (data.playlists?.data.length ?? 0);
  if (items.length === 0 && others === 0)
    return html`<${Empty} title=${T.nothing} text=${T.nothingHint}><${DidYouMean} answer=${data} /></${Empty}>`;
  return html`
    <${DidYouMean} answer=${data} />
    <${OtherHits} answer=${data} />
    <p class="muted small" role="status">${T.found(count(data.total ?? 0), data.bounded)}</p>
    <${TrackList} label=${T.tracks} tracks=${items} row=${data.did_you_mean ? undefined : spelling} />
    <${More} of=${found} />`;
}

const spelling = ({ match }: Found) =>
  match === "approximate" ? { figure: html`<span class="chip">${T.approximate}</span>` } : {};

/** What may have been meant, where little was found. */
function DidYouMean({ answer: { did_you_mean: meant } }: { readonly answer: SearchAnswer }) {
  if (!meant) return null;
  const go = (event: Event) => {
    event.preventDefault();
    navigate(withQuery({ q: meant }));
  };
  return html`<p class="meant">${T.didYouMean} <a href=${links.search(meant)} onClick=${go}><bdi>${meant}</bdi></a>?</p>`;
}
