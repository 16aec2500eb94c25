import { html } from "../core/html.ts";
import { TEXTS } from "../texts.ts";
import { CacheCard } from "./cache.ts";
import { DatabaseCard } from "./database.ts";
import { DoPage } from "./frame.ts";
import { TextIndexCard } from "./text-index.ts";
import { VectorsCard } from "./vectors.ts";

/** What the server keeps beside the catalogue, and what can be done about it. */
export default function MaintenancePage() {
  return html`<${DoPage} title=${TEXTS.do.title}>
    <div class="columns halves"><${CacheCard} /><${TextIndexCard} /><${VectorsCard} /><${DatabaseCard} /></div>
  </${DoPage}>`;
}
