import Database, { type Statement } from "better-sqlite3";
import { Cache } from "../../src/main/engine/cache/cache.ts";
import { Answers, type Reader } from "../../src/main/engine/reads/answers.ts";
import type { ReadAnswer } from "../../src/main/engine/reads/lane.ts";
import type { AnyRead } from "../../src/main/engine/reads/read.ts";
import { migrate, readMigrations } from "../../src/shared/database/migrations.ts";
import { type Connection, loadVectors } from "../../src/shared/database/sqlite.ts";
import { DIMENSIONS } from "../../src/shared/embedders/embedder.ts";
import type { ReadRequest, ReadRow } from "../../src/shared/protocol.ts";
import { registerFunctions } from "../../src/workers/functions.ts";
import { GroupCommit } from "../../src/writer/group-commit.ts";
import { type Target, targetsOf, WRITES } from "./coherence.inputs.ts";
import { addPeople } from "./refusals.people.ts";
import { addShop } from "./refusals.shop.ts";
import { MIGRATIONS, writableFor } from "./support.ts";

const LENGTH = DIMENSIONS.lyric;
const kinds = (table: string) => `
  INSERT INTO ${table} (public_id, slug, name, created_at, updated_at)
    VALUES ('1', 'a', 'A', '', ''), ('2', 'b', 'B love', '', ''), ('3', 'c', 'C the love', '', '');`;

const FIRST_ROWS = `
  ${["artists", "genres", "media_types", "playlists"].map(kinds).join("")}
  INSERT INTO albums (public_id, slug, title, artist_id, created_at, updated_at)
    VALUES ('1', 's', 'X', 1, '', ''), ('2', 's', 'Y', 2, '', ''), ('3', 's', 'Z', 3, '', '');
  INSERT INTO tracks (public_id, slug, name, album_id, genre_id, media_type_id, milliseconds, unit_price_cents, created_at, updated_at)
    VALUES ('1', 's', 'love a', 1, 1, 1, 1, 1, '', ''), ('2', 's', 'love b', 1, 2, 1, 1, 1, '', ''), ('3', 's', 'love c', 2, 3, 1, 1, 1, '', '');
  INSERT INTO playlist_tracks (playlist_id, track_id, position, added_at) VALUES (1, 1, 1048576, ''), (3, 1, 1048576, ''), (3, 2, 2097152, '');
  UPDATE playlists SET owner_id = 1, visibility = 'private' WHERE id = 3;
  INSERT INTO tags (public_id, slug, name, type, parent_id, created_at, updated_at) VALUES
    ('1', 'calm', 'calm', 'mood', NULL, '', ''), ('2', 'tag-1', 'tag 1', 'tag', NULL, '', ''), ('3', 'still', 'still', 'mood', 1, '', '');
  INSERT INTO track_tags (track_id, tag_id, added_at) VALUES (1, 1, ''), (3, 2, '');
  INSERT INTO favourites (user_id, kind, entity_id, added_at) VALUES (1, 'tracks', 1, '');
  INSERT INTO ratings (user_id, kind, entity_id, stars, rated_at) VALUES (1, 'tracks', 1, 5, '');
  INSERT INTO comments (kind, entity_id, parent_id, user_id, text, created_at) VALUES
    ('tracks', 1, NULL, 1, 'Old', ''), ('tracks', 1, 1, 2, 'Reply', ''), ('playlists', 1, NULL, 2, 'Own', '');
  INSERT INTO saved_searches (user_id, name, search, visibility, created_at, updated_at) VALUES
    (1, 'Mine', '{}', 'private', '', ''), (2, 'Shown', '{"genre_id":1}', 'public', '', ''), (1, 'Q', '{"q":"love"}', 'private', '', '');
  INSERT INTO track_metadata VALUES (1, 'mood', 'text', 'calm', ''), (1, 'bpm', 'number', 120, ''), (3, 'mood', 'text', 'loud', '');
  INSERT INTO plays (track_id, user_id, played_at) VALUES (1, 3, '2026-01-01T00:00:00.000Z'), (2, 1, '2026-01-02T00:00:00.000Z');
  INSERT INTO vectors_lyric (track_id, embedding)
    SELECT value, vec_normalize('[' || value || replace(hex(zeroblob(${LENGTH - 1})), '00', ',1') || ']') FROM json_each('[1, 2, 3]');
  INSERT INTO similar_tracks (kind, track_id, neighbours) VALUES ('lyric', 1, '[[2,0.5]]'), ('blend', 3, '[[2,0.5]]')`;

