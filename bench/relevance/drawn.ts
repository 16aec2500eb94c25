import { wordsOf } from "../../src/shared/words.ts";
import { randoms } from "../random.ts";
import { folded, type Track } from "./catalogue.ts";

/**
 * Judged queries, drawn from the names of any catalogue by the rules below. A rule derives a query from a name, and
 * defines the correct hits. The same catalogue always gives the same queries.
 */
export interface Judged {
  readonly kind: string;
  readonly q: string;
  /** Tuning uses one half of each class; the other half is held out. */
  readonly half: "tuning" | "held-out";
  readonly isRight: (hit: Hit) => boolean;
  /** Whether every hit must be correct, not only an early one. */
  readonly all?: true;
}

export interface Hit {
  readonly name: string;
  readonly artist_name: string | null;
  readonly album_title: string | null;
  readonly composer: string | null;
}

interface Drawn {
  readonly q: string;
  readonly isRight: (hit: Hit) => boolean;
  readonly all?: true;
}

/** Maximum queries per class, except for unchanged titles: all of them are used. */
const MOST = 120;
const EVERY = Number.POSITIVE_INFINITY;

const named = (name: string) => (hit: Hit) => folded(hit.name) === folded(name);
const by = (artist: string) => (hit: Hit) => folded(hit.artist_name ?? "") === folded(artist);
const on = (album: string) => (hit: Hit) => folded(hit.album_title ?? "") === folded(album);

const distinct = (names: readonly (string | null)[]): string[] => [
  ...new Map(names.flatMap((name) => (name === null ? [] : [[folded(name), name]]))).values(),
];

