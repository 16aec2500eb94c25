import { useState } from "preact/hooks";
import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { TEXTS } from "../texts.ts";
import { DataTable } from "../ui/data-table.ts";
import { DownloadButtons } from "../ui/download-buttons.ts";

const T = TEXTS.sql;
/** Rows that are put on the page at once. */
const STEP = 200;

type Value = string | number | null;

export interface SqlResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
  /** There were more rows. */
  readonly truncated: boolean;
  readonly ms: number;
}

export function Result({ result }: { readonly result: SqlResult }) {
  const { columns, rows, truncated, ms } = result;
  const [shown, setShown] = useState({ of: result, rows: STEP });
  const many = shown.of === result ? shown.rows : STEP;
  const tableColumns = columns.map((label, i) => ({
    key: `${i}`,
    label,
    number:
      rows.length > 0 && rows.slice(0, 20).every((row) => typeof row[i] === "number" || row[i] === null),
    cell: (row: readonly Value[]) =>
      row[i] === null
        ? html`<span class="muted">NULL</span>`
        : html`<bdi title=${String(row[i])}>${row[i]}</bdi>`,
  }));
  return html`<section class="part">
    <header class="part-head"><h2>${T.result}</h2><div class="row"><${DownloadButtons} name="query" sheet=${() => ({ columns, rows })} /></div></header>
    <p class="muted small" role="status">${T.rows(count(rows.length), rows.length, ms.toFixed(1))}${truncated && ` ${T.truncated}`}</p>
    <${DataTable} label=${T.result} columns=${tableColumns} rows=${rows.slice(0, many)} keyOf=${(_: unknown, i: number) => i} />
    ${many < rows.length && html`<div class="more"><button type="button" class="button" onClick=${() => setShown({ of: result, rows: many + STEP * 5 })}>${T.moreRows(count(rows.length - many))}</button></div>`}
  </section>`;
}
