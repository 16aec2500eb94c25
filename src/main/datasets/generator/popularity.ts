import type { Plan } from "./draft.ts";
import { MEDIA_TYPES } from "./genres.ts";
import { mix32, Random } from "./random.ts";
import { STREAM } from "./streams.ts";

const ALBUM_SHIFT = 12;
const FAVOURITES = 6;
const GENRES_EACH = 3;
const FAITHFUL = 0.8;
const DEVOTED = 0.35;

/**
 * The popularity of tracks. In the plan a genre's albums begin with those of famous artists, so a Zipf rank is an
 * album. Tracks within an album follow the same distribution. Nothing is stored per track.
 */
export class Popularity {
  readonly #plan: Plan;
  readonly #mediaOf: Uint8Array;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#mediaOf = new Uint8Array(plan.sizes.tracks + 1);
    for (const [album, first] of plan.album.firstTrack.entries()) {
      this.#mediaOf.fill(plan.album.media[album]!, first, first + plan.album.size[album]!);
    }
  }

  /** A genre with tracks, in proportion to its albums. */
  genre(random: Random): number {
    const album = random.next() % this.#plan.album.artist.length;
    return this.#plan.artist.genre[this.#plan.album.artist[album]!]!;
  }

  album(random: Random, genre: number): number {
    const { genreAlbums } = this.#plan;
    const [first, end] = [genreAlbums[genre]!, genreAlbums[genre + 1]!];
    return first + random.zipf(end - first, ALBUM_SHIFT);
  }

  /** The id of a track of this album. Some are far more frequent; the first need not be the hit. */
  trackOf(random: Random, album: number): number {
    const size = this.#plan.album.size[album]!;
    const rank = Math.floor(size * random.float() ** 1.7);
    return this.#plan.album.firstTrack[album]! + ((rank + mix32(album)) % size);
  }

  track(random: Random, genre = this.genre(random)): number {
    return this.trackOf(random, this.album(random, genre));
  }

  cents(track: number): number {
    return MEDIA_TYPES[this.#mediaOf[track]!]!.cents;
  }
}

/** Each customer's taste: one to three genres, and a few albums that are played again and again. */
export class Tastes {
  readonly #popularity: Popularity;
  readonly #genres: Uint8Array;
  readonly #albums: Uint32Array;

  constructor(plan: Plan, popularity: Popularity) {
    this.#popularity = popularity;
    this.#genres = new Uint8Array((plan.sizes.customers + 1) * GENRES_EACH);
    this.#albums = new Uint32Array((plan.sizes.customers + 1) * FAVOURITES);
    const random = new Random(plan.seed, STREAM.tastes);
    for (let customer = 1; customer <= plan.sizes.customers; customer++) this.#form(random, customer);
  }

  /** With fewer than three genres, some of the three slots repeat one. */
  #form(random: Random, customer: number): void {
    const count = random.between(1, GENRES_EACH);
    const chosen = Array.from({ length: count }, () => this.#popularity.genre(random));
    for (let place = 0; place < GENRES_EACH; place++) {
      this.#genres[customer * GENRES_EACH + place] = chosen[place % count]!;
    }
    for (let place = 0; place < FAVOURITES; place++) {
      this.#albums[customer * FAVOURITES + place] = this.#popularity.album(random, chosen[place % count]!);
    }
  }

  /** A track for this customer: four in five from favourite genres, many of them from favourite albums. */
  track(random: Random, customer: number): number {
    if (!random.chance(FAITHFUL)) return this.#popularity.track(random);
    if (random.chance(DEVOTED)) {
      const album = this.#albums[customer * FAVOURITES + (random.next() % FAVOURITES)]!;
      return this.#popularity.trackOf(random, album);
    }
    return this.#popularity.track(
      random,
      this.#genres[customer * GENRES_EACH + (random.next() % GENRES_EACH)]!,
    );
  }
}
