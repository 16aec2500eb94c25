/**
 * The tables of a bulk load, and the column order of its rows.
 *
 * `version` gets its default. Parents precede children, so loading in this order meets no missing foreign key.
 */
export const BULK_COLUMNS = {
  artists: ["id", "public_id", "slug", "name", "created_at", "updated_at"],
  albums: ["id", "public_id", "slug", "title", "artist_id", "release_date", "created_at", "updated_at"],
  genres: ["id", "public_id", "slug", "name", "created_at", "updated_at"],
  media_types: ["id", "public_id", "slug", "name", "created_at", "updated_at"],
  tracks: [
    "id",
    "public_id",
    "slug",
    "name",
    "album_id",
    "media_type_id",
    "genre_id",
    "composer",
    "milliseconds",
    "bytes",
    "unit_price_cents",
    "disc_number",
    "track_number",
    "created_at",
    "updated_at",
  ],
  playlists: ["id", "public_id", "slug", "name", "created_at", "updated_at"],
  playlist_tracks: ["playlist_id", "track_id", "added_at"],
  employees: [
    "id",
    "last_name",
    "first_name",
    "title",
    "reports_to",
    "birth_date",
    "hire_date",
    "address",
    "city",
    "state",
    "country",
    "postal_code",
    "phone",
    "fax",
    "email",
  ],
  customers: [
    "id",
    "first_name",
    "last_name",
    "company",
    "address",
    "city",
    "state",
    "country",
    "postal_code",
    "phone",
    "fax",
    "email",
    "support_rep_id",
  ],
  invoices: [
    "id",
    "customer_id",
    "invoice_date",
    "billing_address",
    "billing_city",
    "billing_state",
    "billing_country",
    "billing_postal_code",
    "total_cents",
  ],
  invoice_lines: ["id", "invoice_id", "track_id", "unit_price_cents", "quantity"],
  plays: ["id", "track_id", "user_id", "played_at"],
} as const satisfies Record<string, readonly string[]>;

export type BulkTable = keyof typeof BULK_COLUMNS;
export const BULK_TABLES = Object.keys(BULK_COLUMNS) as BulkTable[];

export type Value = string | number | null;

/** Rows of one table, with columns in the order of `BULK_COLUMNS[table]`; at most {@link CHUNK_ROWS} of them. */
export interface Chunk {
  readonly table: BulkTable;
  readonly rows: readonly (readonly Value[])[];
}

export const CHUNK_ROWS = 1_000;
