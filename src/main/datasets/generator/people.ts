import * as names from "../words/people.ts";
import { ARABIC, CYRILLIC, GREEK, JAPANESE, type Script } from "../words/scripts.ts";
import { town } from "./lexicon.ts";
import { Deck, type Random } from "./random.ts";

/** The language area of an artist: of its people's names and its titles. */
export const TONGUES = [
  "english",
  "portuguese",
  "spanish",
  "french",
  "german",
  "italian",
  "nordic",
  "eastern",
  "african",
  "indian",
  "japanese",
  "kanji",
  "cyrillic",
  "greek",
  "arabic",
] as const;
export type Tongue = (typeof TONGUES)[number];

/** The areas with a script other than Latin. */
export const SCRIPTS: Partial<Record<Tongue, Script>> = {
  kanji: JAPANESE,
  cyrillic: CYRILLIC,
  greek: GREEK,
  arabic: ARABIC,
};

const LATIN: Partial<Record<Tongue, names.NameList>> = {
  english: names.ENGLISH,
  portuguese: names.PORTUGUESE_NAMES,
  spanish: names.SPANISH_NAMES,
  french: names.FRENCH_NAMES,
  german: names.GERMAN_NAMES,
  italian: names.ITALIAN_NAMES,
  nordic: names.NORDIC_NAMES,
  eastern: names.EASTERN_NAMES,
  african: names.AFRICAN_NAMES,
  indian: names.SOUTH_ASIAN_NAMES,
  japanese: names.JAPANESE_NAMES,
};

interface Decks {
  readonly given: Deck<string>;
  readonly family: Deck<string>;
}

const decks = Object.fromEntries(
  TONGUES.map((tongue) => {
    const { given, family } = (LATIN[tongue] ?? SCRIPTS[tongue])!;
    return [tongue, { given: Deck.zipf(given, 25), family: Deck.zipf(family, 40) }];
  }),
) as Record<Tongue, Decks>;

export interface Person {
  readonly given: string;
  readonly family: string;
}

/** A given and a family name of one language area. One English family in six is named after a town. */
export function person(random: Random, tongue: Tongue): Person {
  const given = decks[tongue].given.draw(random);
  const family = decks[tongue].family.draw(random);
  if (tongue === "english" && random.chance(0.17)) return { given, family: town(random) };
  if (tongue === "spanish" && random.chance(0.15)) {
    return { given, family: `${family} ${decks.spanish.family.draw(random)}` };
  }
  if (tongue === "portuguese" && random.chance(0.12)) {
    return { given, family: `${decks.portuguese.family.draw(random)} ${family}` };
  }
  return { given, family };
}

/** A person's full name in the order of the language. */
export function fullName(who: Person, tongue: Tongue): string {
  const script = SCRIPTS[tongue];
  if (script?.familyFirst) return `${who.family}${script.space}${who.given}`;
  return `${who.given} ${who.family}`;
}
