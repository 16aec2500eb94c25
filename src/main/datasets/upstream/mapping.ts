import { slugify, uuidFromName } from "../../../shared/names.ts";
import type { BulkTable, Value } from "../../../shared/tables.ts";
import { MAX_NAME, type SourceRow } from "./row.ts";

export type UpstreamTable = Exclude<BulkTable, "plays">;

interface Mapping {
  /** Singular names in snake_case. `resolveTable` finds the file's spelling. */
  readonly name: string;
  /** The first column is the key. A table without one is sorted by the first two. */
  readonly columns: readonly string[];
  /** The row in the order of `BULK_COLUMNS`. */
  readonly convert: (row: SourceRow, now: string) => readonly Value[];
}

/** Upstream's table names, and the conversion of rows. */
export const UPSTREAM: Readonly<Record<UpstreamTable, Mapping>> = {
  artists: named("artist", "artist_id"),
  albums: {
    name: "album",
    columns: ["album_id", "title", "artist_id"],
    convert: (row, now) => [
      ...identity(row, "album", "album_id", "title"),
      row.id("artist_id"),
      null,
      now,
      now,
    ],
  },
  genres: named("genre", "genre_id"),
  media_types: named("media_type", "media_type_id"),
  tracks: {
    name: "track",
    columns: [
      ...["track_id", "name", "album_id", "media_type_id", "genre_id", "composer", "milliseconds", "bytes"],
      "unit_price",
    ],
    convert: (row, now) => [
      ...identity(row, "track", "track_id", "name"),
      ...[row.optionalId("album_id"), row.id("media_type_id"), row.optionalId("genre_id")],
      ...[
        row.text("composer"),
        row.count("milliseconds"),
        row.optionalCount("bytes"),
        row.cents("unit_price"),
      ],
      // Upstream has no track numbers.
      ...[null, null],
      ...[now, now],
    ],
  },
  playlists: named("playlist", "playlist_id"),
  playlist_tracks: {
    name: "playlist_track",
    columns: ["playlist_id", "track_id"],
    convert: (row, now) => [row.id("playlist_id"), row.id("track_id"), now],
  },
  employees: {
    name: "employee",
    columns: [
      ...[
        "employee_id",
        "last_name",
        "first_name",
        "title",
        "reports_to",
        "birth_date",
        "hire_date",
        "address",
      ],
      ...["city", "state", "country", "postal_code", "phone", "fax", "email"],
    ],
    convert: (row) => [
      ...[row.id("employee_id"), row.name("last_name"), row.name("first_name"), row.text("title")],
      ...[row.optionalId("reports_to"), row.time("birth_date"), row.time("hire_date"), ...postal(row, "")],
      ...[row.text("phone"), row.text("fax"), row.text("email")],
    ],
  },
  customers: {
    name: "customer",
    columns: [
      ...["customer_id", "first_name", "last_name", "company", "address", "city", "state", "country"],
      ...["postal_code", "phone", "fax", "email", "support_rep_id"],
    ],
    convert: (row) => [
      ...[row.id("customer_id"), row.name("first_name"), row.name("last_name"), row.text("company")],
      ...[...postal(row, ""), row.text("phone"), row.text("fax"), row.requiredText("email")],
      row.optionalId("support_rep_id"),
    ],
  },
  invoices: {
    name: "invoice",
    columns: [
      ...["invoice_id", "customer_id", "invoice_date", "billing_address", "billing_city", "billing_state"],
      ...["billing_country", "billing_postal_code", "total"],
    ],
    convert: (row) => [
      ...[row.id("invoice_id"), row.id("customer_id"), row.requiredTime("invoice_date")],
      ...[...postal(row, "billing_"), row.cents("total")],
    ],
  },
  invoice_lines: {
    name: "invoice_line",
    columns: ["invoice_line_id", "invoice_id", "track_id", "unit_price", "quantity"],
    convert: (row) => [
      ...[row.id("invoice_line_id"), row.id("invoice_id"), row.id("track_id")],
      ...[row.cents("unit_price"), row.quantity("quantity")],
    ],
  },
};

/** A table with only an id and a name. */
function named(name: string, key: string): Mapping {
  return {
    name,
    columns: [key, "name"],
    convert: (row, now) => [...identity(row, name, key, "name", MAX_NAME), now, now],
  };
}

/** The id, and the columns derived from id and name: public id, slug, name. */
function identity(
  row: SourceRow,
  table: string,
  key: string,
  column: string,
  max?: number,
): readonly Value[] {
  const [id, name] = [row.id(key), row.name(column, max)];
  return [id, uuidFromName(`chinook:${table}:${id}`), slugify(name), name];
}

function postal(row: SourceRow, prefix: string): readonly Value[] {
  const columns = ["address", "city", "state", "country", "postal_code"];
  return columns.map((column) => row.text(`${prefix}${column}`));
}