/** The schema is made once; each world starts from a copy of it. */
function firstState(): Buffer {
  const states: Buffer[] = [];
  writableFor(":memory:", (db) => {
    migrate(db, readMigrations(MIGRATIONS), "latest");
    db.exec(FIRST_ROWS);
    addPeople(db);
    addShop(db);
    states.push(db.serialize());
  });
  return states[0]!;
}

let first: Buffer | undefined;

function database(): Connection {
  first ??= firstState();
  const db = new Database(first);
  loadVectors(db);
  db.pragma("foreign_keys = ON");
  db.function("within_deadline", () => 1);
  db.function("edit_distance", (_a, _b) => 1);
  db.function("closeness", { varargs: true }, () => 1);
  registerFunctions(db);
  return db;
}

function targets(): Target[] {
  const db = database();
  const all = targetsOf(db);
  db.close();
  return all;
}

/** The targets of readers: some of every coherent read. */
export const TARGETS: readonly Target[] = targets();

/** Inputs of each write that are tried: they name one entity after the other. */
const TRIED = 8;

interface Voyage {
  readonly request: ReadRequest;
  readonly flight: PromiseWithResolvers<ReadAnswer>;
  /** What the reader's snapshot shows, once it is open. */
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
      onReadFailed: () => {},
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
    const seen = (read: AnyRead) => {
      const { sql, params: values } = read.statement(params, new Date());
      return this.#see([sql, values])?.[0] ?? null;
    };
    return (read.shortcut === undefined ? null : seen(read.shortcut)) ?? seen(read);
  }

  /** A client sends a request; its response must show every write answered before. */
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
    const [command, inputOf] = WRITES[write]!;
    const input = inputOf(n);
    const { outcomes } = this.#commits.run([statementsOf(write, n)]);
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

  /** A read's result arrives; reads overtake each other, as on several threads. */
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

function statementsOf(write: number, n: number) {
  const [command, inputOf] = WRITES[write]!;
  const context = {
    now: new Date(n * 1_000).toISOString(),
    ifMatch: null,
    ifNoneMatch: null,
    uuid: () => `uuid-${n}`,
  };
  return command.statements(inputOf(n), context);
}

/** By target, the writes that change what it shows, each with a number that its input is made from. */
export type Changes = ReadonlyMap<number, ReadonlyMap<number, number>>;

/** Finds out by trying each write on the first state, and taking it back. */
export function changes(): Changes {
  const db = database();
  const prepared = new Map<string, Statement<[unknown], unknown[]>>();
  const prepare = (sql: string) => {
    const known = prepared.get(sql) ?? db.prepare<[unknown], unknown[]>(sql).raw(true);
    prepared.set(sql, known);
    return known;
  };
  const shown = () =>
    TARGETS.map(([read, params]) => {
      const { sql, params: values } = read.statement(params, new Date());
      return prepare(sql).get(values)?.[0] ?? null;
    });
  const first = shown();
  const found = new Map(TARGETS.map((_, target) => [target, new Map<number, number>()]));
  for (const write of WRITES.keys())
    for (let n = 1; n <= TRIED; n++) {
      db.exec("SAVEPOINT trial");
      const now = applied(db, write, n) ? shown() : first;
      for (const [target, shows] of now.entries())
        if (shows !== first[target]) found.get(target)!.set(write, n);
      db.exec("ROLLBACK TO trial; RELEASE trial");
    }
  db.close();
  return found;
}

/** Its statements alone: what a guard would refuse changes nothing in the model. @returns false when one fails. */
function applied(db: Connection, write: number, n: number): boolean {
  try {
    for (const { sql, params } of statementsOf(write, n)) {
      const statement = db.prepare(sql);
      statement.reader ? statement.all(params) : statement.run(params);
    }
    return true;
  } catch {
    return false;
  }
}
