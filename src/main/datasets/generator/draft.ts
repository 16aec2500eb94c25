import { artistName } from "./artists.ts";
import { GENRES, type Genre, MEDIA_TYPES, VIDEO } from "./genres.ts";
import { TONGUES, type Tongue } from "./people.ts";
import { Deck, Random } from "./random.ts";
import type { Sizes } from "./sizes.ts";
import { KINDS, type Kind, STREAM } from "./streams.ts";
import { DAY_MS } from "./values.ts";

/**
 * Everything that must be known before the first row is written, in typed arrays: some 30 bytes per album and a
 * name per artist. Artists and albums are ordered by genre, famous ones first. An artist's albums are adjacent and
 * ordered by release. Ids follow the day on which the store added them.
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
  /** Start index of each genre's artists and albums, and after the last genre the end. */
  readonly genreArtists: Uint32Array;
  readonly genreAlbums: Uint32Array;
}

const STORE_AGE_DAYS = 12 * 365;
const MOST_ALBUMS = 40;
const UNRECORDED = 0.17;

/** Numbers of albums per artist: most artists have one, a few have dozens. */
const ALBUM_COUNTS = new Deck(
  Array.from({ length: MOST_ALBUMS }, (_, index) => index + 1),
  Array.from({ length: MOST_ALBUMS }, (_, index) => (index + 1) ** -2.7),
);
const SEASON_COUNTS = new Deck([1, 2, 3, 4, 5, 6, 7, 8], [30, 24, 16, 11, 8, 5, 4, 2]);
const LATER_KINDS = new Deck([0, 1, 2, 3], [73, 8, 7, 12]);
const AUDIO = new Deck(
  MEDIA_TYPES.map((_, index) => index),
  MEDIA_TYPES.map((media) => media.share),
);
const TONGUE_DECKS = GENRES.map(({ tongues }) => {
  const entries = Object.entries(tongues) as [Tongue, number][];
  return new Deck(
    entries.map(([tongue]) => TONGUES.indexOf(tongue)),
    entries.map(([, weight]) => weight),
  );
});

/** A plan under construction: its columns grow, one genre after the other. */
export class Draft {
  readonly #random: Random;
  readonly #seed: number;
  readonly #now: number;
  readonly #today: number;
  readonly #names: string[] = [];
  readonly #taken = new Set<string>();
  readonly #artists = columns("genre", "tongue", "solo", "firstAlbum", "added");
  readonly #albums = columns("artist", "kind", "size", "media", "released", "added");
  readonly #genreArtists = [0];
  readonly #genreAlbums = [0];

  constructor(seed: number, now: number) {
    this.#random = new Random(seed, STREAM.plan);
    this.#seed = seed;
    this.#now = now;
    this.#today = Math.floor(now / DAY_MS);
  }

