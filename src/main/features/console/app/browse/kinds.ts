import { bytes, count, date, duration, moment } from "../core/format.ts";
import { links } from "../core/links.ts";
import { TEXTS } from "../texts.ts";

export type Row = Readonly<Record<string, unknown>> & { readonly id: number };

export interface Column {
  /** The row's field. */
  readonly name: string;
  readonly label: string;
  /** What the API calls the order by it. */
  readonly sort?: string;
  /** Where the cell leads; undefined where the row has nothing of it. */
  readonly href?: (row: Row) => string | undefined;
  readonly format?: (value: never) => string;
  readonly number?: true;
  /** Not shown until somebody chooses it. */
  readonly hidden?: true;
}

export interface Filter {
  /** The API's parameter. */
  readonly name: string;
  readonly label: string;
  readonly type: "text" | "integer" | "money" | "date" | "moment" | "minutes" | "genre" | "mediaType";
}

export interface Kind {
  readonly name: string;
  readonly label: string;
  readonly columns: readonly Column[];
  readonly filters: readonly Filter[];
  /** Only operators may read it. */
  readonly operators?: true;
  readonly page: (id: number) => string;
}

const T = TEXTS.browse.columns;
const F = TEXTS.browse.filters;

const record = (kind: string) => (id: number) => `/console/browse/${kind}/${id}`;
/** A link to another thing, where the row names one. */
const to = (page: (id: number) => string, field: string) => (row: Row) =>
  typeof row[field] === "number" ? page(row[field]) : undefined;

const id = (page: (id: number) => string): Column => ({
  name: "id",
  label: T.id,
  sort: "id",
  number: true,
  href: (row) => page(row.id),
});
const named = (
  page: (id: number) => string,
  name = "name",
  label: string = T.name,
  sort: string = name,
): Column => ({ name, label, sort, href: (row) => page(row.id) });
const TIMES: readonly Column[] = [
  { name: "created_at", label: T.created, format: moment, hidden: true },
  { name: "updated_at", label: T.updated, sort: "updated_at", format: moment },
];
const NAMES: readonly Column[] = [
  { name: "slug", label: T.slug, hidden: true },
  { name: "public_id", label: T.publicId, hidden: true },
];
const COMMENTS: Column = { name: "comment_count", label: T.comments, number: true, hidden: true };
const money = (value: number): string => value.toFixed(2);
const NAME_PREFIX: Filter = { name: "name_prefix", label: F.nameBegins, type: "text" };
const plain = (name: string, label: string, hidden = false): Column => ({
  name,
  label,
  ...(hidden ? { hidden } : {}),
});
const mediaType = record("media-types");
const customer = record("customers");
const employee = record("employees");
const invoice = record("invoices");

