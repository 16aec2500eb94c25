import { type Content, html } from "../core/html.ts";
import { TEXTS } from "../texts.ts";
import { Icon } from "./icon.ts";

export interface TableColumn<R> {
  readonly key: string;
  readonly label: string;
  readonly number?: boolean | undefined;
  /** What the order by it is called; without it the column cannot be sorted by. */
  readonly sort?: string | undefined;
  readonly cell: (row: R) => Content;
}

/** Rows and columns, in a box that scrolls sideways. A heading that sorts is a button. */
export function DataTable<R>({
  label,
  columns,
  rows,
  keyOf,
  sort,
  onSort,
  busy = false,
}: {
  readonly label: string;
  readonly columns: readonly TableColumn<R>[];
  readonly rows: readonly R[];
  readonly keyOf: (row: R, index: number) => string | number;
  /** The order now, such as `-name`. */
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
  readonly busy?: boolean;
}) {
  return html`<div class="table-box" tabindex="0" role="region" aria-label=${label} aria-busy=${busy}>
    <table>
      <thead><tr>${columns.map((column) => html`<${Heading} key=${column.key} column=${column} sort=${sort} onSort=${onSort} />`)}</tr></thead>
      <tbody>${rows.map(
        (row, i) =>
          html`<tr key=${keyOf(row, i)}>${columns.map((column) => html`<td key=${column.key} class=${column.number ? "number" : undefined}>${column.cell(row)}</td>`)}</tr>`,
      )}</tbody>
    </table>
  </div>`;
}

function Heading<R>({
  column,
  sort = "",
  onSort,
}: {
  readonly column: TableColumn<R>;
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
}) {
  const { label, number } = column;
  const align = number ? "number" : undefined;
  if (column.sort === undefined || onSort === undefined)
    return html`<th scope="col" class=${align}>${label}</th>`;
  const down = sort === `-${column.sort}`;
  const state = sort === column.sort ? "ascending" : down ? "descending" : "none";
  const next = sort === column.sort ? `-${column.sort}` : column.sort;
  return html`<th scope="col" class=${align} aria-sort=${state}>
    <button type="button" title=${TEXTS.browse.sortBy(label)} onClick=${() => onSort(next)}>${label}
      ${state !== "none" && html`<${Icon} name=${down ? "down" : "up"} />`}</button>
  </th>`;
}
