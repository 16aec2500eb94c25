import type { Connection } from "../shared/database/sqlite.ts";
import { normalise } from "../shared/embedders/embedder.ts";
import { bucketOf, type LyricSource, lyricEmbedder, termsOf } from "../shared/embedders/lyric.ts";
import { BUCKETS, type LyricModel, lyricModel, UNFITTED } from "../shared/embedders/lyric-model.ts";
import { metadataEmbedder } from "../shared/embedders/metadata.ts";
import { highlight, highlights } from "./highlights.ts";
import { addPart, pack, Tally, toJson } from "./play-totals.ts";
import { DayOfSales, type SaleLine, type SalesBy, SalesTally } from "./sales.ts";
import { spreadArtists } from "./spread-artists.ts";
import { titleRank } from "./titles.ts";

type Text = string | null;

/**
 * SQL functions for reads. Embedding is a function of a row, so it is an SQL function: the thread that reads a
 * track's texts also computes its vector. It runs on the scan lane, which delays no point read, and needs no thread
 * of its own.
 *
 * A function that fails on one row returns NULL, so the read's other rows are not affected.
 */
export function registerFunctions(db: Connection): void {
  const pure = { directOnly: true, deterministic: true } as const;
  db.function(
    "embed_metadata",
    pure,
    (
      genre: Text,
      artist: Text,
      mediaType: Text,
      releaseDate: Text,
      ms: number,
      bytes: number,
      cents: number,
    ) =>
      orNull(() =>
        metadataEmbedder.embed({ genre, artist, mediaType, releaseDate, milliseconds: ms, bytes, cents }),
      ),
  );
  db.function("lyric_model", pure, rememberModel);
  db.function(
    "embed_lyric",
    pure,
    (version: number | null, name: string, album: Text, artist: Text, composer: Text, lyrics: Text) =>
      orNull(() => lyricEmbedder(modelOf(version)).embed({ name, album, artist, composer, lyrics })),
  );
  db.aggregate("lyric_frequencies", {
    ...pure,
    start: () => new Uint16Array(BUCKETS),
    // The types declare only steps with one argument.
    step: count as unknown as (counts: Uint16Array, next: unknown) => Uint16Array,
    result: (counts) => Buffer.from(counts.buffer),
  });
  db.aggregate("mean_vector", {
    ...pure,
    start: (): number[] => [],
    step: addVector as unknown as (sum: number[], next: unknown) => number[],
    result: (sum) => bufferOf(normalise(sum)),
  });
  const tally = { ...pure, start: () => new Tally(), step: addPart as (sum: Tally, next: unknown) => Tally };
  db.aggregate("tally_plays", { ...tally, result: toJson });
  db.aggregate("pack_plays", { ...tally, result: pack });
  registerSales(db);
  db.function("title_rank", pure, titleRank);
  db.function("highlights", pure, highlights);
  db.function("highlight", pure, highlight);
  db.function("spread_artists", pure, (rows: string, most: number) =>
    JSON.stringify(spreadArtists(JSON.parse(rows), most)),
  );
}

/**
 * `pack_sales(invoice, customer, …)` packs the lines of a day; `tally_sales(by, limit, period, day, sales)`
 * sums packed days, see {@link SalesTally}.
 */
function registerSales(db: Connection): void {
  const pure = { directOnly: true, deterministic: true } as const;
  db.aggregate("pack_sales", {
    ...pure,
    start: () => new DayOfSales(),
    step: ((day: DayOfSales, ...line: SaleLine) => {
      day.add(...line);
      return day;
    }) as unknown as (day: DayOfSales, next: unknown) => DayOfSales,
    result: (day) => day.packed(),
    varargs: true,
  });
  db.aggregate("tally_sales", {
    ...pure,
    start: () => new SalesTally(),
    step: ((
      tally: SalesTally,
      by: SalesBy,
      limit: number,
      period: number,
      day: string,
      sales: Uint8Array,
    ) => {
      tally.add(by, limit, period, day, sales);
      return tally;
    }) as unknown as (tally: SalesTally, next: unknown) => SalesTally,
    result: (tally) => tally.toJson(),
  });
}

function orNull(compute: () => Float32Array<ArrayBuffer>): Buffer | null {
  try {
    return Buffer.from(compute().buffer);
  } catch {
    return null;
  }
}

const bufferOf = (vector: Float32Array<ArrayBuffer> | undefined): Buffer | null =>
  vector === undefined ? null : Buffer.from(vector.buffer);

/** `mean_vector(embedding)`: the direction of the mean vector; null if it has none. */
function addVector(sum: number[], vector: Buffer): number[] {
  for (let i = 0; 4 * i < vector.length; i++) sum[i] = (sum[i] ?? 0) + vector.readFloatLE(4 * i);
  return sum;
}

/** The latest model. It is decoded once, however many reads send it. */
let model: LyricModel = UNFITTED;

/**
 * `lyric_model(version, idf)`: keeps the model for the `embed_lyric` calls of the same read. @returns its version.
 */
function rememberModel(version: number, idf: Buffer): number {
  if (model.version !== version) model = lyricModel(version, Uint8Array.from(idf));
  return version;
}

const modelOf = (version: number | null): LyricModel => (version === model.version ? model : UNFITTED);

/**
 * `lyric_frequencies(name, album, artist, composer)`: for each bucket, the number of rows with its terms, over at
 * most 65,535 rows.
 */
function count(counts: Uint16Array, name: string, album: Text, artist: Text, composer: Text): Uint16Array {
  const source: LyricSource = { name, album, artist, composer, lyrics: null };
  for (const bucket of new Set([...termsOf(source).keys()].map(bucketOf))) counts[bucket]!++;
  return counts;
}
