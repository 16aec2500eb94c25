import { Draft } from "./draft.ts";
import { GENRES } from "./genres.ts";
import { type Sizes, sizesOf } from "./sizes.ts";

/**
 * Everything that must be known before the first row is written, in typed arrays: some 30 bytes an album and
 * a name an artist. Artists and albums stand here by genre, the famous ones of a genre first, an artist's
 * albums together and in the order of their release; ids follow the day on which the store added them.
 */
export interface Plan {
  readonly seed: number;
  readonly now: number;
  readonly sizes: Sizes;
  readonly artist: {
    readonly name: readonly string[];
    readonly genre: Uint8Array;
    readonly tongue: Uint8Array;
    readonly solo: Uint8Array;
    readonly firstAlbum: Uint32Array;
    readonly added: Float64Array;
    readonly order: Uint32Array;
    readonly id: Uint32Array;
  };
  readonly album: {
    readonly artist: Uint32Array;
    readonly kind: Uint8Array;
    readonly size: Uint16Array;
    readonly media: Uint8Array;
    readonly released: Int32Array;
    readonly added: Float64Array;
    readonly order: Uint32Array;
    readonly id: Uint32Array;
    readonly firstTrack: Uint32Array;
  };
  /** Where the artists and the albums of each genre begin, and after the last genre, where they end. */
  readonly genreArtists: Uint32Array;
  readonly genreAlbums: Uint32Array;
}

export function makePlan(tracks: number, seed: number, now: Date): Plan {
  const draft = new Draft(seed, now.getTime());
  for (const [genre, share] of shareTracks(tracks).entries()) draft.fillGenre(genre, share);
  return draft.finish(sizesOf(tracks));
}

/** Tracks of each genre by largest remainder: the sum is exact, and the largest genre is never empty. */
function shareTracks(tracks: number): number[] {
  const total = GENRES.reduce((sum, { share }) => sum + share, 0);
  const exact = GENRES.map(({ share }) => (share * tracks) / total);
  const counts = exact.map(Math.floor);
  const missing = tracks - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = exact.map((value, genre) => ({ genre, left: value % 1 }));
  byRemainder.sort((a, b) => b.left - a.left || a.genre - b.genre);
  for (const { genre } of byRemainder.slice(0, missing)) counts[genre]!++;
  return counts;
}
