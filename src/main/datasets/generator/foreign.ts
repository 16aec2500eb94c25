import * as romance from "../words/romance.ts";
import type { Script } from "../words/scripts.ts";
import { fromList, grammar, type Writer } from "./grammar.ts";
import { coined } from "./lexicon.ts";
import { person, SCRIPTS, type Tongue } from "./people.ts";
import { Deck } from "./random.ts";

/** Title grammars by language. Artists of the other languages sing in English. */
export const FOREIGN: Partial<Record<Tongue, Writer>> = {
  portuguese: romanceTitles(romance.PORTUGUESE, "portuguese", "e", "Samba para"),
  spanish: romanceTitles(romance.SPANISH, "spanish", "y", "Canción para"),
  french: romanceTitles(romance.FRENCH, "french", "et", "Chanson pour"),
  italian: romanceTitles(romance.ITALIAN, "italian", "e", "Canzone per"),
  german: romanceTitles(romance.GERMAN, "german", "und", "Lied für"),
  ...scriptTitles(),
};

function romanceTitles(lexicon: romance.Lexicon, tongue: Tongue, and: string, songFor: string): Writer {
  return grammar(
    `
    16 {noun}
    12 {plain}
    10 {plain} {adjective}
    12 {noun} {of}
    8 {plain} {of}
    9 {phrase}
    9 {verb}, {plain}
    6 {plain} ${and} {plain}
    4 {verb}
    4 {given}
    3 ${songFor} {given}
    2 {coined}`,
    {
      noun: fromList(lexicon.nouns),
      plain: fromList(lexicon.plain),
      adjective: fromList(lexicon.adjectives),
      verb: fromList(lexicon.verbs),
      phrase: fromList(lexicon.phrases),
      of: fromList(lexicon.of),
      given: (random) => person(random, tongue).given,
      coined,
    },
  );
}

function scriptTitles(): Partial<Record<Tongue, Writer>> {
  const entries = Object.entries(SCRIPTS).map(([tongue, script]) => [tongue, scriptTitle(script)]);
  return Object.fromEntries(entries);
}

function scriptTitle(script: Script): Writer {
  const word = Deck.zipf(script.words, 6);
  const title = Deck.zipf(script.titles, 6);
  return (random) => {
    const shape = random.float();
    if (shape < 0.3) return title.draw(random);
    const first = initial(word.draw(random));
    const second = word.draw(random);
    return shape < 0.6 || initial(second) === first ? first : `${first}${script.join}${second}`;
  };
}

const initial = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