/** Signs within a word. People omit them or type a blank. */
const INNER = /(?<=[\p{L}\p{N}])['’./&-](?=[\p{L}\p{N}])|(?<=\p{L})\.(?=\s|$)/gu;
const hasInner = (name: string): boolean => /[\p{L}\p{N}]['’./&-][\p{L}\p{N}]/u.test(name);

/** Abbreviations in titles and their full forms. */
const FULL: readonly (readonly [RegExp, string])[] = [
  [/(?<=\s)(&|'?n'|'n'?)(?=\s)/giu, "and"],
  [/(?<=\s)o'(?=\s)/giu, "of"],
  [/(?<=\p{L}{2}in)'(?=\s|$)/giu, "g"],
];
const inFull = (name: string): string =>
  FULL.reduce((text, [short, full]) => text.replace(short, full), name);

type Rule = (tracks: readonly Track[]) => Drawn[];

const titles = (tracks: readonly Track[]): string[] => distinct(tracks.map(({ name }) => name));
const artists = (tracks: readonly Track[]): string[] => distinct(tracks.map(({ artist }) => artist));

const ofTitles =
  (change: (title: string) => string | undefined): Rule =>
  (tracks) =>
    titles(tracks).flatMap((title) => {
      const q = change(title);
      return q === undefined ? [] : [{ q, isRight: named(title) }];
    });

const RULES: Readonly<Record<string, { readonly rule: Rule; readonly most: number }>> = {
  "exact title": { rule: ofTitles((title) => title), most: EVERY },
  "one-word title": {
    rule: ofTitles((title) => (wordsOf(title).length === 1 ? folded(title) : undefined)),
    most: EVERY,
  },
  "title of signs": {
    rule: (tracks) =>
      distinct(tracks.map(({ name }) => name))
        .filter((name) => wordsOf(name).length === 0)
        .flatMap((name) => [{ q: name, isRight: named(name) }]),
    most: EVERY,
  },
  "title begun": { rule: begun, most: MOST },
  "signs left out": {
    rule: ofTitles((title) => (hasInner(title) ? title.replace(INNER, "") : undefined)),
    most: EVERY,
  },
  "signs as blanks": {
    rule: ofTitles((title) => (hasInner(title) ? title.replace(INNER, " ") : undefined)),
    most: EVERY,
  },
  "short forms in full": {
    rule: ofTitles((title) => (inFull(title) === title ? undefined : inFull(title))),
    most: MOST,
  },
  "accents left out": {
    rule: ofTitles((title) => (title.normalize("NFKD") === title ? undefined : folded(title))),
    most: MOST,
  },
  "one typo": { rule: mistyped, most: 250 },
  "two words of a title": { rule: keywords, most: MOST },
  artist: {
    rule: (tracks) =>
      artists(tracks).map((artist) => ({
        q: artist,
        isRight: (hit) => by(artist)(hit) || named(artist)(hit),
      })),
    most: EVERY,
  },
  "artist in one word": {
    rule: (tracks) =>
      artists(tracks)
        .filter((artist) => wordsOf(artist).length > 1 && artist.length <= 20)
        .map((artist) => ({ q: wordsOf(artist).join(""), isRight: by(artist) })),
    most: MOST,
  },
  album: {
    rule: (tracks) =>
      distinct(tracks.map(({ album }) => album)).map((album) => ({
        q: album,
        isRight: (hit) => on(album)(hit) || named(album)(hit),
      })),
    most: MOST,
  },
  "title and artist": {
    rule: (tracks) =>
      tracks.flatMap(({ name, artist }) =>
        artist === null
          ? []
          : [{ q: `${name} ${artist}`, isRight: (hit: Hit) => named(name)(hit) && by(artist)(hit) }],
      ),
    most: MOST,
  },
  exclusion: { rule: excluded, most: MOST },
};

/** The shortest unique prefix of a title that ends within a word of at least four letters. */
function begun(tracks: readonly Track[]): Drawn[] {
  const all = titles(tracks);
  const keys = all.map(folded).sort();
  return all.flatMap((title) => {
    const key = folded(title);
    for (let length = 4; length < key.length; length++) {
      const inWord = /[\p{L}]{3}$/u.test(key.slice(0, length)) && /\p{L}/u.test(key[length]!);
      if (!inWord || keys.filter((other) => other.startsWith(key.slice(0, length))).length > 1) continue;
      return [{ q: key.slice(0, length), isRight: named(title) }];
    }
    return [];
  });
}

/** One letter omitted, doubled, replaced or swapped with the next, in a word of at least five letters. */
function mistyped(tracks: readonly Track[]): Drawn[] {
  const random = randoms(17);
  return titles(tracks).flatMap((title) => {
    const words = folded(title).split(" ");
    const long = words.flatMap((word, i) => (/^\p{L}{5,}$/u.test(word) ? [i] : []));
    if (long.length === 0) return [];
    const at = long[Math.floor(random() * long.length)]!;
    words[at] = slip(words[at]!, random);
    return [{ q: words.join(" "), isRight: named(title) }];
  });
}

function slip(word: string, random: () => number): string {
  const at = 1 + Math.floor(random() * (word.length - 2));
  const [before, letter, after] = [word.slice(0, at), word[at]!, word.slice(at + 1)];
  const slips = [
    before + after,
    before + letter + letter + after,
    `${before}${letter === "e" ? "a" : "e"}${after}`,
    before + after[0]! + letter + after.slice(1),
  ];
  return slips.filter((slipped) => slipped !== word)[Math.floor(random() * 3)]!;
}

/** The two longest words of a title that no other title has both of, in reverse order. */
function keywords(tracks: readonly Track[]): Drawn[] {
  const all = titles(tracks).map((title) => ({ title, words: new Set(wordsOf(title)) }));
  return all.flatMap(({ title, words }) => {
    if (words.size < 4) return [];
    const [one, two] = [...words].toSorted((a, b) => b.length - a.length);
    if (all.filter((other) => other.words.has(one!) && other.words.has(two!)).length > 1) return [];
    return [{ q: `${two} ${one}`, isRight: named(title) }];
  });
}

/** A word in titles of several artists, without one of the artists: no hit may contain the artist's word. */
function excluded(tracks: readonly Track[]): Drawn[] {
  const artistsOf = new Map<string, Set<string>>();
  for (const { name, artist } of tracks)
    for (const word of wordsOf(name))
      if (artist !== null && word.length > 3)
        artistsOf.set(word, (artistsOf.get(word) ?? new Set()).add(artist));
  return [...artistsOf].flatMap(([word, names]) => {
    const unwanted = [...names].map((name) => wordsOf(name).at(-1)!).find((last) => last.length > 3);
    if (names.size < 4 || unwanted === undefined || unwanted === word) return [];
    const holds = (hit: Hit) =>
      wordsOf([hit.name, hit.artist_name, hit.album_title, hit.composer].join(" ")).includes(unwanted);
    return [{ q: `${word} -${unwanted}`, isRight: (hit: Hit) => !holds(hit), all: true as const }];
  });
}

/** An even selection of the rule's queries, alternating between the halves. */
function spread(kind: string, drawn: readonly Drawn[], most: number): Judged[] {
  const stride = Math.max(1, drawn.length / most);
  const count = Math.min(drawn.length, most);
  return Array.from({ length: count }, (_, i) => ({
    kind,
    half: i % 2 === 0 ? ("tuning" as const) : ("held-out" as const),
    ...drawn[Math.floor(i * stride)]!,
  }));
}

export const draw = (tracks: readonly Track[]): readonly Judged[] =>
  Object.entries(RULES).flatMap(([kind, { rule, most }]) => spread(kind, rule(tracks), most));
