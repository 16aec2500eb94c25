import type { Tongue } from "./people.ts";
import type { Style } from "./titles.ts";

/**
 * The content of an album: songs, movements of works, acts of operas, cues of a film, episodes of a series.
 * Episodes are video, the rest is audio.
 */
export type Content = "songs" | "works" | "operas" | "cues" | "episodes";

export interface Genre {
  readonly name: string;
  /** The genre's weight: its tracks in a small store. */
  readonly share: number;
  readonly content: Content;
  readonly style: Style;
  /** Years in which careers begin: earliest, most likely, latest. */
  readonly era: readonly [number, number, number];
  /** Typical length of a track in seconds, and the spread (standard deviation of the logarithm). */
  readonly seconds: number;
  readonly spread: number;
  /** Share of its artists with a person's name. */
  readonly solo: number;
  /** Share of its tracks with a guest. */
  readonly guests: number;
  readonly tongues: Partial<Record<Tongue, number>>;
}

const ANGLO = {
  english: 80,
  nordic: 4,
  german: 3,
  spanish: 2,
  eastern: 3,
  french: 2,
  italian: 2,
  portuguese: 2,
};
const SCREEN = { english: 100 };

const genre = (
  name: string,
  share: number,
  style: Style,
  era: readonly [number, number, number],
  length: readonly [seconds: number, spread: number],
  people: readonly [solo: number, guests: number],
  tongues: Genre["tongues"] = ANGLO,
  content: Content = "songs",
): Genre => ({
  ...{ name, share, content, style, era, tongues },
  ...{ seconds: length[0], spread: length[1], solo: people[0], guests: people[1] },
});

