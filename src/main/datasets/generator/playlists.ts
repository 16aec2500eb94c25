import { slugify } from "../../../shared/names.ts";
import type { Plan } from "./draft.ts";
import { GENRES } from "./genres.ts";
import { fromList, grammar } from "./grammar.ts";
import type { Popularity } from "./popularity.ts";
import { Random } from "./random.ts";
import type { Row } from "./shelves.ts";
import { STREAM } from "./streams.ts";
import { DAY_MS, timestamp, updatedAfter, uuid } from "./values.ts";

interface Playlist {
  readonly name: string;
  readonly genres: readonly number[];
  readonly size: number;
  readonly created: number;
}

const MOST_ENTRIES = 2000;
const FEWEST_ENTRIES = 30;
const MIXED = 0.5;

const split = (text: string): readonly string[] => text.split("|");
const moods = fromList(
  split("Late-Night|Sunday Morning|Mellow|Rainy-Day|Upbeat|Slow|Sunny|Quiet|Loud|Wistful|Golden|Restless"),
);
const occasions = fromList(
  split(
    "the Road|Dinner|Running|Studying|the Kitchen|a Long Drive|Dancing|Falling Asleep|the Gym|a Picnic|Work",
  ),
);
/** Names of playlists over all genres, and over one or two genres. */
const mixed = grammar(
  `
  4 {mood} Mix
  4 Music for {occasion}
  4 {mood} Music for {occasion}
  2 Songs for {occasion}
  1 {mood} Songs`,
  { mood: moods, occasion: occasions },
);
const named = grammar(
  `
  5 {mood} {genre}
  4 {genre} for {occasion}
  3 {genre} Essentials
  3 {decade} {genre}
  2 {genre} Deep Cuts
  2 New in {genre}
  1 Hidden {genre}
  1 {genre}: {mood} Hours`,
  {
    genre: () => "\u0000",
    mood: moods,
    occasion: occasions,
    decade: fromList(split("Sixties|Seventies|Eighties|Nineties|Classic|Modern|Early|Forgotten")),
  },
);

/** The playlists and their entries. All are planned first: there are only a few hundred. */
export class Playlists {
  readonly #plan: Plan;
  readonly #popularity: Popularity;
  readonly #lists: Playlist[];

  constructor(plan: Plan, popularity: Popularity) {
    this.#plan = plan;
    this.#popularity = popularity;
    const random = new Random(plan.seed, STREAM.playlists);
    const names = new Set<string>();
    this.#lists = Array.from({ length: plan.sizes.playlists }, (_, index) =>
      this.#make(random, names, index),
    );
    this.#lists.sort((a, b) => a.created - b.created);
  }

  /** The first is the store's own playlist of everything. Names are unique as long as possible. */
  #make(random: Random, names: Set<string>, index: number): Playlist {
    const created = this.#plan.now - random.float() * 8 * 365 * DAY_MS;
    if (index === 0) {
      return { name: "Everyone's Favourites", genres: [], size: this.#cap(MOST_ENTRIES), created };
    }
    const general = random.chance(MIXED);
    const count = general ? 0 : random.between(1, 2);
    const genres = Array.from({ length: count }, () => this.#popularity.genre(random));
    const name = unused(names, () => (general ? mixed(random) : genreName(random, genres[0]!)));
    const size = FEWEST_ENTRIES * (MOST_ENTRIES / FEWEST_ENTRIES) ** random.float();
    return { name, genres, size: this.#cap(Math.round(size)), created };
  }

  #cap(size: number): number {
    return Math.max(1, Math.min(size, Math.floor(this.#plan.sizes.tracks * 0.6)));
  }

  *rows(): Generator<Row> {
    const random = new Random(this.#plan.seed, STREAM.playlists, 1);
    for (const [index, { name, created }] of this.#lists.entries()) {
      const updated = timestamp(updatedAfter(random, created, this.#plan.now));
      yield [index + 1, uuid(random), slugify(name), name, timestamp(created), updated];
    }
  }

  /** Entries by ascending track id within a playlist: the order of the table on disk. */
  *entries(): Generator<Row> {
    const random = new Random(this.#plan.seed, STREAM.playlists, 2);
    for (const [index, list] of this.#lists.entries()) {
      const tracks = this.#choose(random, list).sort();
      for (const track of tracks) {
        const added = list.created + random.float() * (this.#plan.now - list.created);
        yield [index + 1, track, timestamp(added)];
      }
    }
  }

  /** A playlist of a small genre stays shorter than planned once the same tracks repeat. */
  #choose(random: Random, { genres, size }: Playlist): Uint32Array {
    const tracks = new Set<number>();
    for (let tries = 0; tracks.size < size && tries < size * 4; tries++) {
      tracks.add(this.#popularity.track(random, genres.length === 0 ? undefined : random.pick(genres)));
    }
    return Uint32Array.from(tracks);
  }
}

const genreName = (random: Random, genre: number): string =>
  named(random).replace("\u0000", GENRES[genre]!.name);

function unused(names: Set<string>, write: () => string): string {
  let name = write();
  for (let tries = 0; names.has(name) && tries < 50; tries++) name = write();
  names.add(name);
  return name;
}
