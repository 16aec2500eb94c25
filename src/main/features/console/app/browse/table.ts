import { useState } from "preact/hooks";
import { html } from "../core/html.ts";
import type { PageProps } from "../core/page-props.ts";
import { useResource } from "../core/resource.ts";
import { navigate, urlWith, usePlace, withQuery } from "../core/router.ts";
import { may, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import type { Page } from "../core/types.ts";
import { EntityForm } from "../forms/entity-form.ts";
import { type EditableKind, type Entity, FIELDS } from "../forms/fields.ts";
import { useTitle } from "../shell/title.ts";
import { TEXTS } from "../texts.ts";
import { DataTable } from "../ui/data-table.ts";
import { DownloadButtons } from "../ui/download-buttons.ts";
import { Icon } from "../ui/icon.ts";
import { Empty, Failure, Skeleton } from "../ui/states.ts";
import { ColumnChoice, useColumns } from "./columns.ts";
import { FilterBar } from "./filter-bar.ts";
import { type Column, cellText, type Kind, kindOf, type Row } from "./kinds.ts";
import { BrowseNav } from "./nav.ts";
import { Pager } from "./pager.ts";
import { allRows, sheetOf } from "./sheet.ts";

const T = TEXTS.browse;
const PAGE = 50;

export default function TablePage({ params }: PageProps) {
  const kind = kindOf(params.kind!);
  if (kind === undefined)
    return html`<${Empty} title=${TEXTS.errors.notFoundTitle}><a class="button" href="/console/browse">${TEXTS.shell.browse}</a></${Empty}>`;
  return html`<${Table} key=${kind.name} kind=${kind} />`;
}

/** A kind as a table. Order, filters and place in the list stand in the page's address. */
function Table({ kind }: { readonly kind: Kind }) {
  const { query } = usePlace();
  const columns = useColumns(kind);
  useTitle(kind.label);
  const filters = Object.fromEntries(kind.filters.map(({ name }) => [name, query.get(name)]));
  if (kind.name === "tracks") filters.artist_id = query.get("artist_id");
  const sort = query.get("sort") ?? "id";
  const path = `/v1/${kind.name}`;
  const asked = { ...filters, sort };
  const list = urlWith(path, asked);
  const at = { ...asked, limit: PAGE, total: 1, cursor: query.get("cursor") };
  const page = useResource<Page<Row>>(urlWith(path, at), { keep: true });
  const onSort = (next: string) => navigate(withQuery({ sort: next === "id" ? null : next, cursor: null }));
  const name = (column: Column) => ({
    key: column.name,
    label: column.label,
    sort: column.sort,
    number: column.number,
    cell: (row: Row) => html`<${Cell} column=${column} row=${row} />`,
  });
  return html`
    <${BrowseNav} />
    <header class="part-head"><h1>${kind.label}</h1><div class="row">
      <${NewButton} kind=${kind} done=${page.reload} />
      <${ColumnChoice} kind=${kind} shown=${columns} />
      <${DownloadButtons} name=${kind.name} sheet=${async () => sheetOf(columns, await allRows(list))} />
    </div></header>
    <${FilterBar} kind=${kind} query=${query} />
    ${
      page.error !== undefined
        ? html`<${Failure} error=${page.error} retry=${page.reload} />`
        : page.data === undefined
          ? html`<${Skeleton} lines=${12} />`
          : page.data.data.length === 0
            ? html`<${Empty} text=${T.noRows} />`
            : html`<${DataTable} label=${kind.label} columns=${columns.map(name)} rows=${page.data.data} keyOf=${({ id }: Row) => id} sort=${sort} onSort=${onSort} busy=${page.loading} />`
    }
    <${Pager} page=${page.data} list=${list} size=${PAGE} busy=${page.loading} />`;
}

function Cell({ column, row }: { readonly column: Column; readonly row: Row }) {
  const text = cellText(column, row);
  const href = text === "" ? undefined : column.href?.(row);
  return href === undefined
    ? html`<bdi title=${text}>${text}</bdi>`
    : html`<a href=${href} title=${text}><bdi>${text}</bdi></a>`;
}

function NewButton({ kind, done }: { readonly kind: Kind; readonly done: () => void }) {
  const [open, setOpen] = useState(false);
  const there = useStore(session);
  const allowed = kind.name in FIELDS && may(kind.name === "playlists" ? "listen" : "edit", there);
  if (!allowed) return null;
  const made = ({ id }: Entity) => {
    setOpen(false);
    done();
    navigate(kind.page(id));
  };
  return html`<button type="button" class="button primary" onClick=${() => setOpen(true)}><${Icon} name="plus" /> ${T.make}</button>
    ${open && html`<${EntityForm} kind=${kind.name as EditableKind} close=${() => setOpen(false)} done=${made} />`}`;
}
