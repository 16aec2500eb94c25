import { html } from "../core/html.ts";
import type { Paged } from "../core/pages.ts";
import { TEXTS } from "../texts.ts";

/** The button under a list of which there is more. */
export function More({ of }: { readonly of: Pick<Paged<unknown>, "more" | "moreError" | "readingMore"> }) {
  if (of.more === null) return null;
  return html`<div class="more">
    ${of.moreError !== undefined && html`<p class="error" role="alert">${of.moreError.message}</p>`}
    <button type="button" class="button" disabled=${of.readingMore} onClick=${of.more}>
      ${of.readingMore ? TEXTS.common.loading : TEXTS.common.more}
    </button>
  </div>`;
}
