import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { navigate, withQuery } from "../core/router.ts";
import type { Genre, Page } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { Filters } from "../ui/filters.ts";
import { Facets } from "./facets.ts";
import type { Filter, Kind } from "./kinds.ts";

const T = TEXTS.browse;
const MINUTE = 60_000;

/** The kind's filters. A change takes effect when its field is left, and begins the list anew. */
export function FilterBar({ kind, query }: { readonly kind: Kind; readonly query: URLSearchParams }) {
  const active = [...kind.filters.map(({ name }) => name), "artist_id"].filter((name) => query.has(name));
  const clear = () =>
    navigate(withQuery({ ...Object.fromEntries(active.map((name) => [name, null])), cursor: null }));
  return html`<${Filters} active=${active.length}>
    <form class="filter-bar" onSubmit=${(event: Event) => event.preventDefault()}>
      ${kind.filters.map(
        (filter) =>
          html`<${FilterField} key=${filter.name} filter=${filter} text=${query.get(filter.name) ?? ""} />`,
      )}
      ${active.length > 0 && html`<button type="button" class="button" onClick=${clear}>${TEXTS.search.clear}</button>`}
    </form>
    ${kind.name === "tracks" && html`<${Facets} query=${query} />`}
  </${Filters}>`;
}

/** A field's text as the API takes it. A day as a moment is its first or its last one. */
function asParameter(name: string, type: Filter["type"], text: string): string {
  if (text === "") return "";
  if (type === "minutes") return String(Math.round(Number(text) * MINUTE));
  if (type === "moment") return `${text}T${name.endsWith("_to") ? "23:59:59" : "00:00:00"}Z`;
  return text;
}

const LISTS = { genre: "/v1/genres", mediaType: "/v1/media-types" } as const;

function FilterField({
  filter: { name, label, type },
  text,
}: {
  readonly filter: Filter;
  readonly text: string;
}) {
  const set = (value: string) =>
    navigate(withQuery({ [name]: value === "" ? null : value, cursor: null }), { replace: true });
  const onChange = (event: Event) => {
    const field = event.target as HTMLInputElement;
    if (field.validity.valid) set(asParameter(name, type, field.value.trim()));
  };
  if (type === "genre" || type === "mediaType")
    return html`<${Select} label=${label} path=${LISTS[type]} text=${text} onChange=${onChange} />`;
  if (type === "text")
    return html`<label>${label}<input type="search" maxlength="200" dir="auto" value=${text} onChange=${onChange} /></label>`;
  if (type === "date" || type === "moment")
    return html`<label>${label}<input type="date" value=${text.slice(0, 10)} onChange=${onChange} /></label>`;
  const shown = type === "minutes" && text !== "" ? String(Number(text) / MINUTE) : text;
  const step = { integer: 1, money: 0.01, minutes: "any" }[type];
  return html`<label>${label}<input type="number" min="0" max="1000000" step=${step} value=${shown} onChange=${onChange} /></label>`;
}

function Select({
  label,
  path,
  text,
  onChange,
}: {
  readonly label: string;
  readonly path: string;
  readonly text: string;
  readonly onChange: (event: Event) => void;
}) {
  const { data } = useResource<Page<Genre>>(`${path}?limit=100&sort=name`);
  return html`<label>${label}<select key=${data === undefined} onChange=${onChange}>
    <option value="">${T.any}</option>
    ${(data?.data ?? []).map(({ id, name }) => html`<option key=${id} value=${id} selected=${String(id) === text}>${name}</option>`)}
  </select></label>`;
}