/** Every kind of entity as a table. */
export const KINDS: readonly Kind[] = [
  {
    name: "tracks",
    label: TEXTS.browse.kinds.tracks,
    page: links.track,
    columns: [
      id(links.track),
      named(links.track),
      { name: "artist_name", label: T.artist, sort: "artist", href: to(links.artist, "artist_id") },
      { name: "album_title", label: T.album, sort: "album", href: to(links.album, "album_id") },
      { name: "genre_name", label: T.genre, href: to(links.genre, "genre_id") },
      { name: "milliseconds", label: T.duration, sort: "milliseconds", number: true, format: duration },
      { name: "unit_price", label: T.price, sort: "unit_price", number: true, format: money },
      { name: "composer", label: T.composer, hidden: true },
      { name: "media_type_name", label: T.mediaType, href: to(mediaType, "media_type_id"), hidden: true },
      { name: "disc_number", label: T.disc, number: true, hidden: true },
      { name: "track_number", label: T.number, number: true, hidden: true },
      { name: "bytes", label: T.size, number: true, format: bytes, hidden: true },
      COMMENTS,
      ...NAMES,
      ...TIMES.map((column) => ({ ...column, hidden: true as const })),
    ],
    filters: [
      NAME_PREFIX,
      { name: "genre_id", label: T.genre, type: "genre" },
      { name: "media_type_id", label: T.mediaType, type: "mediaType" },
      { name: "composer", label: F.composer, type: "text" },
      { name: "milliseconds_min", label: F.minutesFrom, type: "minutes" },
      { name: "milliseconds_max", label: F.minutesTo, type: "minutes" },
      { name: "unit_price_max", label: F.priceTo, type: "money" },
    ],
  },
  {
    name: "albums",
    label: TEXTS.browse.kinds.albums,
    page: links.album,
    columns: [
      id(links.album),
      named(links.album, "title", T.title),
      { name: "artist_name", label: T.artist, sort: "artist", href: to(links.artist, "artist_id") },
      { name: "release_date", label: T.released, sort: "release_date", format: date },
      COMMENTS,
      ...NAMES,
      ...TIMES,
    ],
    filters: [
      { name: "title_prefix", label: F.titleBegins, type: "text" },
      { name: "release_date_from", label: F.releasedFrom, type: "date" },
      { name: "release_date_to", label: F.releasedTo, type: "date" },
    ],
  },
  {
    name: "artists",
    label: TEXTS.browse.kinds.artists,
    page: links.artist,
    columns: [id(links.artist), named(links.artist), COMMENTS, ...NAMES, ...TIMES],
    filters: [NAME_PREFIX],
  },
  {
    name: "genres",
    label: TEXTS.browse.kinds.genres,
    page: links.genre,
    columns: [id(links.genre), named(links.genre), ...NAMES, ...TIMES],
    filters: [NAME_PREFIX],
  },
  {
    name: "playlists",
    label: TEXTS.browse.kinds.playlists,
    page: links.playlist,
    columns: [
      id(links.playlist),
      named(links.playlist),
      plain("owner_name", T.owner),
      plain("visibility", T.visibility),
      { name: "track_count", label: T.tracks, number: true, format: count },
      { name: "milliseconds", label: T.duration, number: true, format: duration },
      COMMENTS,
      ...NAMES,
      ...TIMES,
    ],
    filters: [NAME_PREFIX],
  },
  {
    name: "media-types",
    label: TEXTS.browse.kinds["media-types"],
    page: mediaType,
    columns: [id(mediaType), named(mediaType), ...NAMES, ...TIMES],
    filters: [NAME_PREFIX],
  },
  {
    name: "customers",
    label: TEXTS.browse.kinds.customers,
    operators: true,
    page: customer,
    columns: [
      id(customer),
      plain("first_name", T.firstName),
      named(customer, "last_name", T.lastName),
      plain("email", T.email),
      plain("country", T.country),
      plain("city", T.city),
      plain("company", T.company),
      { name: "support_rep_id", label: T.supporter, number: true, href: to(employee, "support_rep_id") },
      ...["address", "state", "postal_code", "phone", "fax"].map((name) =>
        plain(name, T[name as "address"], true),
      ),
    ],
    filters: [
      { name: "last_name_prefix", label: F.lastNameBegins, type: "text" },
      { name: "country", label: T.country, type: "text" },
      { name: "email", label: T.email, type: "text" },
      { name: "support_rep_id", label: T.supporter, type: "integer" },
    ],
  },
  {
    name: "employees",
    label: TEXTS.browse.kinds.employees,
    operators: true,
    page: employee,
    columns: [
      id(employee),
      plain("first_name", T.firstName),
      named(employee, "last_name", T.lastName),
      plain("title", T.position),
      { name: "reports_to", label: T.reportsTo, number: true, href: to(employee, "reports_to") },
      { name: "hire_date", label: T.hired, format: date },
      plain("email", T.email),
      plain("city", T.city),
      plain("country", T.country, true),
      plain("phone", T.phone, true),
    ],
    filters: [
      { name: "last_name_prefix", label: F.lastNameBegins, type: "text" },
      { name: "reports_to", label: T.reportsTo, type: "integer" },
    ],
  },
  {
    name: "invoices",
    label: TEXTS.browse.kinds.invoices,
    operators: true,
    page: invoice,
    columns: [
      id(invoice),
      { name: "customer_id", label: T.customer, number: true, href: to(customer, "customer_id") },
      { name: "invoice_date", label: T.date, sort: "invoice_date", format: moment },
      { name: "total", label: T.total, sort: "total", number: true, format: money },
      plain("billing_country", T.country),
      plain("billing_city", T.city),
      { name: "refund_of", label: T.refundOf, number: true, href: to(invoice, "refund_of") },
      plain("billing_address", T.address, true),
      plain("billing_postal_code", T.postal_code, true),
    ],
    filters: [
      { name: "customer_id", label: T.customer, type: "integer" },
      { name: "invoice_date_from", label: F.dateFrom, type: "moment" },
      { name: "invoice_date_to", label: F.dateTo, type: "moment" },
    ],
  },
];

export const kindOf = (name: string): Kind | undefined => KINDS.find((kind) => kind.name === name);

/** A row's cell as people read it; empty where there is nothing. */
export function cellText({ name, format }: Column, row: Row): string {
  const value = row[name];
  if (value === null || value === undefined) return "";
  return format === undefined ? String(value) : format(value as never);
}
