import { html } from "../core/html.ts";
import { links } from "../core/links.ts";
import { useResource } from "../core/resource.ts";
import type { Genre, Page } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { Section } from "../ui/section.ts";
import { Loaded } from "../ui/states.ts";
import { Charts } from "./charts.ts";
import { ForYou } from "./for-you.ts";
import { ListenNav } from "./nav.ts";
import { NewAlbums, SomePlaylists } from "./shelves.ts";

const T = TEXTS.listen;

/** The first page: what is heard most, what one may like, and ways into the rest. */
export default function Home() {
  return html`
    <${ListenNav} />
    <h1 class="hidden-text">${TEXTS.shell.listen}</h1>
    <${PopularSearches} />
    <div class="split">
      <${Charts} />
      <${ForYou} />
    </div>
    <${NewAlbums} />
    <${Genres} />
    <${SomePlaylists} />
  `;
}

/** What others look for; nothing where nobody has looked for anything. */
function PopularSearches() {
  const { data } = useResource<{ data: readonly { query: string }[] }>("/v1/search/popular?limit=8");
  if (data === undefined || data.data.length === 0) return null;
  return html`<nav class="row popular" aria-label=${T.popular}>
    <span class="muted small">${T.popular}</span>
    ${data.data.map(({ query }) => html`<a class="chip" key=${query} href=${links.search(query)}><bdi>${query}</bdi></a>`)}
  </nav>`;
}

function Genres() {
  const genres = useResource<Page<Genre>>("/v1/genres?limit=100&sort=name");
  return html`<${Section} title=${T.genres}>
    <${Loaded} of=${genres} lines=${2}>${({ data }: Page<Genre>) =>
      data.length === 0
        ? html`<p class="muted">${TEXTS.common.none}</p>`
        : html`<div class="row">
            ${data.map(({ id, name }) => html`<a class="chip" key=${id} href=${links.genre(id)}><bdi>${name}</bdi></a>`)}
          </div>`}</${Loaded}>
  </${Section}>`;
}