/** The genres in the order of their ids, largest first. */
export const GENRES: readonly Genre[] = [
  genre("Rock", 1297, "general", [1963, 1976, 2022], [265, 0.32], [0.2, 0.004], {
    ...ANGLO,
    ...{ kanji: 0.7, cyrillic: 0.7, greek: 0.3, japanese: 0.6 },
  }),
  genre("Latin", 579, "general", [1958, 1988, 2022], [232, 0.26], [0.5, 0.02], {
    ...{ portuguese: 52, spanish: 46, italian: 1, french: 1 },
  }),
  genre("Metal", 374, "metal", [1970, 1989, 2022], [300, 0.34], [0.03, 0.004], {
    ...{
      english: 62,
      nordic: 18,
      german: 9,
      eastern: 5,
      portuguese: 3,
      japanese: 1,
      greek: 0.6,
      cyrillic: 0.6,
    },
  }),
  genre("Alternative & Punk", 332, "punk", [1974, 1991, 2022], [206, 0.36], [0.1, 0.006]),
  genre("Jazz", 130, "jazz", [1955, 1964, 2020], [300, 0.45], [0.5, 0.02], {
    ...{ english: 66, nordic: 8, french: 6, italian: 4, eastern: 4, german: 4, african: 3, portuguese: 3 },
    japanese: 2,
  }),
  genre("TV Shows", 93, "general", [1995, 2006, 2023], [2580, 0.08], [0, 0], SCREEN, "episodes"),
  genre("Blues", 81, "blues", [1955, 1966, 2020], [262, 0.34], [0.6, 0.01], {
    english: 94,
    nordic: 3,
    french: 3,
  }),
  genre(
    "Classical",
    74,
    "general",
    [1956, 1988, 2022],
    [320, 0.55],
    [0.35, 0],
    {
      ...{
        english: 22,
        german: 24,
        italian: 10,
        french: 12,
        eastern: 16,
        nordic: 9,
        japanese: 4,
        spanish: 3,
      },
    },
    "works",
  ),
  genre("Drama", 64, "general", [1996, 2008, 2023], [2600, 0.07], [0, 0], SCREEN, "episodes"),
  genre("R&B/Soul", 61, "soul", [1958, 1972, 2022], [232, 0.25], [0.6, 0.06], {
    english: 92,
    african: 5,
    french: 3,
  }),
  genre("Reggae", 58, "reggae", [1964, 1977, 2020], [242, 0.24], [0.45, 0.04], {
    english: 94,
    portuguese: 3,
    african: 3,
  }),
  genre("Pop", 48, "general", [1962, 1998, 2023], [221, 0.2], [0.6, 0.05], {
    ...ANGLO,
    ...{ nordic: 9, french: 6, italian: 5, spanish: 6, kanji: 2, greek: 1, arabic: 2, cyrillic: 1 },
  }),
  genre(
    "Soundtrack",
    43,
    "screen",
    [1958, 1994, 2022],
    [205, 0.5],
    [0.75, 0],
    { english: 55, italian: 12, german: 9, french: 9, nordic: 6, japanese: 5, indian: 4 },
    "cues",
  ),
  genre("Alternative", 40, "general", [1983, 1996, 2023], [256, 0.28], [0.25, 0.01]),
  genre("Hip-Hop & Rap", 35, "rap", [1984, 1999, 2023], [214, 0.28], [0.35, 0.24], {
    ...{ english: 80, french: 8, spanish: 6, german: 4, african: 2 },
  }),
  genre("Electronic & Dance", 30, "electronic", [1975, 2000, 2023], [330, 0.32], [0.25, 0.1], {
    ...{ english: 50, german: 16, french: 12, nordic: 12, italian: 5, japanese: 3, eastern: 2 },
  }),
  genre("World", 28, "general", [1966, 1996, 2022], [275, 0.35], [0.55, 0.03], {
    ...{ african: 32, indian: 13, arabic: 10, greek: 8, french: 10, kanji: 6, cyrillic: 6, eastern: 8 },
    ...{ portuguese: 5, spanish: 2 },
  }),
  genre("Country & Folk", 28, "country", [1957, 1978, 2022], [205, 0.24], [0.65, 0.02], {
    english: 96,
    nordic: 2,
    german: 2,
  }),
  genre("Sci-Fi & Fantasy", 26, "general", [1998, 2007, 2023], [2640, 0.06], [0, 0], SCREEN, "episodes"),
  genre("Easy Listening", 24, "soul", [1955, 1962, 2015], [178, 0.2], [0.7, 0.01], {
    english: 85,
    italian: 8,
    french: 7,
  }),
  genre("Comedy", 17, "general", [1999, 2009, 2023], [1420, 0.1], [0, 0], SCREEN, "episodes"),
  genre("Bossa Nova", 15, "jazz", [1958, 1964, 2018], [198, 0.24], [0.8, 0.04], {
    portuguese: 96,
    english: 4,
  }),
  genre("Documentary", 13, "general", [2000, 2012, 2023], [2900, 0.12], [0, 0], SCREEN, "episodes"),
  genre("Rock & Roll", 12, "twist", [1955, 1958, 1999], [152, 0.18], [0.5, 0], { english: 97, french: 3 }),
  genre(
    "Opera",
    1,
    "general",
    [1956, 1984, 2020],
    [245, 0.5],
    [0.45, 0],
    { italian: 45, german: 25, french: 12, eastern: 12, english: 6 },
    "operas",
  ),
];

/** A file format with its bit rate in kbit/s and its price in cents. */
export interface MediaType {
  readonly name: string;
  readonly kilobits: number;
  readonly cents: number;
  /** Weight among the audio formats. The video format has none. */
  readonly share: number;
}

export const MEDIA_TYPES: readonly MediaType[] = [
  { name: "MP3 audio", kilobits: 262, cents: 99, share: 91 },
  { name: "AAC audio, copy-protected", kilobits: 132, cents: 99, share: 7 },
  { name: "MPEG-4 video, copy-protected", kilobits: 1520, cents: 199, share: 0 },
  { name: "AAC audio", kilobits: 256, cents: 99, share: 1.4 },
  { name: "FLAC audio", kilobits: 870, cents: 99, share: 0.6 },
];
export const VIDEO = 2;
