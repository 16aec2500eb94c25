import { type BulkTable, CHUNK_ROWS, type Chunk } from "../../shared/tables.ts";
import { plays } from "./generator/listening.ts";
import { makePlan } from "./generator/plan.ts";
import { Playlists } from "./generator/playlists.ts";
import { Popularity, Tastes } from "./generator/popularity.ts";
import { type Row, Shelves } from "./generator/shelves.ts";
import { Shop } from "./generator/shop.ts";
import { estimateRows, sizesOf } from "./generator/sizes.ts";

export interface GenerateOptions {
  /** From 1 to five million. */
  readonly tracks: number;
  readonly seed: number;
  /** The latest time in the catalogue. Truncate it to the day to get the same catalogue all day. */
  readonly now: Date;
}

/**
 * Generates an invented music store: chunks in the order of `BULK_TABLES`, so that a row never precedes one that it
 * refers to. The same options give the same rows, byte for byte. Rows are generated lazily. The plan in memory
 * takes some hundred bytes per artist, thirty per album and one per track.
 */
export function* generateCatalogue(options: GenerateOptions): Generator<Chunk> {
  const plan = makePlan(options.tracks, options.seed, options.now);
  const shelves = new Shelves(plan);
  const popularity = new Popularity(plan);
  const tastes = new Tastes(plan, popularity);
  const playlists = new Playlists(plan, popularity);
  const shop = new Shop(plan, popularity, tastes);

  yield* inChunks("artists", shelves.artists());
  yield* inChunks("albums", shelves.albums());
  yield* inChunks("genres", shelves.genres());
  yield* inChunks("media_types", shelves.mediaTypes());
  yield* inChunks("tracks", shelves.tracks());
  yield* inChunks("playlists", playlists.rows());
  yield* inChunks("playlist_tracks", playlists.entries());
  yield* inChunks("employees", shop.employees());
  yield* inChunks("customers", shop.customers());
  yield* inChunks("invoices", shop.invoices());
  yield* inChunks("invoice_lines", shop.invoiceLines());
  yield* inChunks("plays", plays(plan, tastes));
}

/**
 * An estimate of the number of rows, for a progress bar: within 15 % from a thousand tracks on, within a few per
 * cent from ten thousand.
 */
export function expectedRows(options: Pick<GenerateOptions, "tracks">): number {
  return estimateRows(sizesOf(options.tracks));
}

function* inChunks(table: BulkTable, source: Iterable<Row>): Generator<Chunk> {
  let rows: Row[] = [];
  for (const row of source) {
    rows.push(row);
    if (rows.length === CHUNK_ROWS) {
      yield { table, rows };
      rows = [];
    }
  }
  if (rows.length > 0) yield { table, rows };
}

/** The `now` of a generated catalogue: the same all day, so that a seed gives the same catalogue all day. */
export const startOfDay = (time: Date): Date => new Date(time.toISOString().slice(0, 10));
