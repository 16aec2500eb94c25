import * as romance from "../words/romance.ts";
import { peopleOf } from "./bands.ts";
import { fromList, grammar, type Writer } from "./grammar.ts";
import * as words from "./lexicon.ts";
import { person, type Tongue } from "./people.ts";
import { Deck } from "./random.ts";

/** Plurals for band names, by language. */
export const LOCAL: Partial<Record<Tongue, Writer>> = {
  portuguese: localBands(
    "portuguese",
    romance.PORTUGUESE,
    "Os",
    ["Banda", "Grupo", "Trio", "Conjunto"],
    [
      ..."Jangadeiros Violeiros Seresteiros Tamoios Caranguejos Navegantes Batuqueiros Relâmpagos".split(" "),
      ..."Pirilampos Boêmios Retirantes Carcarás Malabaristas Forasteiros".split(" "),
    ],
  ),
  spanish: localBands(
    "spanish",
    romance.SPANISH,
    "Los",
    ["Orquesta", "Grupo", "Trío", "Conjunto"],
    [
      ..."Caminantes Faroles Náufragos Relámpagos Forasteros Gorriones Alacranes Trasnochados".split(" "),
      ..."Bandoleros Jilgueros Vendavales Cometas Equilibristas Olvidadizos".split(" "),
    ],
  ),
  french: localBands(
    "french",
    romance.FRENCH,
    "Les",
    ["Groupe", "Trio", "Orchestre", "Quatuor"],
    [..."Hirondelles Funambules Naufragés Horlogers Vagabonds Réverbères Passagers Trapézistes".split(" ")],
  ),
  italian: localBands(
    "italian",
    romance.ITALIAN,
    "I",
    ["Gruppo", "Trio", "Orchestra", "Complesso"],
    [..."Naviganti Lampioni Viandanti Funamboli Pescatori Corsari Forestieri Girasoli".split(" ")],
  ),
  german: localBands(
    "german",
    romance.GERMAN,
    "Die",
    ["Kapelle", "Trio", "Orchester", "Gruppe"],
    [..."Nachtschwärmer Laternen Seiltänzer Uhrmacher Landstreicher Papierflieger Schlafwandler".split(" ")],
  ),
};

function localBands(
  tongue: Tongue,
  lexicon: romance.Lexicon,
  article: string,
  groups: readonly string[],
  people: readonly string[],
): Writer {
  return grammar(
    `
    8 ${article} {people}
    7 ${article} {people} {of}
    5 {group} {family}
    4 {group} {plain}
    6 {plain} {of}
    5 {plain} {adjective}
    4 {plain} & {plain}
    3 {given} & ${article} {people}
    2 {coined}
    2 {group} {plain} {of}`,
    {
      coined: words.coined,
      people: fromList(people),
      group: fromList(groups, 3),
      plain: fromList(lexicon.plain, 25),
      adjective: fromList(lexicon.adjectives, 25),
      of: fromList(lexicon.of, 25),
      ...peopleOf(tongue),
    },
  );
}

const ORCHESTRA_WORDS: Readonly<Record<string, readonly string[]>> = {
  english: ["{town} Philharmonic", "{town} Chamber Orchestra", "{family} Quartet", "{town} Cathedral Choir"],
  german: ["{town}er Kammerorchester", "{family}-Quartett", "Collegium {coined}", "Kammerchor {coined}"],
  french: ["Orchestre de Chambre {family}", "Quatuor {family}", "Ensemble {coined}", "Chœur {family}"],
  italian: ["Orchestra da Camera {family}", "Quartetto {family}", "I Solisti di {coined}", "Coro {family}"],
};

const ORCHESTRA_TONGUES = new Deck<Tongue>(
  ["german", "french", "italian", "eastern", "nordic"],
  [3, 2, 2, 3, 2],
);

const ORCHESTRAS = Object.fromEntries(
  Object.entries(ORCHESTRA_WORDS).map(([tongue, shapes]) => [
    tongue,
    grammar(shapes.map((shape) => `1 ${shape}`).join("\n"), {
      ...{ coined: words.coined, town: words.town },
      family: (random) => person(random, ORCHESTRA_TONGUES.draw(random)).family,
    }),
  ]),
);

/** Orchestras, quartets and choirs; in English if their language has no words for them here. */
export const orchestra = (tongue: Tongue): Writer => ORCHESTRAS[tongue] ?? ORCHESTRAS.english!;
