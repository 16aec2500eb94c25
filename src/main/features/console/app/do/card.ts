import { type Content, html } from "../core/html.ts";
import type { Resource } from "../core/resource.ts";
import { Loaded } from "../ui/states.ts";
import { FactList } from "./facts.ts";

/** A part of the server: how it is, and what can be done. */
export function Card<T>({
  title,
  text,
  of,
  facts,
  children,
}: {
  readonly title: string;
  readonly text: string;
  readonly of: Resource<T>;
  readonly facts: (data: T) => readonly (readonly [string, string])[];
  readonly children?: Content;
}) {
  return html`<section class="card do-card stack">
    <div><h2>${title}</h2><p class="muted small">${text}</p></div>
    <${Loaded} of=${of} lines=${4}>${(data: T) => html`<${FactList} facts=${facts(data)} />`}</${Loaded}>
    <div class="row">${children}</div>
  </section>`;
}
