import { albumTitle } from "./albums.ts";
import { Credits } from "./credits.ts";
import type { Plan } from "./draft.ts";
import { FOREIGN } from "./foreign.ts";
import { GENRES, type Genre } from "./genres.ts";
import type { Writer } from "./grammar.ts";
import { TONGUES, type Tongue } from "./people.ts";
import { Random } from "./random.ts";
import { KINDS, STREAM } from "./streams.ts";
import { STYLES, suffix } from "./titles.ts";
import { classicalWork, composerOfWorks, episode, opera, type Work } from "./works.ts";

export interface Song {
  readonly name: string;
  readonly composer: string | null;
}

/** An album with its tracks. */
export interface Disc {
  readonly title: string;
  readonly songs: readonly Song[];
}

/**
 * Writes albums in any order. Each album has its own stream of random numbers. So its title and tracks need not be
 * kept between writing the albums table and the tracks table, and a live album can quote songs of earlier studio
 * albums.
 */
export class Discs {
  readonly #plan: Plan;
  readonly #credits: Credits;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#credits = new Credits(plan);
  }

  disc(album: number): Disc {
    const genre = GENRES[this.#plan.artist.genre[this.#artistOf(album)]!]!;
    const random = new Random(this.#plan.seed, STREAM.album, album);
    if (genre.content === "works" || genre.content === "operas") return this.#works(random, album, genre);
    if (genre.content === "episodes") return this.#season(random, album);
    return this.#record(random, album, genre);
  }

  #artistOf(album: number): number {
    return this.#plan.album.artist[album]!;
  }

  #works(random: Random, album: number, genre: Genre): Disc {
    const composer = composerOfWorks(random);
    const make: (random: Random) => Work = genre.content === "operas" ? opera : classicalWork;
    const songs: Song[] = [];
    const titles = new Set<string>();
    while (songs.length < this.#plan.album.size[album]!) {
      const work = make(random);
      titles.add(work.title);
      songs.push(
        ...work.movements.map((name) => ({ name, composer: random.chance(0.08) ? null : composer })),
      );
    }
    const title = [...titles].slice(0, 2).join(" / ");
    const family = composer.split(" ").at(-1)!;
    return { title: `${family}: ${title}`, songs: songs.slice(0, this.#plan.album.size[album]) };
  }

  #season(random: Random, album: number): Disc {
    const artist = this.#artistOf(album);
    const season = album - this.#plan.artist.firstAlbum[artist]! + 1;
    const names = distinct(this.#plan.album.size[album]!, () => episode(random));
    if (season === 1) names[0] = "Pilot";
    const songs = names.map((name) => ({ name, composer: null }));
    return { title: `${this.#plan.artist.name[artist]}, Season ${season}`, songs };
  }

  #record(random: Random, album: number, genre: Genre): Disc {
    const artist = this.#artistOf(album);
    const kind = KINDS[this.#plan.album.kind[album]!]!;
    const write = this.#writer(random, genre, TONGUES[this.#plan.artist.tongue[artist]!]!);
    const old = kind === "live" || kind === "compilation" ? this.#repertoire(random, album) : [];
    const fresh = this.#songs(random, album, genre, write, old);
    const songs = kind === "live" ? fresh.map((song) => liveTake(random, song)) : fresh;
    const titleTrack = songs[random.next() % Math.min(songs.length, 5)]!.name;
    return { title: albumTitle(random, this.#plan, album, genre, write, titleTrack), songs };
  }

  /** Artists sing in their own language if it has title grammars here, and in English on every eighth album. */
  #writer(random: Random, genre: Genre, tongue: Tongue): Writer {
    const own = genre.content === "cues" ? undefined : FOREIGN[tongue];
    return own !== undefined && !random.chance(0.12) ? own : STYLES[genre.style];
  }

  /** Songs of at most three earlier records of the artist, shuffled. */
  #repertoire(random: Random, album: number): Song[] {
    const first = this.#plan.artist.firstAlbum[this.#artistOf(album)]!;
    const earlier: number[] = [];
    for (let index = first; index < album; index++) {
      if (this.#plan.album.kind[index] === 0 || this.#plan.album.kind[index] === 3) earlier.push(index);
    }
    const sources = shuffle(random, earlier).slice(0, 3);
    return shuffle(
      random,
      sources.flatMap((source) => this.disc(source).songs),
    );
  }

  #songs(random: Random, album: number, genre: Genre, write: Writer, old: readonly Song[]): Song[] {
    const songs = new Map<string, Song>(old.map((song) => [song.name, song]));
    const size = this.#plan.album.size[album]!;
    const credit = this.#credits.ofAlbum(random, album, genre);
    for (let tries = 0; songs.size < size && tries < size * 4; tries++) {
      const name = write(random) + suffix(random) + this.#credits.guest(random, album, genre);
      if (!songs.has(name)) songs.set(name, { name, composer: credit() });
    }
    const chosen = [...songs.values()].slice(0, size);
    while (chosen.length < size) chosen.push({ name: write(random), composer: credit() });
    return chosen;
  }
}

const liveTake = (random: Random, song: Song): Song =>
  random.chance(0.7) && !song.name.includes("(") ? { ...song, name: `${song.name} (Live)` } : song;

/** The given number of different texts, or with repeats if the writer has too few. */
function distinct(count: number, write: () => string): string[] {
  const found = new Set<string>();
  for (let tries = 0; found.size < count && tries < count * 4; tries++) found.add(write());
  const texts = [...found];
  while (texts.length < count) texts.push(write());
  return texts;
}

function shuffle<T>(random: Random, items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.next() % (last + 1);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  return items;
}
