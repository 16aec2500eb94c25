import { slugify } from "../../../shared/names.ts";
import type { Value } from "../../../shared/tables.ts";
import { Discs, type Song } from "./discs.ts";
import type { Plan } from "./draft.ts";
import { GENRES, MEDIA_TYPES } from "./genres.ts";
import { Random } from "./random.ts";
import { KINDS, STREAM } from "./streams.ts";
import { DAY_MS, date, timestamp, updatedAfter, uuid } from "./values.ts";

export type Row = readonly Value[];

const LIVE = KINDS.indexOf("live");

/** Rows of artists, albums, genres, media types and tracks, each in the order of ids. */
export class Shelves {
  readonly #plan: Plan;
  readonly #discs: Discs;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#discs = new Discs(plan);
  }

  *artists(): Generator<Row> {
    const { artist, seed } = this.#plan;
    const random = new Random(seed, STREAM.artistIds);
    let id = 0;
    for (const index of artist.order) {
      const name = artist.name[index]!;
      yield [++id, uuid(random), slugify(name), name, ...this.#stamps(random, artist.added[index]!)];
    }
  }

  *albums(): Generator<Row> {
    const { album, artist, seed } = this.#plan;
    const random = new Random(seed, STREAM.albumIds);
    let id = 0;
    for (const index of album.order) {
      const { title } = this.#discs.disc(index);
      const parent = artist.id[album.artist[index]!]!;
      const released = date(album.released[index]!);
      const stamps = this.#stamps(random, album.added[index]!);
      yield [++id, uuid(random), slugify(title), title, parent, released, ...stamps];
    }
  }

  *genres(): Generator<Row> {
    yield* this.#named(GENRES, 0);
  }

  *mediaTypes(): Generator<Row> {
    yield* this.#named(MEDIA_TYPES, 1);
  }

  /** Genres and media types date from the day the store opened, before the first record. */
  *#named(items: readonly { readonly name: string }[], index: number): Generator<Row> {
    const random = new Random(this.#plan.seed, STREAM.shelves, index);
    const opened = timestamp(this.#plan.now - 12.1 * 365 * DAY_MS);
    for (const [position, { name }] of items.entries()) {
      yield [position + 1, uuid(random), slugify(name), name, opened, opened];
    }
  }

  *tracks(): Generator<Row> {
    const random = new Random(this.#plan.seed, STREAM.trackIds);
    let id = 0;
    for (const [position, index] of this.#plan.album.order.entries()) {
      for (const [place, song] of this.#discs.disc(index).songs.entries()) {
        yield this.#track(random, ++id, position + 1, index, song, place);
      }
    }
  }

  /** @param place position on the album, from 0; discs hold twenty tracks. */
  #track(random: Random, id: number, albumId: number, album: number, song: Song, place: number): Row {
    const { artist, seed: _, ...plan } = this.#plan;
    const genre = artist.genre[plan.album.artist[album]!]!;
    const media = plan.album.media[album]!;
    const length = milliseconds(random, genre, plan.album.kind[album] === LIVE);
    const bytes = Math.round((length / 8) * MEDIA_TYPES[media]!.kilobits * (0.95 + random.float() * 0.1));
    const added = Math.min(plan.now, plan.album.added[album]! + (id - plan.album.firstTrack[album]!) * 1000);
    return [
      ...[id, uuid(random), slugify(song.name), song.name, albumId, media + 1, genre + 1, song.composer],
      ...[length, bytes, MEDIA_TYPES[media]!.cents, Math.floor(place / DISC) + 1, (place % DISC) + 1],
      ...this.#stamps(random, added),
    ];
  }

  #stamps(random: Random, added: number): [created: string, updated: string] {
    const updated = updatedAfter(random, added, this.#plan.now);
    const created = timestamp(added);
    return [created, updated === added ? created : timestamp(updated)];
  }
}

/** Tracks on one disc. */
const DISC = 20;

/** Lengths are log-normal: few are much shorter than usual, some much longer. Live recordings are longer. */
function milliseconds(random: Random, genre: number, live: boolean): number {
  const { seconds, spread } = GENRES[genre]!;
  const usual = seconds * (live ? 1150 : 1000);
  return Math.max(4000, Math.round(usual * Math.exp(spread * random.normal() - (spread * spread) / 2)));
}
