import type { VNode } from "preact";
import { html } from "../core/html.ts";

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'" };

const plain = (text: string): string =>
  text.replace(/&(\w+|#39);/g, (whole, name) => ENTITIES[name] ?? whole);

/** The text of a highlight, its marks as elements. Anything else in it stays text. */
export function Marked({ text }: { readonly text: string }) {
  const parts: (string | VNode)[] = [];
  for (const [i, part] of text.split(/<mark>|<\/mark>/).entries())
    if (part !== "") parts.push(i % 2 === 1 ? html`<mark>${plain(part)}</mark>` : plain(part));
  return html`<bdi>${parts}</bdi>`;
}
