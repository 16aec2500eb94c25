import { type Content, html } from "../core/html.ts";
import { useMedia } from "../core/media.ts";
import { TEXTS } from "../texts.ts";

/** Filters under a line that folds them: open where there is room, and where some are in use. */
export function Filters({
  active,
  children,
}: {
  /** How many are in use. */
  readonly active: number;
  readonly children?: Content;
}) {
  const wide = useMedia("(min-width: 56rem)");
  return html`<details class="filters" open=${wide || active > 0}>
    <summary>${TEXTS.search.filters}${active > 0 && html` <span class="chip">${active}</span>`}</summary>
    ${children}
  </details>`;
}