  fillGenre(genre: number, tracks: number): void {
    let left = tracks;
    while (left > 0) {
      const count = (GENRES[genre]!.content === "episodes" ? SEASON_COUNTS : ALBUM_COUNTS).draw(this.#random);
      left -= this.#addArtist(genre, count, left);
      if (left > 0 && this.#random.chance(UNRECORDED)) this.#addArtist(genre, 0, 0);
    }
    this.#genreArtists.push(this.#names.length);
    this.#genreAlbums.push(this.#albums.artist.length);
  }

  /** Adds an artist with its albums, and at most `left` tracks. @returns the number of tracks. */
  #addArtist(genre: number, albums: number, left: number): number {
    const tongue = TONGUE_DECKS[genre]!.draw(this.#random);
    const { name, solo } = this.#unusedName(GENRES[genre]!, TONGUES[tongue]!);
    const earliest = this.#albums.added.length;
    const columns = { genre, tongue, solo: solo ? 1 : 0, firstAlbum: earliest };
    append(this.#artists, { ...columns, added: 0 });
    this.#names.push(name);
    const used = this.#addAlbums(GENRES[genre]!, albums, left);
    const added = Math.min(this.#anyTime(), ...this.#albums.added.slice(earliest));
    this.#artists.added[this.#names.length - 1] = added;
    return used;
  }

  /** A store should not have the same name twice. After some tries a repeated name is accepted. */
  #unusedName(genre: Genre, tongue: Tongue): ReturnType<typeof artistName> {
    let found = artistName(this.#random, genre, tongue);
    for (let tries = 0; tries < 30 && this.#taken.has(found.name.toLowerCase()); tries++) {
      found = artistName(this.#random, genre, tongue);
    }
    this.#taken.add(found.name.toLowerCase());
    return found;
  }

  #addAlbums(genre: Genre, count: number, left: number): number {
    const [start, career] = this.#career(genre, count);
    const media = genre.content === "episodes" ? VIDEO : AUDIO.draw(this.#random);
    let used = 0;
    for (let index = 0; index < count && used < left; index++) {
      const kind =
        genre.content === "songs" && index > 0 ? LATER_KINDS.draw(this.#random) : this.#firstKind(genre);
      const size = Math.min(this.#albumSize(genre, KINDS[kind]!), left - used);
      const released = Math.floor(start + (career * (index + this.#random.float())) / count);
      const artist = this.#names.length - 1;
      append(this.#albums, { artist, kind, size, media, released, added: this.#dayAdded(released) });
      used += size;
    }
    return used;
  }

  #firstKind(genre: Genre): number {
    return genre.content === "songs" && this.#random.chance(0.14) ? KINDS.indexOf("ep") : 0;
  }

  /** The first day of an artist's career, and the most days until its last album. */
  #career(genre: Genre, albums: number): [start: number, length: number] {
    const [first, peak, last] = genre.era;
    const year = triangular(this.#random, first, peak, last);
    const start = Math.min((year - 1970) * 365.2425, this.#today - 400);
    return [start, Math.min(this.#today - 3 - start, albums * 365 * (1 + this.#random.float() * 2))];
  }

  #albumSize(genre: Genre, kind: Kind): number {
    const random = this.#random;
    if (genre.content === "episodes") return random.pick([6, 8, 10, 12, 13, 16, 20, 22, 24]);
    if (genre.content === "cues") return random.between(10, 22);
    if (kind === "ep") return random.between(3, 6);
    if (kind === "compilation") return random.between(12, 20);
    if (kind === "studio" && random.chance(0.05)) return random.between(15, 24);
    return random.between(4, 7) + random.between(4, 7);
  }

  #anyTime(): number {
    return this.#now - this.#random.float() * STORE_AGE_DAYS * DAY_MS;
  }

  /** Old records were added at any time, new ones within weeks of their release. */
  #dayAdded(released: number): number {
    const opened = this.#today - STORE_AGE_DAYS;
    const latest = released < opened ? this.#today : Math.min(this.#today, released + 40);
    const earliest = Math.max(opened, released);
    return (earliest + this.#random.float() * (latest - earliest)) * DAY_MS;
  }

  finish(sizes: Sizes): Plan {
    const artistAdded = Float64Array.from(this.#artists.added);
    const albumAdded = Float64Array.from(this.#albums.added);
    const [artistOrder, artistId] = inOrderOf(artistAdded);
    const [order, id] = inOrderOf(albumAdded);
    const size = Uint16Array.from(this.#albums.size);
    return {
      ...{ seed: this.#seed, now: this.#now, sizes },
      artist: {
        name: this.#names,
        genre: Uint8Array.from(this.#artists.genre),
        tongue: Uint8Array.from(this.#artists.tongue),
        solo: Uint8Array.from(this.#artists.solo),
        firstAlbum: Uint32Array.from(this.#artists.firstAlbum),
        ...{ added: artistAdded, order: artistOrder, id: artistId },
      },
      album: {
        artist: Uint32Array.from(this.#albums.artist),
        kind: Uint8Array.from(this.#albums.kind),
        media: Uint8Array.from(this.#albums.media),
        released: Int32Array.from(this.#albums.released),
        ...{ size, added: albumAdded, order, id, firstTrack: firstTracks(size, order) },
      },
      genreArtists: Uint32Array.from(this.#genreArtists),
      genreAlbums: Uint32Array.from(this.#genreAlbums),
    };
  }
}

type Columns<Name extends string> = Record<Name, number[]>;

function columns<Name extends string>(...names: Name[]): Columns<Name> {
  return Object.fromEntries(names.map((name) => [name, []])) as unknown as Columns<Name>;
}

function append<Name extends string>(target: Columns<Name>, row: Record<Name, number>): void {
  for (const name in row) target[name].push(row[name]);
}

/** The indexes by ascending key, and the id (from 1) of each index in that order. */
function inOrderOf(keys: Float64Array): [order: Uint32Array, id: Uint32Array] {
  const order = Uint32Array.from(keys, (_, index) => index).sort((a, b) => keys[a]! - keys[b]! || a - b);
  const id = new Uint32Array(keys.length);
  for (const [position, index] of order.entries()) id[index] = position + 1;
  return [order, id];
}

/** Tracks are numbered album by album, in the order of the albums' ids. */
function firstTracks(size: Uint16Array, order: Uint32Array): Uint32Array {
  const first = new Uint32Array(size.length);
  let next = 1;
  for (const album of order) {
    first[album] = next;
    next += size[album]!;
  }
  return first;
}

/** Triangular distribution: the peak is most likely, the ends are least likely. */
function triangular(random: Random, low: number, peak: number, high: number): number {
  const [u, turn] = [random.float(), (peak - low) / (high - low)];
  if (u < turn) return low + Math.sqrt(u * (high - low) * (peak - low));
  return high - Math.sqrt((1 - u) * (high - low) * (high - peak));
}
