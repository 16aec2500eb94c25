import { html } from "../core/html.ts";
import { links } from "../core/links.ts";
import type { PageProps } from "../core/page-props.ts";
import { useResource } from "../core/resource.ts";
import type { Page } from "../core/types.ts";
import { useTitle } from "../shell/title.ts";
import { TEXTS } from "../texts.ts";
import { DataTable } from "../ui/data-table.ts";
import { EntityActions } from "../ui/entity-actions.ts";
import { Empty, Loaded } from "../ui/states.ts";
import { cellText, type Kind, kindOf, type Row } from "./kinds.ts";
import { BrowseNav } from "./nav.ts";

const T = TEXTS.browse;

/** One row with all that it has: for kinds that have no page under Listen. */
export default function RecordPage({ params }: PageProps) {
  const kind = kindOf(params.kind!);
  if (kind === undefined) return html`<${Empty} title=${TEXTS.errors.notFoundTitle} />`;
  return html`<${Record} kind=${kind} id=${params.id!} />`;
}

function Record({ kind, id }: { readonly kind: Kind; readonly id: string }) {
  const row = useResource<Row>(`/v1/${kind.name}/${id}`);
  const title = `${kind.label} #${id}`;
  useTitle(title);
  return html`<${BrowseNav} />
    <h1>${title}</h1>
    <${Loaded} of=${row}>${(data: Row) => html`
      ${kind.name === "media-types" && html`<div class="row pad"><${EntityActions} kind="media-types" entity=${data} reload=${row.reload} /></div>`}
      <dl class="facts record">${kind.columns.map((column) => {
        const text = cellText(column, data);
        const href = column.name === "id" || text === "" ? undefined : column.href?.(data);
        return html`<div key=${column.name}><dt>${column.label}</dt><dd>${href === undefined ? html`<bdi>${text || "–"}</bdi>` : html`<a href=${href}><bdi>${text}</bdi></a>`}</dd></div>`;
      })}</dl>
      ${kind.name === "invoices" && html`<${Lines} id=${data.id} />`}
      ${kind.name === "customers" && html`<p class="pad"><a href=${`/console/browse/invoices?customer_id=${data.id}`}>${T.invoicesOf}</a></p>`}`}</${Loaded}>`;
}

interface Line {
  readonly id: number;
  readonly track_id: number;
  readonly track_name: string;
  readonly unit_price: number;
  readonly quantity: number;
  readonly total: number;
}

const LINE_COLUMNS = [
  {
    key: "track",
    label: T.columns.track,
    cell: ({ track_id, track_name }: Line) =>
      html`<a href=${links.track(track_id)}><bdi>${track_name}</bdi></a>`,
  },
  { key: "quantity", label: T.columns.quantity, number: true, cell: ({ quantity }: Line) => quantity },
  {
    key: "price",
    label: T.columns.price,
    number: true,
    cell: ({ unit_price }: Line) => unit_price.toFixed(2),
  },
  { key: "total", label: T.columns.total, number: true, cell: ({ total }: Line) => total.toFixed(2) },
];

function Lines({ id }: { readonly id: number }) {
  const lines = useResource<Page<Line>>(`/v1/invoices/${id}/lines?limit=100`);
  return html`<section class="part"><h2>${T.lines}</h2>
    <${Loaded} of=${lines}>${({ data }: Page<Line>) => html`<${DataTable} label=${T.lines} columns=${LINE_COLUMNS} rows=${data} keyOf=${(line: Line) => line.id} />`}</${Loaded}>
  </section>`;
}
