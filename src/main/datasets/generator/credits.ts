import type { Plan } from "./draft.ts";
import type { Genre } from "./genres.ts";
import { fullName, person, SCRIPTS, TONGUES, type Tongue } from "./people.ts";
import { Random } from "./random.ts";
import { STREAM } from "./streams.ts";

const ALBUMS_WITHOUT = 0.12;
const TRACKS_WITHOUT = 0.13;
const COVERS = 0.06;

/** The composers: the members of the band, with the same names on all of its albums. */
export class Credits {
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** A writer of composers for the tracks of one album. Every eighth album has none. */
  ofAlbum(random: Random, album: number, genre: Genre): () => string | null {
    if (genre.content === "episodes" || random.chance(ALBUMS_WITHOUT)) return () => null;
    const artist = this.#plan.album.artist[album]!;
    const tongue = TONGUES[this.#plan.artist.tongue[artist]!]!;
    const members = this.#members(artist, tongue);
    const usual = members.slice(0, 1 + (random.next() % members.length));
    const style = STYLES_OF_CREDIT[artist % STYLES_OF_CREDIT.length]!;
    return () => {
      if (random.chance(TRACKS_WITHOUT)) return null;
      if (random.chance(COVERS)) return fullName(person(random, tongue), tongue);
      if (random.chance(0.62)) return style(usual, tongue);
      return style(members.slice(random.next() % members.length), tongue);
    };
  }

  /** One to four people. A solo artist is the first of them. */
  #members(artist: number, tongue: Tongue): readonly string[] {
    const random = new Random(this.#plan.seed, STREAM.members, artist);
    const solo = this.#plan.artist.solo[artist] === 1;
    const count = solo ? random.pick([1, 1, 1, 2]) : random.pick([1, 2, 2, 3, 4]);
    const people = Array.from({ length: count }, () => fullName(person(random, tongue), tongue));
    const name = this.#plan.artist.name[artist]!;
    return solo && name.includes(" ") ? [name, ...people.slice(1)] : people;
  }

  /** " feat. …" with another artist of the same genre, or nothing. */
  guest(random: Random, album: number, genre: Genre): string {
    if (!random.chance(genre.guests)) return "";
    const artist = this.#plan.album.artist[album]!;
    const shelf = this.#plan.artist.genre[artist]!;
    const [first, end] = [this.#plan.genreArtists[shelf]!, this.#plan.genreArtists[shelf + 1]!];
    const other = first + random.zipf(end - first, 20);
    return other === artist ? "" : ` (feat. ${this.#plan.artist.name[other]})`;
  }
}

type CreditStyle = (people: readonly string[], tongue: Tongue) => string;

const familyOf = (name: string): string => name.split(" ").at(-1)!;
const initialled = (name: string): string => `${name.charAt(0)}. ${familyOf(name)}`;
const latin =
  (shorten: (name: string) => string, separator: string): CreditStyle =>
  (people, tongue) =>
    people.map((name) => (SCRIPTS[tongue] === undefined ? shorten(name) : name)).join(separator);

/** Each artist has one style of credits: full names, initials, or family names with a stroke. */
const STYLES_OF_CREDIT: readonly CreditStyle[] = [
  latin((name) => name, ", "),
  latin((name) => name, ", "),
  latin((name) => name, " & "),
  latin(initialled, ", "),
  latin((name) => name, "/"),
  latin((name) => name, ", "),
  (people, tongue) => (people.length > 1 ? latin(familyOf, "/")(people, tongue) : people[0]!),
];
