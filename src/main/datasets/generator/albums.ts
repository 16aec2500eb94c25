import type { Plan } from "./draft.ts";
import type { Genre } from "./genres.ts";
import type { Writer } from "./grammar.ts";
import * as words from "./lexicon.ts";
import { TONGUES, type Tongue } from "./people.ts";
import { Deck, type Random } from "./random.ts";
import { KINDS } from "./streams.ts";
import { date } from "./values.ts";

interface Occasion {
  readonly random: Random;
  readonly artist: string;
  readonly tongue: Tongue;
  readonly year: number;
  readonly firstYear: number;
  readonly ordinal: number;
  readonly write: Writer;
  readonly titleTrack: string;
}

const EDITIONS = new Deck(
  ["", " (Deluxe Edition)", " (Remastered)", " [Disc 1]", " [Disc 2]", " (Expanded Edition)", " (Mono)"],
  [930, 22, 20, 10, 8, 7, 3],
);

/** The title of a record. It is made after the songs, because every third record is named after one of them. */
export function albumTitle(
  random: Random,
  plan: Plan,
  album: number,
  genre: Genre,
  write: Writer,
  titleTrack: string,
): string {
  const artist = plan.album.artist[album]!;
  const first = plan.artist.firstAlbum[artist]!;
  const occasion: Occasion = {
    ...{ random, write, titleTrack: bare(titleTrack) },
    artist: plan.artist.name[artist]!,
    tongue: TONGUES[plan.artist.tongue[artist]!]!,
    year: yearOf(plan.album.released[album]!),
    firstYear: yearOf(plan.album.released[first]!),
    ordinal: album - first + 1,
  };
  if (genre.content === "cues") return film(occasion);
  return TITLES[KINDS[plan.album.kind[album]!]!](occasion);
}

const TITLES = { studio, live, compilation, ep };

function studio({ random, artist, ordinal, write, titleTrack }: Occasion): string {
  const shape = random.float();
  const edition = EDITIONS.draw(random);
  if (shape < 0.34) return titleTrack + edition;
  if (ordinal === 1 && shape < 0.43) return artist + edition;
  if (ordinal > 1 && ordinal < 6 && shape < 0.36) return `${artist} ${words.ROMAN[ordinal - 1]}`;
  return bare(write(random)) + edition;
}

const LIVE: Partial<Record<Tongue, readonly string[]>> = {
  portuguese: ["Ao Vivo", "Ao Vivo em {place}", "Acústico"],
  spanish: ["En Vivo", "En Vivo en {place}", "Acústico"],
  french: ["En Public", "En Concert à {place}"],
  italian: ["Dal Vivo", "Dal Vivo a {place}"],
  german: ["Live in {place}", "Das Konzert"],
};
const LIVE_ENGLISH = [
  ...["Live at the {town} Hall", "Live in {place}", "{place} {year}", "Live at the {thing} Club"],
  ...[
    "An Evening with {artist}",
    "The {town} Sessions",
    "{title}: Live",
    "Live {year}",
    "Unplugged in {place}",
  ],
  ...["Alive in {place}", "One Night in {place}", "Live from the {town} Theatre"],
];

function live(occasion: Occasion): string {
  return fill(occasion, LIVE[occasion.tongue] ?? LIVE_ENGLISH);
}

const BEST: Partial<Record<Tongue, readonly string[]>> = {
  portuguese: [
    "O Melhor de {artist}",
    "Grandes Sucessos",
    "Antologia",
    "{artist} Sem Limite",
    "{title}: Sucessos",
  ],
  spanish: ["Grandes Éxitos", "Lo Mejor de {artist}", "Antología", "Colección de Oro, Vol. {volume}"],
  french: ["Les Plus Belles Chansons", "Le Meilleur de {artist}", "Anthologie {span}"],
  italian: ["Il Meglio di {artist}", "Tutti i Successi", "Antologia {span}"],
};
const BEST_ENGLISH = [
  ...[
    "Greatest Hits",
    "The Best of {artist}",
    "Anthology {span}",
    "The Very Best of {artist}",
    "{title}: The Hits",
  ],
  ...["The Collection, Vol. {volume}", "B-Sides & Rarities", "Singles {span}", "The Essential {artist}"],
  ...["Retrospective", "Complete Recordings, Vol. {volume}", "The Early Years"],
];

function compilation(occasion: Occasion): string {
  return fill(occasion, BEST[occasion.tongue] ?? BEST_ENGLISH);
}

function ep({ random, titleTrack, write }: Occasion): string {
  const title = random.chance(0.6) ? titleTrack : bare(write(random));
  return random.chance(0.65) ? `${title} EP` : title;
}

const CUTS = [
  ...[
    "{title} (Original Motion Picture Soundtrack)",
    "{title} (Music from the Film)",
    "{title}: Original Score",
  ],
  ...["Music from {title}", "{title} (Original Television Score)", "{title} (Complete Score)"],
];

function film(occasion: Occasion): string {
  const { random } = occasion;
  const names = [
    () => `The ${words.adjective(random)} ${words.thing(random)}`,
    () => `${words.noun(random)} of ${words.theme(random)}`,
    () => words.coined(random),
    () => `The ${words.thing(random)} of ${words.town(random)}`,
    () => `${words.verbing(random)} ${words.muse(random)}`,
  ];
  return fill({ ...occasion, titleTrack: random.pick(names)() }, CUTS);
}

function fill(occasion: Occasion, shapes: readonly string[]): string {
  const { random, artist, year, firstYear, titleTrack } = occasion;
  const values: Record<string, () => string> = {
    artist: () => artist,
    title: () => titleTrack,
    year: () => String(year),
    span: () => (firstYear < year ? `${firstYear}–${year}` : String(year)),
    volume: () => String(random.between(1, 3)),
    town: () => words.town(random),
    thing: () => words.thing(random),
    place: () => words.place(random),
  };
  return random.pick(shapes).replace(/\{(\w+)\}/g, (_, name: string) => values[name]!());
}

/** A title without its suffix: "(Live)", "(feat. …)", "Pt. 2". */
const bare = (title: string): string => title.replace(/ (\(.*\)|Pt\. 2)$/, "");
const yearOf = (day: number): number => Number(date(day).slice(0, 4));
