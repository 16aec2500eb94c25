import { bandAdjective, bandName, initial } from "./bands.ts";
import { LOCAL, orchestra } from "./ensembles.ts";
import type { Genre } from "./genres.ts";
import * as words from "./lexicon.ts";
import { fullName, person, SCRIPTS, type Tongue } from "./people.ts";
import type { Random } from "./random.ts";
import type { Style } from "./titles.ts";
import { series } from "./works.ts";

export interface ArtistName {
  readonly name: string;
  /** Whether it is a person's name. That person then writes the songs. */
  readonly solo: boolean;
}

/** The name of a new artist: a person, a duo, a band or an ensemble, typical of its genre and language. */
export function artistName(random: Random, genre: Genre, tongue: Tongue): ArtistName {
  if (genre.content === "episodes") return { name: series(random), solo: false };
  if (random.chance(genre.solo)) return { name: soloName(random, genre.style, tongue), solo: true };
  if (random.chance(0.06)) return { name: duoName(random, tongue), solo: false };
  return { name: ensemble(random, genre, tongue), solo: false };
}

function soloName(random: Random, style: Style, tongue: Tongue): string {
  const who = person(random, tongue);
  const shape = random.float();
  if (style === "blues" && shape < 0.16) return `${random.pick(EPITHETS)} ${who.given} ${who.family}`;
  if (style === "rap" || style === "electronic") return stageName(random, who.given);
  if (SCRIPTS[tongue] !== undefined || shape < 0.8) return fullName(who, tongue);
  if (shape < 0.88) return `${who.given} ${initial(random)}. ${who.family}`;
  if (shape < 0.93) return `${initial(random)}.${initial(random)}. ${who.family}`;
  return shape < 0.97 ? `${who.given} ${words.coined(random)}` : words.coined(random);
}

const EPITHETS = [
  "Big",
  "Slim",
  "Little",
  "Sleepy",
  "Papa",
  "Lefty",
  "Sister",
  "Mississippi",
  "Lonesome",
] as const;

function stageName(random: Random, given: string): string {
  const shape = random.float();
  if (shape < 0.2)
    return `${random.pick(["DJ", "MC", "Lady", "King", "Young", "Doctor"])} ${words.coined(random)}`;
  if (shape < 0.45) return `${given} ${words.noun(random)}`;
  if (shape < 0.6) return `${bandAdjective(random)} ${given}`;
  if (shape < 0.72) return `${words.coined(random)} ${random.between(2, 99)}`;
  return shape < 0.86 ? words.coined(random) : `${given} ${words.coined(random)}`;
}

function duoName(random: Random, tongue: Tongue): string {
  const [first, second] = [person(random, tongue), person(random, tongue)];
  if (SCRIPTS[tongue] !== undefined) return `${first.given} & ${second.given}`;
  const shape = random.float();
  if (shape < 0.4) return `${first.given} & ${second.given}`;
  if (shape < 0.65) return `${first.family} & ${second.family}`;
  return `${fullName(first, tongue)} & ${fullName(second, tongue)}`;
}

function ensemble(random: Random, genre: Genre, tongue: Tongue): string {
  const script = SCRIPTS[tongue];
  if (script !== undefined) return scriptBand(random, tongue);
  if (genre.content === "works" || genre.content === "operas") return orchestra(tongue)(random);
  const local = genre.content === "cues" ? undefined : LOCAL[tongue];
  if (local !== undefined && random.chance(genre.name === "Latin" ? 0.92 : 0.5)) return local(random);
  return bandName(genre.style, tongue)(random);
}

function scriptBand(random: Random, tongue: Tongue): string {
  const script = SCRIPTS[tongue]!;
  if (random.chance(0.3)) return random.pick(script.bands);
  const [first, second] = [random.pick(script.words), random.pick(script.words)];
  return words.capital(first) + script.join + second;
}
