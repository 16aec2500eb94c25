import { type Content, html } from "../core/html.ts";
import { DoNav } from "./nav.ts";

/** A page of the section: its heading, with what it can do, and the way to the others. */
export function DoPage({
  title,
  tools,
  children,
}: {
  readonly title: string;
  readonly tools?: Content;
  readonly children?: Content;
}) {
  return html`<div class="page stack">
    <div class="row page-head"><h1>${title}</h1>${tools}</div>
    <${DoNav} />
    ${children}
  </div>`;
}
