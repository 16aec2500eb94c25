/** A search scenario as data: catalogue, queries and target. */
export interface SearchScenario {
  readonly title: string;
  /** `sample` is the upstream file; a number is a generated catalogue with that many tracks (seed 7). */
  readonly catalogue: "sample" | number;
  /** Requested in turn. */
  readonly paths: readonly string[];
  readonly connections: number;
  /** Requests per second (open loop). Without it, a closed loop. */
  readonly rate?: number;
  /** Milliseconds; requests per second. */
  readonly target?: { readonly p95?: number; readonly p99?: number; readonly rate?: number };
}

const MILLION = 1_000_000;
const CLIENTS = 100;
/** The fixed rate on the sample, in requests per second. */
const STEADY = 1_500;

const search = (q: string, mode = "text"): string => `/v1/search?${new URLSearchParams({ q, mode })}`;
const suggest = (q: string): string => `/v1/search/suggestions?${new URLSearchParams({ q })}`;
const lines = (text: string): string[] => text.trim().split(/\s*[,\n]\s*/);

/** Two words from the sample's names. */
const SAMPLE_TEXT = lines(`
  black dog, iron maiden, led zeppelin, stairway heaven, master puppets, fade black, love song, smells spirit,
  garota ipanema, bossa nova, pearl jam, rolling stones, guns roses, red hot, chili peppers, foo fighters,
  deep purple, smoke water, black sabbath, war pigs, green day, basket case, queen champions, under pressure,
  jimi hendrix, purple haze, little wing, system down, holy diver, metallica sandman, creedence river,
  eric clapton, wonderful tonight, buddy guy, frank sinatra, new york, lost pilot, office dundies, heroes chapter,
  amy winehouse, back black, u2 sunday, bloody sunday, kiss alive, marisa monte, gilberto gil, caetano veloso,
  jorge ben, chico buarque, milton nascimento, tim maia, legiao urbana, titas sonifera, soundgarden sun,
  audioslave stone, faith epic, pantera walk, ozzy train, judas priest, breaking law, accept balls, van halen,
  billy cobham, miles davis, mozart requiem, bach air, beethoven symphony, vivaldi four`);

/** Misspelled queries on the sample. */
const SAMPLE_FUZZY = lines(`
  metalica, led zepelin, smels like ten spirit, iron maden, black sabath, gren day, deep purpel, pearl jamm,
  stairway to heven, hotel calfornia, garota de ipanma, rolling stons, guns and rozes, jimi hendrex, purple hase,
  frank sinatre, wonderfull tonight, basket cas, mastr of puppets, nothing els matters, holy divr, breaking the lwa,
  beethovn, mozrt, vivladi, miles davs, caetano velozo, chico buarqe, audioslve, soundgardn`);

const SUGGESTIONS = lines(`
  me, met, meta, qu, que, iron, iro, lo, lov, bl, bla, blac, st, sta, star, ro, rol, ni, nig, wo, wor, he, hea, da,
  dan, su, sun, sund, mo, moo, fi, fir, fire, ri, riv, de, dea, dr, dre, gr, gre, an, ang, to, ton, mi, mid, pe, pea`);

/** Pairs of words, each in at most 1 % of a generated catalogue's tracks, and both in some. */
const MILLION_TEXT = lines(`
  lucille heaven, saint hunger, firefly lightning, who forgot, obsidian monday, home november, raven pride,
  dragon wind, window yesterday, eternal abyss, ghost ada, home ada, dancers barcelona, after whirlpool,
  lucille airport, bridges montreal, hold away, cross saint, two hours, silent twilight, matilda all,
  invisible staircase, hold demo, ask truth, confession archive, sugar ash, courage ash, highways ash,
  nocturne chamber, driving astrid, rose astrid, viejo barrio, tierra triste, saudade banda, estrada saudade,
  dark angel, who blessed, witness beyond, fighting boston, savage painted, sleeping kiss, wine captain,
  cross bitter, crowns bitter, talon bone, frost borrowed, another borrowed, harriet boston, kill room,
  piano quintet, what detective, children bone, tide callum, bought willow, hold under, find carmen, tea dancer,
  roots castle, guitarra viento, save rain, hell chain, single wolf, hundred streets, violet angel, temple life`);

const MILLION_FUZZY = lines(`
  lucile heven, firefli lightning, eternl abyss, dansers barcelona, invisble staircase, noctrune chamber,
  fightng boston, savge painted, sleepin kiss, piano quintett, hundrd streets, vilet angel`);

export const SEARCHES = {
  "sample-text": {
    title: "sample: two words, fixed rate",
    catalogue: "sample",
    paths: SAMPLE_TEXT.map((q) => search(q)),
    connections: CLIENTS,
    rate: STEADY,
    target: { p99: 15 },
  },
  "sample-text-full": {
    title: "sample: two words, closed loop of 100 clients",
    catalogue: "sample",
    paths: SAMPLE_TEXT.map((q) => search(q)),
    connections: CLIENTS,
    target: { rate: STEADY, p99: 15 },
  },
  "sample-fuzzy": {
    title: "sample: misspelled, closed loop of 4 clients",
    catalogue: "sample",
    paths: SAMPLE_FUZZY.map((q) => search(q, "fuzzy")),
    connections: 4,
  },
  "sample-suggestions": {
    title: "sample: suggestions, fixed rate",
    catalogue: "sample",
    paths: SUGGESTIONS.map(suggest),
    connections: CLIENTS,
    rate: STEADY,
    target: { p99: 8 },
  },
  "sample-suggestions-full": {
    title: "sample: suggestions, closed loop of 100 clients",
    catalogue: "sample",
    paths: SUGGESTIONS.map(suggest),
    connections: CLIENTS,
    target: { p99: 8 },
  },
  "million-text": {
    title: "a million: two words of up to 1 %",
    catalogue: MILLION,
    paths: MILLION_TEXT.map((q) => search(q)),
    connections: 1,
    target: { p95: 40 },
  },
  "million-commonest": {
    title: "a million: the most common word",
    catalogue: MILLION,
    paths: [search("the")],
    connections: 1,
    target: { p95: 150 },
  },
  "million-text-many": {
    title: "a million: two words of up to 1 %, 100 a second",
    catalogue: MILLION,
    paths: MILLION_TEXT.map((q) => search(q)),
    connections: CLIENTS,
    rate: 100,
    target: { p95: 40 },
  },
  "million-fuzzy": {
    title: "a million: misspelled",
    catalogue: MILLION,
    paths: MILLION_FUZZY.map((q) => search(q, "fuzzy")),
    connections: 1,
  },
  "million-suggestions": {
    title: "a million: suggestions",
    catalogue: MILLION,
    paths: SUGGESTIONS.map(suggest),
    connections: 1,
    target: { p95: 10 },
  },
} as const satisfies Record<string, SearchScenario>;

export type SearchName = keyof typeof SEARCHES;
