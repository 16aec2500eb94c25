import type { Connection } from "../shared/database/sqlite.ts";
import { normalise } from "../shared/embedders/embedder.ts";
import { bucketOf, type LyricSource, lyricEmbedder, termsOf } from "../shared/embedders/lyric.ts";
import { BUCKETS, type LyricModel, lyricModel, UNFITTED } from "../shared/embedders/lyric-model.ts";
import { metadataEmbedder } from "../shared/embedders/metadata.ts";
import { highlights } from "./highlights.ts";
import { addPart, pack, Tally, toJson } from "./play-totals.ts";
import { spreadArtists } from "./spread-artists.ts";
import { titleRank } from "./titles.ts";

type Text = string | null;

/**
 * What reads can call that SQLite does not have. Embedding is a function of a row, so it is one in SQL too: the
 * thread that reads a track's texts also computes its vector, on the lane that keeps nobody waiting, and no thread
 * is there for that alone.
 *
 * A function that fails on one row answers NULL: the others of its read go on.
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
    // The types know of steps with one argument only.
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
  db.function("title_rank", pure, titleRank);
  db.function("highlights", pure, highlights);
  db.function("spread_artists", pure, (rows: string) => JSON.stringify(spreadArtists(JSON.parse(rows))));
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

/** `mean_vector(embedding)`: the direction of the mean of some vectors, null where they have none. */
function addVector(sum: number[], vector: Buffer): number[] {
  for (let i = 0; 4 * i < vector.length; i++) sum[i] = (sum[i] ?? 0) + vector.readFloatLE(4 * i);
  return sum;
}

/** The newest model that a read brought here: decoded once, however many reads bring it. */
let model: LyricModel = UNFITTED;

/** `lyric_model(version, idf)`: keeps the model for the `embed_lyric` calls of the same read. @returns its version. */
function rememberModel(version: number, idf: Buffer): number {
  if (model.version !== version) model = lyricModel(version, Uint8Array.from(idf));
  return version;
}

const modelOf = (version: number | null): LyricModel => (version === model.version ? model : UNFITTED);

/** `lyric_frequencies(name, album, artist, composer)`: how many of at most 65,535 rows hold each bucket's terms. */
function count(counts: Uint16Array, name: string, album: Text, artist: Text, composer: Text): Uint16Array {
  const source: LyricSource = { name, album, artist, composer, lyrics: null };
  for (const bucket of new Set([...termsOf(source).keys()].map(bucketOf))) counts[bucket]!++;
  return counts;
}
