import Database from "better-sqlite3";
import { Cache } from "../../src/main/engine/cache/cache.ts";
import type { AnyCommand } from "../../src/main/engine/commands/command.ts";
import { Answers, type Reader } from "../../src/main/engine/reads/answers.ts";
import type { ReadAnswer } from "../../src/main/engine/reads/lane.ts";
import type { AnyRead } from "../../src/main/engine/reads/read.ts";
import { CATALOGUE_COMMANDS, PLAYLIST_COMMANDS } from "../../src/main/features/catalogue/commands.ts";
import { CATALOGUE_READS, NESTED_READS } from "../../src/main/features/catalogue/reads.ts";
import { migrate, readMigrations } from "../../src/shared/database/migrations.ts";
import type { Connection } from "../../src/shared/database/sqlite.ts";
import type { ReadRequest, ReadRow } from "../../src/shared/protocol.ts";
import { GroupCommit } from "../../src/writer/group-commit.ts";
import { MIGRATIONS, writable } from "./support.ts";

const { artists, albums, tracks, playlists } = CATALOGUE_READS;
const page = { limit: 100, sort: "id", total: "0" };

/** Entities, lists, nested lists, counts and joined names: what readers ask for, over and over. */
export const TARGETS: readonly (readonly [read: AnyRead, params: unknown])[] = [
  ...[1, 2, 3, 4].map((id) => [tracks.entity, { id }] as const),
  [tracks.list, page],
  [tracks.list, { ...page, artist_id: 1 }],
  [tracks.counted, page],
  [albums.entity, { id: 1 }],
  [albums.list, page],
  [artists.entity, { id: 1 }],
  [artists.entity, { id: 3 }],
  [artists.list, page],
  [playlists.entity, { id: 2 }],
  [NESTED_READS.artistAlbums, { id: 1, ...page }],
  [NESTED_READS.artistAlbums, { id: 3, ...page }],
  [NESTED_READS.albumTracks, { id: 1, ...page }],
  [NESTED_READS.playlistTracks, { id: 1, ...page }],
  [NESTED_READS.playlistTracks, { id: 2, ...page }],
];

const track = { media_type_id: 1, milliseconds: 1, unit_price: 1 };

/** Renames (of what others show), moves, additions and deletions. `n` makes each value a new one. */
export const WRITES: readonly ((n: number) => readonly [command: AnyCommand, input: unknown])[] = [
  (n) => [CATALOGUE_COMMANDS.artists.patch, { id: 1, body: { name: `artist ${n}` } }],
  (n) => [CATALOGUE_COMMANDS.artists.patch, { id: 2, body: { name: `artist ${n}` } }],
  (n) => [CATALOGUE_COMMANDS.albums.patch, { id: 1, body: { title: `album ${n}` } }],
  (n) => [CATALOGUE_COMMANDS.albums.patch, { id: 1, body: { artist_id: (n % 2) + 1 } }],
  (n) => [CATALOGUE_COMMANDS.tracks.patch, { id: 1, body: { name: `track ${n}` } }],
  (n) => [CATALOGUE_COMMANDS.tracks.patch, { id: 2, body: { album_id: (n % 2) + 1 } }],
  (n) => [CATALOGUE_COMMANDS["media-types"].patch, { id: 1, body: { name: `type ${n}` } }],
  (n) => [CATALOGUE_COMMANDS.tracks.create, { ...track, name: `track ${n}`, album_id: 1 }],
  (n) => [CATALOGUE_COMMANDS.artists.create, { name: `artist ${n}` }],
  (n) => [CATALOGUE_COMMANDS.playlists.create, { name: `list ${n}` }],
  () => [CATALOGUE_COMMANDS.tracks.remove, { id: 2 }],
  (n) => [PLAYLIST_COMMANDS.add, { id: 1, body: { track_id: (n % 3) + 1 } }],
  (n) => [PLAYLIST_COMMANDS.remove, { id: 1, track_id: (n % 3) + 1 }],
];

const FIRST_ROWS = `
  INSERT INTO artists (public_id, slug, name, created_at, updated_at) VALUES ('1', 's', 'A', '', ''), ('2', 's', 'B', '', '');
  INSERT INTO media_types (public_id, slug, name, created_at, updated_at) VALUES ('1', 's', 'T', '', '');
  INSERT INTO albums (public_id, slug, title, artist_id, created_at, updated_at)
    VALUES ('1', 's', 'X', 1, '', ''), ('2', 's', 'Y', 2, '', '');
  INSERT INTO tracks (public_id, slug, name, album_id, media_type_id, milliseconds, unit_price_cents, created_at, updated_at)
    VALUES ('1', 's', 'a', 1, 1, 1, 1, '', ''), ('2', 's', 'b', 1, 1, 1, 1, '', ''), ('3', 's', 'c', 2, 1, 1, 1, '', '');
  INSERT INTO playlists (public_id, slug, name, created_at, updated_at) VALUES ('1', 's', 'P', '', '');
  INSERT INTO playlist_tracks VALUES (1, 1, '')`;

/** The schema is made once; each world starts from a copy of it. */
function firstState(): Buffer {
  const db = writable(":memory:");
  migrate(db, readMigrations(MIGRATIONS), "latest");
  db.exec(FIRST_ROWS);
  return db.serialize();
}

