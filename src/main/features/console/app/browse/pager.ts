import { useEffect } from "preact/hooks";
import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { navigate, usePlace, withQuery } from "../core/router.ts";
import type { Page } from "../core/types.ts";
import { TEXTS } from "../texts.ts";

const T = TEXTS.browse;

/** The cursors of the pages before, of each list: the API's cursors lead forward alone. */
const trails = new Map<string, (string | null)[]>();

/** @param busy while the page of another place in the list is still shown: it has no range, and leads nowhere. */
export function Pager({
  page,
  list,
  size,
  busy,
}: {
  readonly page: Page<unknown> | undefined;
  readonly list: string;
  readonly size: number;
  readonly busy: boolean;
}) {
  const { query } = usePlace();
  const cursor = query.get("cursor");
  const trail = trails.get(list) ?? [];
  useEffect(() => {
    if (cursor === null) trails.set(list, []);
  }, [cursor, list]);
  if (page === undefined) return null;
  const forward = () => {
    trails.set(list, [...trail, cursor]);
    navigate(withQuery({ cursor: page.next }));
  };
  const back = () => {
    trails.set(list, trail.slice(0, -1));
    navigate(withQuery({ cursor: trail.at(-1) ?? null }));
  };
  const from = trail.length * size;
  const known = !busy && (cursor === null || trail.length > 0);
  return html`<nav class="pager" aria-label=${T.pages}>
    <p class="muted small" role="status">${page.total !== undefined && T.shown(known ? count(from + 1) : "…", known ? count(from + page.data.length) : "…", count(page.total), page.data.length)}</p>
    <div class="row">
      <button type="button" class="button" disabled=${busy || cursor === null} onClick=${() => navigate(withQuery({ cursor: null }))}>${T.first}</button>
      <button type="button" class="button" disabled=${busy || cursor === null || trail.length === 0} onClick=${back}>${T.previous}</button>
      <button type="button" class="button" disabled=${busy || page.next === null} onClick=${forward}>${T.next}</button>
    </div>
  </nav>`;
}
