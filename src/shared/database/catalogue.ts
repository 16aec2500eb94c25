/**
 * The tables of the catalogue and of data derived from it. Replacing the catalogue replaces them. Rows of every
 * other table are users' data and are kept. Virtual tables are not listed: they index these.
 *
 * Add each new table here or to the list of the test that compares this one with the schema. A table that refers to
 * the catalogue by a foreign key belongs here.
 */
export const CATALOGUE_TABLES: ReadonlySet<string> = new Set([
  ...["artists", "albums", "genres", "media_types", "tracks", "playlists", "playlist_tracks"],
  ...["employees", "customers", "invoices", "invoice_lines", "plays"],
  ...["play_totals", "play_totals_due", "play_totals_closed"],
  ...["sales_days", "sales_due"],
  ...[
    "tags",
    "tag_names",
    "track_tags",
    "track_metadata",
    "metadata_keys",
    "track_documents",
    "track_popularity",
    "search_pending",
    "search_words",
    "suggestions",
  ],
  ...["vector_queue", "vector_spread", "vector_changes", "lyric_model", "similar_tracks"],
  // They refer to rows of the catalogue.
  ...["favourites", "ratings", "comments", "deleted_entities"],
  // Their answers refer to rows of the old catalogue.
  "idempotency_keys",
]);

/**
 * A kept table with some rows of the catalogue: listeners without an account, which come with plays and customers.
 * An account's link to a customer of the old catalogue is dropped. Number 1,000,000 is
 * the account that owns the operators' keys.
 */
export const ACCOUNTS = {
  table: "users",
  where: "id >= 1000000 OR email IS NOT NULL",
  cleared: "customer_id",
};

/** The rows of `meta` about the catalogue. The others are about the database. */
export const CATALOGUE_FACTS: readonly string[] = ["source", "changed", "demo"];

/**
 * The tables of a schema with rows of their own: neither virtual tables nor their shadow tables. Shadow tables are
 * recognised by name, since not every extension declares its own.
 */
export const TABLES_SQL = `SELECT name FROM pragma_table_list t
  WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND NOT EXISTS (
    SELECT 1 FROM pragma_table_list v
    WHERE v.schema = 'main' AND v.type = 'virtual' AND substr(t.name, 1, length(v.name) + 1) = v.name || '_')
  ORDER BY name`;