let first: Buffer | undefined;

function database(): Connection {
  first ??= firstState();
  const db = new Database(first);
  db.pragma("foreign_keys = ON");
  return db;
}

interface Voyage {
  readonly request: ReadRequest;
  readonly flight: PromiseWithResolvers<ReadAnswer>;
  /** What the reader saw, once it looked. */
  row?: ReadRow | null;
}

/** The answer of a target, as text; null when there is none. */
type Shown = string | null;

/**
 * The front's half of the engine, real (Answers, Cache, reads, commands, group commit), over a lane and a writer
 * that do their parts only when they are told to. It notes the state after every commit, so that a response can
 * be dated.
 */
export class World {
  readonly #db = database();
  readonly #commits = new GroupCommit(this.#db);
  readonly #clock = { now: 1 };
  readonly #cache: Cache;
  readonly #answers: Answers;
  readonly #voyages: Voyage[] = [];
  readonly #targets: readonly number[];
  /** Per commit, what each target shows from then on. */
  readonly #history: ReadonlyMap<number, Shown>[] = [];
  /** Commits that are not answered yet, by the tags they touch. */
  readonly #unanswered: (readonly string[])[] = [];
  #answered = 0;
  readonly violations: string[] = [];
  responses = 0;

  /** @param targets those that will be requested. */
  constructor(maxBytes: number, targets: readonly number[]) {
    this.#targets = targets;
    this.#cache = new Cache({ maxBytes, now: () => this.#clock.now });
    const lane: Reader = { read: (request) => this.#embark(request) };
    this.#answers = new Answers({
      cache: this.#cache,
      lanes: { point: lane, scan: lane },
      onLookup: () => {},
      onRead: () => {},
    });
    this.#note();
  }

  #embark(request: ReadRequest): Promise<ReadAnswer> {
    const flight = Promise.withResolvers<ReadAnswer>();
    this.#voyages.push({ request, flight });
    return flight.promise;
  }

  #see([sql, params]: ReadRequest): ReadRow | null {
    const row = this.#db.prepare(sql).raw(true).get(params) as ReadRow | undefined;
    return row === undefined ? null : [row[0], row[1] ?? "etag", row[2]];
  }

  #note(): void {
    this.#history.push(new Map(this.#targets.map((target) => [target, this.#shown(target)])));
  }

  #shown(target: number): Shown {
    const [read, params] = TARGETS[target]!;
    const { sql, params: values } = read.statement(params, new Date(0));
    return this.#see([sql, values])?.[0] ?? null;
  }

  /** A client asks; its response is judged by what was answered before it asked. */
  request(target: number): void {
    const [read, params] = TARGETS[target]!;
    const key = Answers.key(read, params);
    const since = this.#answered;
    const cached = this.#answers.cached(read, key);
    if (cached !== undefined) this.#judge(target, since, cached.body);
    else
      void this.#answers
        .fetch(read, params, key)
        .then((found) => this.#judge(target, since, found?.entry.body ?? null));
  }

  #judge(target: number, since: number, shown: Shown): void {
    this.responses++;
    const possible = this.#history.slice(since).map((state) => state.get(target) ?? null);
    if (!possible.includes(shown)) {
      const [read, params] = TARGETS[target]!;
      this.violations.push(
        `${read.name} ${JSON.stringify(params)}: shows ${shown}, answered is ${possible[0]}`,
      );
    }
  }

  /** The writer commits. A command that changes nothing is answered with an error, and touches nothing. */
  commit(write: number, n: number): void {
    const [command, input] = WRITES[write]!(n);
    const context = { now: `${n}`, ifMatch: null, ifNoneMatch: null, uuid: () => `uuid-${n}` };
    const { outcomes } = this.#commits.run([command.statements(input, context)]);
    this.#note();
    this.#unanswered.push(outcomes[0]!.failure === undefined ? command.tags(input) : []);
  }

  /** The front hears of the oldest commit: it invalidates, then answers. */
  answer(): void {
    const tags = this.#unanswered.shift();
    if (tags === undefined) return;
    this.#cache.invalidate(tags);
    this.#answered++;
  }

  /** A reader opens its snapshot for a read on its way. */
  look(which: number): void {
    const waiting = this.#voyages.filter(({ row }) => row === undefined);
    const voyage = waiting[which % Math.max(1, waiting.length)];
    if (voyage !== undefined) voyage.row = this.#see(voyage.request);
  }

  /** A read comes home; reads overtake each other, as on several threads. */
  land(which: number): void {
    const seen = this.#voyages.filter(({ row }) => row !== undefined);
    const voyage = seen[which % Math.max(1, seen.length)];
    if (voyage === undefined) return;
    this.#voyages.splice(this.#voyages.indexOf(voyage), 1);
    voyage.flight.resolve({ row: voyage.row!, waitedMs: 0, ms: 0 });
  }

  wait(seconds: number): void {
    this.#clock.now += seconds * 1_000;
    this.#cache.collect();
  }

  async finish(): Promise<void> {
    while (this.#voyages.length > 0) {
      this.look(0);
      this.land(0);
      await new Promise(setImmediate);
    }
    this.#db.close();
    this.#cache.close();
  }
}
