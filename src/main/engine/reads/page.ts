import { AppError } from "../../../shared/errors.ts";
import type { Param } from "../../../shared/protocol.ts";

/** Keyset pagination: a page's SQL, and the cursor that names the row it ended at. */

/**
 * Wraps a query for items into `{"data", "next"}`. A materialised CTE is read back in the order it was filled. Items
 * are JSON text already, so they are strung together as text: parsing them again took half of a page's time.
 *
 * @param exists a WHERE clause without which there is no answer at all.
 * @param total a query for the number of all rows, which adds `"total"`: of the same snapshot as the page.
 */
export const pageOf = (items: string, exists = "", total?: string): string => `
  WITH page AS MATERIALIZED (${items})
  SELECT concat('{"data":[', (SELECT group_concat(item) FROM (SELECT item FROM page LIMIT likely(@limit))),
    '],"next":', json_quote(CASE WHEN (SELECT count(*) FROM page) > likely(@limit) THEN
      (SELECT hex(json_array(@sort, sort_key, sort_id)) FROM page LIMIT 1 OFFSET likely(@limit) - 1) END),
    ${total === undefined ? "" : `',"total":', (${total}),`} '}'), NULL, NULL ${exists}`;

/** The sort's value and the id of the last row of the page before; undefined on the first page. */
export type After = readonly [key: Param, id: number] | undefined;

/** @throws AppError `cursor_invalid` for anything that is not `next` of a page with the same sort. */
export function decodeCursor({ cursor, sort }: { cursor?: string | undefined; sort: string }): After {
  if (cursor === undefined) return undefined;
  try {
    const [cursorSort, key, id] = JSON.parse(Buffer.from(cursor, "hex").toString("utf8"));
    const scalar = typeof key === "string" || Number.isFinite(key);
    if (cursorSort === sort && scalar && Number.isSafeInteger(id)) return [key, id];
  } catch {
    // Falls through to the one answer for every cursor that is none.
  }
  throw new AppError("cursor_invalid", {
    errors: [{ parameter: "cursor", detail: `expected \`next\` of a page sorted by ${sort}` }],
  });
}
