import { Deck, type Random } from "./random.ts";

/** Writes a part of a name. */
export type Writer = (random: Random) => string;
export type Slots = Readonly<Record<string, Writer>>;

/**
 * Compiles weighted templates, one per line: `6 The {adjective} {noun}` is used six times as often as a line with a
 * 1. Slots are names of writers. An unknown slot throws at once, so that no catalogue has a hole in it.
 */
export function grammar(text: string, slots: Slots): Writer {
  const lines = text
    .trim()
    .split("\n")
    .map((line) => /^\s*([\d.]+) (.+)$/.exec(line)!);
  const templates = new Deck(
    lines.map((line) => compile(line[2]!, slots)),
    lines.map((line) => Number(line[1])),
  );
  return (random) => templates.draw(random)(random);
}

/** A writer that draws from a list. Earlier words are more frequent. */
export function fromList(items: readonly string[], shift?: number): Writer {
  const deck = Deck.zipf(items, shift);
  return (random) => deck.draw(random);
}

/** Chooses one of several writers, by weight. */
export function oneOf(...choices: readonly (readonly [weight: number, writer: Writer])[]): Writer {
  const deck = new Deck(
    choices.map(([, writer]) => writer),
    choices.map(([weight]) => weight),
  );
  return (random) => deck.draw(random)(random);
}

function compile(template: string, slots: Slots): Writer {
  const parts = template.split(/\{(\w+)\}/);
  const texts = parts.filter((_, index) => index % 2 === 0);
  const writers = parts.filter((_, index) => index % 2 === 1).map((name) => find(slots, name, template));
  return (random) => {
    let result = texts[0]!;
    for (let index = 0; index < writers.length; index++) {
      result += writers[index]!(random) + texts[index + 1]!;
    }
    return result;
  };
}

function find(slots: Slots, name: string, template: string): Writer {
  const writer = slots[name];
  if (writer === undefined) throw new Error(`expected a slot of the grammar in "${template}", got {${name}}`);
  return writer;
}
