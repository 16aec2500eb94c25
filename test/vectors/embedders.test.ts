import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cosineOf, DIMENSIONS, normalise } from "../../src/shared/embedders/embedder.ts";
import { bucketOf, type LyricSource, lyricEmbedder, termsOf } from "../../src/shared/embedders/lyric.ts";
import { BUCKETS, inverseFrequencies, lyricModel, UNFITTED } from "../../src/shared/embedders/lyric-model.ts";
import { type MetadataSource, metadataEmbedder } from "../../src/shared/embedders/metadata.ts";

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

const song = (part: Partial<MetadataSource> = {}): MetadataSource => ({
  genre: "Rock",
  artist: "The Tide Tables",
  mediaType: "MP3 audio",
  releaseDate: "1994-05-21",
  milliseconds: 240_000,
  bytes: 7_680_000,
  cents: 99,
  ...part,
});
const likeness = (a: Partial<MetadataSource>, b: Partial<MetadataSource> = {}): number =>
  dot(metadataEmbedder.embed(song(a)), metadataEmbedder.embed(song(b)));

const words = (name: string, part: Partial<LyricSource> = {}): LyricSource => ({
  ...{ name, album: null, artist: null, composer: null, lyrics: null },
  ...part,
});
const { embed } = lyricEmbedder(UNFITTED);
const wordLikeness = (a: LyricSource, b: LyricSource): number => dot(embed(a), embed(b));

const nullableText = fc.option(fc.string({ unit: "binary", maxLength: 40 }));

describe("every vector has the right dimension, is finite and has norm 1", () => {
  const unit = (vector: Float32Array, dimensions: number) => {
    expect(vector.length).toBe(dimensions);
    expect(Math.sqrt(dot(vector, vector))).toBeCloseTo(1, 5);
  };

  test("metadata vectors of any track", () => {
    const source = fc.record<MetadataSource>({
      genre: nullableText,
      artist: nullableText,
      mediaType: nullableText,
      releaseDate: fc.option(fc.constantFrom("0001-01-01", "1994-05-21", "9999-12-31")),
      milliseconds: fc.nat(1_000_000_000),
      bytes: fc.option(fc.nat(1_000_000_000)),
      cents: fc.nat(100_000_000),
    });
    fc.assert(fc.property(source, (any) => unit(metadataEmbedder.embed(any), DIMENSIONS.metadata)));
  });

  test("lyric vectors of any text", () => {
    const source = fc.record<LyricSource>({
      name: fc.string({ unit: "binary", maxLength: 60 }),
      ...{ album: nullableText, artist: nullableText, composer: nullableText, lyrics: nullableText },
    });
    fc.assert(fc.property(source, (any) => unit(embed(any), DIMENSIONS.lyric)));
  });

  test("the same input gives the same vector", () => {
    expect(metadataEmbedder.embed(song())).toEqual(metadataEmbedder.embed(song()));
    expect(embed(words("Harbour Lights"))).toEqual(embed(words("Harbour Lights")));
  });

  test("a zero vector is not normalised; numbers of any size are", () => {
    expect(normalise([0, 0])).toBeUndefined();
    expect(normalise([1, Number.NaN])).toBeUndefined();
    expect(normalise([Number.POSITIVE_INFINITY, 0])).toBeUndefined();
    for (const size of [1e308, 1e-308]) expect([...normalise([size, 0])!]).toEqual([1, 0]);
    expect(cosineOf(0)).toBe(1);
    expect(cosineOf(2)).toBe(-1);
  });
});

describe("metadata vectors", () => {
  test("genre weighs more than artist, artist more than duration", () => {
    const [genre, artist, length] = [
      likeness({ genre: "Opera" }),
      likeness({ artist: "Night Ferry" }),
      likeness({ milliseconds: 300_000 }),
    ];
    expect(genre).toBeLessThan(artist);
    expect(artist).toBeLessThan(length);
    expect(length).toBeLessThan(1);
  });

  test("genres that share a word are nearer than genres that do not", () => {
    for (const [one, near, far] of [
      ["Rock", "Indie Rock", "Chamber Music"],
      ["Alternative", "Alternative & Punk", "Reggae"],
      ["Heavy Metal", "Metal", "Bossa Nova"],
    ] as const)
      expect(likeness({ genre: one }, { genre: near })).toBeGreaterThan(
        likeness({ genre: one }, { genre: far }),
      );
  });

  test("similarity decreases smoothly with the distance of years and durations", () => {
    const years = ["1994", "1998", "2006", "2020"].map((year) => likeness({ releaseDate: `${year}-01-01` }));
    expect(years).toEqual(years.toSorted((a, b) => b - a));
    const seconds = [240, 300, 600, 2_400].map((s) =>
      likeness({ milliseconds: s * 1_000, bytes: null }, { bytes: null }),
    );
    expect(seconds).toEqual(seconds.toSorted((a, b) => b - a));
  });

  test("unknown fields do not reduce similarity", () => {
    expect(likeness({ releaseDate: null, bytes: null })).toBeGreaterThan(0.8);
  });
});

describe("lyric vectors", () => {
  test("case, accents and punctuation make no difference", () => {
    expect(wordLikeness(words("Canción de Amor"), words("CANCION de amor!"))).toBeCloseTo(1, 5);
  });

  test("an equal word is nearer than a similar one, a similar one nearer than an unrelated one", () => {
    const lover = words("Midnight Lover");
    const [same, similar, other] = ["Midnight Train", "Lovers", "Velvet Gasoline"].map((name) =>
      wordLikeness(lover, words(name)),
    ) as [number, number, number];
    expect(same).toBeGreaterThan(similar);
    expect(similar).toBeGreaterThan(other);
    expect(Math.abs(other)).toBeLessThan(0.2);
  });

  test("lyrics are used if present", () => {
    const sea = words("Untitled", { lyrics: "the sea, the salt and the harbour lights" });
    expect(wordLikeness(sea, words("Harbour Lights"))).toBeGreaterThan(
      wordLikeness(words("Untitled"), words("Harbour Lights")) + 0.2,
    );
  });

  test("a rare word outweighs a common one once the catalogue is known", () => {
    const counts = new Uint32Array(BUCKETS);
    for (const term of termsOf(words("love")).keys()) counts[bucketOf(term)] = 900;
    const known = lyricEmbedder(lyricModel(1, inverseFrequencies(counts, 1_000)));
    const near = (a: string, b: string) => dot(known.embed(words(a)), known.embed(words(b)));
    expect(near("love zeppelin", "zeppelin waltz")).toBeGreaterThan(
      near("love zeppelin", "love waltz") + 0.1,
    );
  });

  test("a name without letters has a vector", () => {
    expect(wordLikeness(words("🎵🎵"), words("…"))).toBeLessThan(0.9);
  });
});
