import { AppError } from "../../../shared/errors.ts";
import type { Param } from "../../../shared/protocol.ts";

/** Keyset pagination: a page's SQL and the cursor of its last row. */

/**
 * Wraps a query for items into `{"data", "next"}`. A materialised CTE is read back in the order it was filled.
 * Items are JSON text, so they are concatenated as text: parsing them again took half of a page's time.
 *
 * @param exists a WHERE clause. If it is false, there is no answer.
 * @param total a query for the number of all rows. It adds `"total"`, from the same snapshot as the page.
 */
export const pageOf = (items: string, exists = "", total?: string): string => `
  WITH page AS MATERIALIZED (${items})
  SELECT concat('{"data":[', (SELECT group_concat(item) FROM (SELECT item FROM page LIMIT likely(@limit))),
    '],"next":', json_quote(CASE WHEN (SELECT count(*) FROM page) > likely(@limit) THEN
      (SELECT hex(json_array(@sort, sort_key, sort_id)) FROM page LIMIT 1 OFFSET likely(@limit) - 1) END),
    ${total === undefined ? "" : `',"total":', (${total}),`} '}'), NULL, NULL ${exists}`;

/** What a list is asked with. */
export interface PageParams {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly sort: string;
}

/** The same of what belongs to a principal. */
export interface OwnPageParams extends PageParams {
  readonly principal?: string;
}

/** The sort value and the id of the previous page's last row; undefined for the first page. */
export type After = readonly [key: Param, id: number] | undefined;

/** @throws AppError `cursor_invalid` unless it is `next` of a page with the same sort. */
export function decodeCursor({ cursor, sort }: { cursor?: string | undefined; sort: string }): After {
  if (cursor === undefined) return undefined;
  try {
    const [cursorSort, key, id] = JSON.parse(Buffer.from(cursor, "hex").toString("utf8"));
    const scalar = typeof key === "string" || Number.isFinite(key);
    if (cursorSort === sort && scalar && Number.isSafeInteger(id)) return [key, id];
  } catch {
    // Falls through: every invalid cursor gets the same error.
  }
  throw new AppError("cursor_invalid", {
    errors: [{ parameter: "cursor", detail: `expected \`next\` of a page sorted by ${sort}` }],
  });
}
