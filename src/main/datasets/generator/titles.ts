import * as flavour from "../words/flavours.ts";
import * as templates from "../words/templates.ts";
import { fromList, grammar, oneOf, type Slots, type Writer } from "./grammar.ts";
import * as words from "./lexicon.ts";
import { Deck, type Random } from "./random.ts";

/** Words for every English grammar; styles add their own. */
const year: Writer = (random) => String(random.between(1951, 2019));
const smallNumber: Writer = (random) => String(random.between(2, 99));
const daytime = fromList(
  ["Tonight", "in the Morning", "at Midnight", "Tomorrow", "on Sunday", "All Night", "Again", "at Dawn"],
  4,
);
const where = fromList(
  ["Away", "Home", "Back", "Down", "Out", "Alone", "Slow", "Through", "Behind", "Under", "Loose"],
  4,
);
const whom = fromList(["Me", "You", "It", "Her", "Him", "Them", "Us", "Everything", "Nobody", "Somebody"], 3);
/** Objects other than the singer and the addressee: "I Never Loved Me" is no title. */
const other = fromList(["Her", "It", "Him", "Them", "Anybody", "the Rain", "the Truth", "This Town"], 3);
const who = fromList(["I", "You", "We", "She", "They", "Nobody", "He", "Everybody", "Somebody"], 3);
const between = fromList(["in the", "on the", "of the", "by the", "under the", "behind the", "for the"], 4);

const COMMON: Slots = {
  ...{ noun: words.noun, thing: words.thing, things: words.things, theme: words.theme },
  ...{ adjective: words.adjective, verb: words.verb, verbing: words.verbing, verbed: words.verbed },
  ...{ moving: words.moving, coined: words.coined, compound: words.compound, year, smallNumber },
  ...{ muse: words.muse, place: words.place, town: words.town, number: words.number, span: words.span },
  ...{ daytime, where, whom, other, who, between },
};

const GENERAL = grammar(templates.GENERAL, COMMON);

const dark = fromList(flavour.DARK);
const metal = grammar(templates.METAL, {
  ...COMMON,
  dark,
  grim: fromList(flavour.DARK_ADJECTIVES),
  command: fromList(flavour.DARK_VERBS),
});

const punk = grammar(templates.PUNK, COMMON);

const jazz = grammar(templates.JAZZ, COMMON);

const porch = fromList(flavour.PORCH);
const blues = grammar(templates.BLUES, { ...COMMON, porch });

const country = grammar(templates.COUNTRY, { ...COMMON, porch });

const soul = grammar(templates.SOUL, { ...COMMON, soulful: fromList(flavour.SOULFUL) });

const reggae = grammar(templates.REGGAE, { ...COMMON, island: fromList(flavour.ISLAND) });

const rap = grammar(templates.RAP, { ...COMMON, street: fromList(flavour.STREET) });

const electronic = grammar(templates.ELECTRONIC, { ...COMMON, circuit: fromList(flavour.CIRCUIT) });

const screen = grammar(templates.SCREEN, { ...COMMON, scene: fromList(flavour.SCENES) });

const twist = grammar(templates.TWIST, COMMON);

/** Styles of English song titles. */
export const STYLES = {
  general: GENERAL,
  metal: oneOf([75, metal], [25, GENERAL]),
  punk: oneOf([45, punk], [55, GENERAL]),
  jazz: oneOf([75, jazz], [25, GENERAL]),
  blues: oneOf([75, blues], [25, GENERAL]),
  country: oneOf([65, country], [35, GENERAL]),
  soul: oneOf([70, soul], [30, GENERAL]),
  reggae: oneOf([70, reggae], [30, GENERAL]),
  rap: oneOf([70, rap], [30, GENERAL]),
  electronic: oneOf([80, electronic], [20, GENERAL]),
  screen,
  twist: oneOf([70, twist], [30, GENERAL]),
} as const satisfies Record<string, Writer>;
export type Style = keyof typeof STYLES;

const SUFFIXES = new Deck(
  "|(Live)|(Remastered)|Pt. 2|(Acoustic)|(Demo)|(Instrumental)|(Radio Edit)|(Remix)".split("|"),
  [924, 17, 16, 9, 11, 7, 6, 6, 4],
);

/** A suffix of a title; usually none. */
export function suffix(random: Random): string {
  const text = SUFFIXES.draw(random);
  return text === "" ? "" : ` ${text}`;
}
