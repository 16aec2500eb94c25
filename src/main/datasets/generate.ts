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
  /** Nothing in the catalogue happens after this; truncate it to the day for a catalogue that lasts the day. */
  readonly now: Date;
}

/**
 * A whole music store, invented: chunks in the order of `BULK_TABLES`, so that a row never comes before one
 * that it refers to. The same options give the same rows, byte for byte. Rows are made as they are asked for;
 * what is kept is a plan of some hundred bytes an artist and thirty an album, and one byte a track.
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
 * About how many rows there will be, for a progress bar: within 15 % from a thousand tracks on, within a few
 * per cent from ten thousand.
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

/** What "now" is to a generated catalogue: the same all day, so that the same seed gives the same catalogue. */
export const startOfDay = (time: Date): Date => new Date(time.toISOString().slice(0, 10));
