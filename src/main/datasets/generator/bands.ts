import * as english from "../words/english.ts";
import * as flavour from "../words/flavours.ts";
import { fromList, grammar, oneOf, type Slots, type Writer } from "./grammar.ts";
import * as words from "./lexicon.ts";
import { fullName, person, type Tongue } from "./people.ts";
import type { Random } from "./random.ts";
import type { Style } from "./titles.ts";

const INITIALS = "ABCDEFGHJKLMNPRSTVW";
export const initial = (random: Random): string => INITIALS.charAt(random.next() % INITIALS.length);

/**
 * Bands use the less common adjectives and nouns: the most common ones belong to well-known bands, and no band here
 * is meant to be a real one.
 */
export const bandAdjective = fromList(english.ADJECTIVES.slice(28), 30);
const bandThing: Writer = oneOf([85, fromList(english.THINGS.slice(70), 40)], [15, words.compound]);

const BAND: Slots = {
  adjective: bandAdjective,
  thing: bandThing,
  things: (random) => words.plural(bandThing(random)),
  theme: fromList(english.THEMES.slice(20), 30),
  coined: words.coined,
  compound: words.compound,
  town: words.town,
  muse: words.muse,
  number: words.number,
  initials: (random) => `${initial(random)}${initial(random)}${initial(random)}`,
  place: fromList(english.PLACES.slice(12), 30),
};

/** Band names by style. People in them have names of the band's own language. */
const SHAPES = {
  general: `
    14 The {adjective} {things}
    9 {adjective} {thing}
    7 The {things}
    7 {theme} {thing}
    6 {coined}
    5 {compound}
    5 {thing} {theme}
    4 {things} of {theme}
    4 {given} and the {things}
    4 {town}
    3 The {town} {things}
    3 {number} {thing} {theme}
    3 {theme} & {theme}
    3 The {family} Brothers
    3 {adjective} {adjective} {thing}
    3 {muse} {theme}
    2 {coined} {coined}
    2 {thing} Club
    2 House of {things}
    2 We, the {things}
    2 The {thing} {theme}
    2 {place} {things}
    2 A {theme} for {muse}
    1 {initials}
    1 {thing}!
    1 {family}, {family} & {family}
    1 Hotel {coined}`,
  metal: `
    8 {coined}
    7 {grim} {dark}
    6 {dark}{tail}
    4 {dark} of {coined}
    4 {coined}'s {dark}
    3 The {grim} {things}
    3 {dark} {things}
    2 {compound}
    2 {adjective} {dark}
    1 {initials}`,
  jazz: `
    8 The {full} Quartet
    7 {full} Trio
    4 {full} Quintet
    3 {family} & {family}
    3 The {town} Big Band
    3 {full} and His Orchestra
    2 The {adjective} Seven
    2 {place} Jazz Collective
    2 {coined} Trio
    1 {full} Sextet featuring {full}`,
  soul: `
    6 The {adjective} {things}
    5 {given} and the {things}
    4 {full} & the {things}
    4 The {family} Sisters
    3 The {town} Singers
    3 {theme} Incorporated
    2 {number} of {theme}
    2 The {family} Family Band`,
  rap: `
    5 {adjective} {thing} Crew
    4 {coined}
    4 {town} Collective
    3 {number} {things} Deep
    3 {initials}
    3 The {adjective} {things}
    2 {theme} Syndicate
    2 {coined} & {coined}`,
  electronic: `
    7 {coined}
    5 {circuit} {thing}
    4 {theme} {circuit}
    4 {compound}
    3 {circuit} {circuit}
    3 {coined} {circuit}
    2 {adjective} {circuit}
    1 {initials}`,
  screen: `
    5 {town} Studio Orchestra
    3 {full} & {full}
    2 {town} Film Orchestra
    2 {coined} Ensemble`,
} as const;

const WORDS: Slots = {
  ...BAND,
  dark: fromList(flavour.DARK, 30),
  grim: fromList(flavour.DARK_ADJECTIVES.slice(3), 20),
  tail: fromList([
    "wraith",
    "born",
    "forge",
    "rite",
    "hymn",
    "crown",
    "maw",
    "mourn",
    "tide",
    "fang",
    "spire",
  ]),
  circuit: fromList(flavour.CIRCUIT, 25),
};
const LIKE: Partial<Record<Style, keyof typeof SHAPES>> = {
  ...{ metal: "metal", jazz: "jazz", soul: "soul", rap: "rap", electronic: "electronic", screen: "screen" },
  ...{ country: "soul", blues: "soul" },
};
const made = new Map<string, Writer>();

/** A writer of band names of one style and language. Compiled on first use. */
export function bandName(style: Style, tongue: Tongue): Writer {
  const shape = LIKE[style] ?? "general";
  const key = `${shape} ${tongue}`;
  const writer = made.get(key) ?? grammar(SHAPES[shape], { ...WORDS, ...peopleOf(tongue) });
  made.set(key, writer);
  return writer;
}

/** Slots for people's names. */
export const peopleOf = (tongue: Tongue): Slots => ({
  family: (random) => person(random, tongue).family,
  given: (random) => person(random, tongue).given,
  full: (random) => fullName(person(random, tongue), tongue),
});
