import * as english from "../words/english.ts";
import { fromList, oneOf, type Writer } from "./grammar.ts";
import { mix32, type Random, Random as Stream } from "./random.ts";

/** The words of titles: common ones first, with a long tail of compounds and invented words. */
const theme = fromList(english.THEMES);
const heads = fromList(english.COMPOUND_HEADS, 20);
const tails = fromList(english.COMPOUND_TAILS, 20);
const townHeads = fromList(english.TOWN_HEADS, 25);
const townTails = fromList(english.TOWN_TAILS, 15);
const verbs = english.VERBS.map((forms) => forms.split(":"));
const verbForm = (form: number): Writer => fromList(verbs.map((forms) => capital(forms[form]!)));

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** "Nightfall", "Riverstone": about two thousand words. */
export const compound: Writer = (random) => {
  const head = heads(random);
  const tail = tails(random);
  return head.toLowerCase() === tail ? compound(random) : head + tail;
};

/** "Ashford", "Thornbury": a plausible town. */
export const town: Writer = (random) => townHeads(random) + townTails(random);

const ONSETS = "b br c d dr f g gl h j k kr l m n p r s sh t th tr v z st".split(" ");
const VOWELS = "a e i o u a e o ia ae ei y".split(" ");
const MIDDLES = "l r n m v d th s nd lv rr ss k z".split(" ");
const ENDINGS = "a is on um en or ia elle ane ith ora une ax os ine eth ari o eus ade ova ique".split(" ");
const RANKS = 80_000;

/**
 * An invented word ("Velora", "Thandis"). The rank determines the word, and low ranks are far more frequent, so
 * invented words repeat as rare words do in real titles.
 */
export const coined: Writer = (random) => coinedWord(random.zipf(RANKS, 30));

const spelled = new Stream(0);
const known = new Map<number, string>();

function coinedWord(rank: number): string {
  const word = known.get(rank) ?? spell(spelled.reseed(0x636f696e, 1, mix32(rank)));
  known.set(rank, word);
  return word;
}

function spell(random: Random): string {
  const middle = random.chance(0.35) ? random.pick(VOWELS) + random.pick(MIDDLES) : "";
  return capital(
    random.pick(ONSETS) + random.pick(VOWELS) + random.pick(MIDDLES) + middle + random.pick(ENDINGS),
  );
}

const plain = fromList(english.THINGS, 20);

/** Nouns in the singular and in the plural, with a tail of compounds. */
export const thing: Writer = oneOf([94, plain], [6, compound]);
export const things: Writer = (random) => plural(thing(random));
export const noun: Writer = oneOf([46, theme], [44, plain], [6, compound], [4, coined]);
export const adjective: Writer = fromList(english.ADJECTIVES, 15);
export const verb = verbForm(0);
export const verbing = verbForm(1);
export const verbed = verbForm(2);
export const moving: Writer = fromList(english.MOVES, 6);
export const muse: Writer = oneOf([92, fromList(english.MUSES)], [8, coined]);
export const place: Writer = oneOf([80, fromList(english.PLACES)], [20, town]);
export const number = fromList(english.NUMBERS, 6);
export const span = fromList(english.SPANS, 6);
export { theme };

const PLURALS: Readonly<Record<string, string>> = {
  Wolf: "Wolves",
  Leaf: "Leaves",
  Knife: "Knives",
  Thief: "Thieves",
  Deer: "Deer",
  Salmon: "Salmon",
  Echo: "Echoes",
};

/** The English plural of a title word. */
export function plural(word: string): string {
  const irregular = PLURALS[word];
  if (irregular !== undefined) return irregular;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}

export const ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"] as const;
