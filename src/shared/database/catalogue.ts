/**
 * The tables that hold the catalogue, or what was derived from it: those that a replacement of the catalogue
 * replaces. Rows of every other table are users' data and stay. Virtual tables are not listed: they index these.
 *
 * A new migration that adds a table says here, or in the test that compares this list with the schema, which of the
 * two it is. What refers to the catalogue by a foreign key belongs here.
 */
export const CATALOGUE_TABLES: ReadonlySet<string> = new Set([
  ...["artists", "albums", "genres", "media_types", "tracks", "playlists", "playlist_tracks"],
  ...["employees", "customers", "invoices", "invoice_lines", "plays"],
  ...["play_totals", "play_totals_due", "play_totals_closed"],
  ...[
    "tags",
    "track_tags",
    "track_documents",
    "track_popularity",
    "search_pending",
    "search_words",
    "suggestions",
  ],
  ...["vector_queue", "vector_spread", "vector_changes", "lyric_model", "similar_tracks"],
  // Their answers name rows of the catalogue that they were given for.
  "idempotency_keys",
]);

/**
 * Of one table that is kept, some rows are the catalogue's all the same: listeners without an account, who come with
 * plays and customers. What an account had to do with a customer of the old catalogue ends with that.
 */
export const ACCOUNTS = {
  table: "users",
  where: "id > 1000000 OR email IS NOT NULL",
  cleared: "customer_id",
};

/** The rows of `meta` that tell of the catalogue; the others tell of the database. */
export const CATALOGUE_FACTS: readonly string[] = ["source", "changed", "demo"];

/**
 * The tables of a schema that hold rows of their own: neither virtual ones, nor what belongs to those. The latter are
 * told by their names, since not every extension says which are its own.
 */
export const TABLES_SQL = `SELECT name FROM pragma_table_list t
  WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND NOT EXISTS (
    SELECT 1 FROM pragma_table_list v
    WHERE v.schema = 'main' AND v.type = 'virtual' AND substr(t.name, 1, length(v.name) + 1) = v.name || '_')
  ORDER BY name`;
