import { type Content, html } from "../core/html.ts";

/** A part of a page under its heading, with what belongs to it at the heading's end. */
export function Section({
  title,
  tools,
  children,
}: {
  readonly title: string;
  readonly tools?: Content;
  readonly children?: Content;
}) {
  return html`<section class="part">
    <header class="part-head"><h2>${title}</h2>${tools !== undefined && html`<div class="row">${tools}</div>`}</header>
    ${children}
  </section>`;
}
