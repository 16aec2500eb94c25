import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { navigate, urlWith, withQuery } from "../core/router.ts";
import type { FacetValue, SearchAnswer } from "../core/types.ts";
import { TEXTS } from "../texts.ts";

const SHOWN = 8;
/** The facets' names in the search, and in the list of tracks. */
const FACETS = { genre: "genre_id", artist: "artist_id" } as const;

/** How the tracks divide by genre and artist. The search counts them, and knows no other filters of the table. */
export function Facets({ query }: { readonly query: URLSearchParams }) {
  const others = [
    "name_prefix",
    "media_type_id",
    "composer",
    "milliseconds_min",
    "milliseconds_max",
    "unit_price_max",
  ];
  const countable = others.every((name) => !query.has(name));
  const path = urlWith("/v1/search", {
    genre: query.get("genre_id"),
    artist: query.get("artist_id"),
    facets: "genre,artist",
    limit: 1,
  });
  const { data } = useResource<SearchAnswer>(countable ? path : null, { keep: true });
  if (data?.facets === undefined || !countable) return null;
  return html`<div class="facet-rows">
    ${(["genre", "artist"] as const).map((name) => html`<${FacetRow} key=${name} name=${name} values=${data.facets?.[name] ?? []} chosen=${query.get(FACETS[name])} />`)}
  </div>`;
}

function FacetRow({
  name,
  values,
  chosen,
}: {
  readonly name: keyof typeof FACETS;
  readonly values: readonly FacetValue[];
  readonly chosen: string | null;
}) {
  const choose = (id: number) =>
    navigate(withQuery({ [FACETS[name]]: String(id) === chosen ? null : id, cursor: null }), {
      replace: true,
    });
  return html`<div class="row" role="group" aria-label=${TEXTS.search.facets[name]}>
    <span class="muted small">${TEXTS.search.facets[name]}</span>
    ${values.slice(0, SHOWN).map(
      ({
        id,
        name: label,
        count: many,
      }) => html`<button type="button" class="chip" key=${id} aria-pressed=${String(id) === chosen} onClick=${() => choose(id)}>
      <bdi>${label}</bdi><span class="count">${count(many)}</span></button>`,
    )}
  </div>`;
}
