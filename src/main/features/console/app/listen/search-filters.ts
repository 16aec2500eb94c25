import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { navigate, usePlace, withQuery } from "../core/router.ts";
import type { FacetName, FacetValue, SearchAnswer } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { Filters } from "../ui/filters.ts";

const T = TEXTS.search;

/** Parameters of a search that leave out tracks. Named as in the API. */
export const FILTERS = ["genre", "artist", "album", "tag", "year_from", "year_to", "price_max"] as const;
type Filter = (typeof FILTERS)[number];

export const activeFilters = (query: URLSearchParams): readonly Filter[] =>
  FILTERS.filter((name) => (query.get(name) ?? "") !== "");

type Changes = Readonly<Partial<Record<Filter, string | null>>>;

/** What choosing a value of a facet asks for, and what giving it up does. */
const CHOICES: Readonly<Record<FacetName, (value: FacetValue) => Changes>> = {
  genre: ({ id }) => ({ genre: String(id) }),
  artist: ({ id }) => ({ artist: String(id) }),
  decade: ({ id }) => ({ year_from: String(id), year_to: String(id + 9) }),
};

const nothing = (changes: Changes): Changes =>
  Object.fromEntries(Object.keys(changes).map((name) => [name, null]));

const go = (changes: Readonly<Record<string, string | null>>): void =>
  navigate(withQuery(changes), { replace: true });

/** How the tracks that were found divide, and fields for what has no counts. */
export function SearchFilters({ facets }: { readonly facets: SearchAnswer["facets"] }) {
  const { query } = usePlace();
  const active = activeFilters(query);
  const clear = () => go(Object.fromEntries(FILTERS.map((name) => [name, null])));
  return html`<${Filters} active=${active.length}>
    <div class="filter-parts">
      ${(["genre", "decade", "artist"] as const).map(
        (name) => html`<${Facet} key=${name} name=${name} values=${facets?.[name] ?? []} query=${query} />`,
      )}
      <${OtherFilters} query=${query} />
      ${active.length > 0 && html`<button type="button" class="button" onClick=${clear}>${T.clear}</button>`}
    </div>
  </${Filters}>`;
}

function Facet({
  name,
  values,
  query,
}: {
  readonly name: FacetName;
  readonly values: readonly FacetValue[];
  readonly query: URLSearchParams;
}) {
  if (values.length === 0) return null;
  return html`<fieldset>
    <legend>${T.facets[name]}</legend>
    <ul>${values.slice(0, 8).map((value) => {
      const changes = CHOICES[name](value);
      const chosen = Object.entries(changes).every(([key, wanted]) => query.get(key) === wanted);
      return html`<li key=${value.id}><button type="button" class="facet" aria-pressed=${chosen} onClick=${() => go(chosen ? nothing(changes) : changes)}>
        <bdi>${value.name}</bdi><span class="count">${count(value.count)}</span></button></li>`;
    })}</ul>
  </fieldset>`;
}

const MODES = ["auto", "text", "fuzzy", "hybrid"] as const;

function OtherFilters({ query }: { readonly query: URLSearchParams }) {
  const set = (name: string) => (event: Event) => {
    const field = event.target as HTMLInputElement;
    if (field.validity.valid) go({ [name]: field.value.trim() || null });
  };
  return html`<fieldset class="fields">
    <legend>${T.more}</legend>
    <label>${T.tag}<input maxlength="100" value=${query.get("tag") ?? ""} onChange=${set("tag")} /></label>
    <label>${T.priceMax}<input type="number" min="0" step="0.01" max="9999999" value=${query.get("price_max") ?? ""} onChange=${set("price_max")} /></label>
    <label>${T.mode}<select value=${query.get("mode") ?? "auto"} onChange=${set("mode")}>
      ${MODES.map((mode) => html`<option key=${mode} value=${mode}>${T.modes[mode]}</option>`)}
    </select></label>
  </fieldset>`;
}
