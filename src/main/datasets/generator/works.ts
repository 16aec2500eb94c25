import * as flavour from "../words/flavours.ts";
import { fromList, grammar } from "./grammar.ts";
import * as words from "./lexicon.ts";
import { fullName, person, type Tongue } from "./people.ts";
import { Deck, Random } from "./random.ts";

const form = fromList(flavour.FORMS, 8);
const piece = fromList(flavour.PIECES, 8);
const key = fromList(flavour.KEYS, 8);
const tempo = fromList(flavour.TEMPI, 5);
const sacred = fromList(flavour.SACRED, 10);

/** A classical work: the names of its movements and the album title. */
export interface Work {
  readonly title: string;
  readonly movements: readonly string[];
}

/** "String Quartet No. 3 in D minor, Op. 12: II. Andante", a set of short pieces, or a mass. */
export function classicalWork(random: Random): Work {
  const shape = random.float();
  if (shape < 0.62) return cyclicWork(random);
  return shape < 0.9 ? shortPieces(random) : mass(random);
}

function cyclicWork(random: Random): Work {
  const name = form(random);
  const title = `${name} No. ${random.between(1, random.chance(0.8) ? 6 : 40)} in ${key(random)}`;
  const full = `${title}, ${opus(random)}`;
  const count = /Concert|Sonat/.test(name) ? 3 : 4;
  const movements = Array.from(
    { length: count },
    (_, index) => `${full}: ${words.ROMAN[index]}. ${tempo(random)}`,
  );
  return { title, movements };
}

function shortPieces(random: Random): Work {
  const name = piece(random);
  const opusNumber = opus(random);
  const movements = Array.from(
    { length: random.between(3, 6) },
    (_, index) => `${name} No. ${index + 1} in ${key(random)}, ${opusNumber}`,
  );
  return { title: `${words.plural(name)}, ${opusNumber}`, movements };
}

function mass(random: Random): Work {
  const title = `${random.pick(["Mass", "Requiem", "Missa brevis", "Te Deum", "Vespers"])} in ${key(random)}`;
  const parts = new Set(Array.from({ length: 7 }, () => sacred(random)));
  return { title, movements: [...parts].map((part) => `${title}: ${part}`) };
}

function opus(random: Random): string {
  const number = random.between(1, 130);
  return random.chance(0.2) ? `Op. ${number} No. ${random.between(1, 6)}` : `Op. ${number}`;
}

const VOICES = ["Aria", "Duet", "Chorus", "Recitative", "Cavatina", "Ensemble", "Trio"] as const;
const ITALIAN_LINES = fromList(
  [
    ..."Ah, mio cuore|O notte crudele|Addio, bella|Dove sei, speranza|Torna, o sole|Che sento mai".split("|"),
    ..."Perfido, taci|Sul mare tranquillo|Vendetta, amici|Dolce riposo|Non più lagrime|Ecco l'aurora".split(
      "|",
    ),
  ],
  8,
);

/** An opera in two or three acts: "Isolda di Thandis, Act II: Aria. «Dove sei, speranza»". */
export function opera(random: Random): Work {
  const title = random.chance(0.5)
    ? `${words.muse(random)} di ${words.coined(random)}`
    : words.coined(random);
  const scenes = random.between(8, 15);
  const movements = Array.from({ length: scenes }, (_, index) => {
    const act = words.ROMAN[Math.floor(index / 5)]!;
    if (index === 0) return `${title}, Act I: Overture`;
    if (index === scenes - 1) return `${title}, Act ${act}: Finale`;
    return `${title}, Act ${act}: ${random.pick(VOICES)}. "${ITALIAN_LINES(random)}"`;
  });
  return { title, movements };
}

const COMPOSER_TONGUES = new Deck<Tongue>(
  ["german", "italian", "french", "eastern", "nordic", "english", "spanish"],
  [30, 18, 16, 17, 9, 6, 4],
);

/** There are few classical composers, and they recur: a low rank is on very many albums. */
export function composerOfWorks(random: Random): string {
  const rank = random.zipf(1500, 12);
  const own = new Random(0x6d757369, 2, rank);
  const tongue = COMPOSER_TONGUES.draw(own);
  return fullName(person(own, tongue), tongue);
}

const slots = {
  ...{ thing: words.thing, things: words.things, adjective: words.adjective, noun: words.noun },
  ...{ muse: words.muse, place: words.place, town: words.town, coined: words.coined, number: words.number },
  ...{ verbing: words.verbing, span: words.span, theme: words.theme },
  knew: fromList(["Saw", "Knew", "Heard", "Wanted", "Forgot"], 8),
  event: fromList(flavour.EVENTS, 15),
  job: fromList(flavour.JOBS),
  series: fromList(flavour.SERIES_NOUNS),
};

/** Titles of episodes. */
export const episode = grammar(
  `
  12 {event}
  8 The {job}
  7 The {adjective} {thing}
  5 The {job}'s {thing}
  5 {adjective} {noun}
  4 {number} {span}
  4 {verbing} {muse}
  3 {muse}
  3 Goodbye, {muse}
  3 The {thing} and the {thing}
  3 {event}, Part 1
  3 {event}, Part 2
  2 The Road to {town}
  2 What the {job} {knew}
  1 {theme}`,
  slots,
);

/** Titles of television series, used as artists. */
export const series = grammar(
  `
  8 {town} {series}
  5 The {job}s of {town}
  6 {adjective} {series}
  5 The {series}
  5 {town}
  4 {series} {number}
  4 The {adjective} {job}
  3 {muse} & {muse}
  3 {noun} and {noun}
  3 {coined}
  2 Beyond {coined}
  2 {town} {noun}
  2 All the {adjective} {things}`,
  slots,
);
