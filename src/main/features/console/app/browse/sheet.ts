import { get } from "../core/api.ts";
import type { Sheet } from "../core/download.ts";
import type { Page } from "../core/types.ts";
import type { Column, Row } from "./kinds.ts";

/** Rows that are taken away at most: a hundred requests. `/v1/export` gives all. */
const MOST = 10_000;

/** All rows of a list with its filters and its order, up to {@link MOST}. @throws Problem. */
export async function allRows(list: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const first = `${list}${list.includes("?") ? "&" : "?"}limit=100`;
  for (let next: string | null = ""; next !== null && rows.length < MOST; ) {
    const page: Page<Row> = await get<Page<Row>>(next === "" ? first : `${first}&cursor=${next}`);
    rows.push(...page.data);
    next = page.next;
  }
  return rows;
}

/** The columns that are shown, with the values as the API has them. */
export const sheetOf = (columns: readonly Column[], rows: readonly Row[]): Sheet => ({
  columns: columns.map(({ name }) => name),
  rows: rows.map((row) => columns.map(({ name }) => row[name])),
});
