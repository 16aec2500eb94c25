import Database, { type Statement as Prepared } from "better-sqlite3";
import { Cache } from "../../src/main/engine/cache/cache.ts";
import { Commands } from "../../src/main/engine/commands/command-bus.ts";
import { guardInSql, refusalIn } from "../../src/main/engine/commands/guards-in-sql.ts";
import { Answers } from "../../src/main/engine/reads/answers.ts";
import type { AnyRead } from "../../src/main/engine/reads/read.ts";
import { COMMANDS, READS } from "../../src/main/features/index.ts";
import { decodeCommands, encodeCommands } from "../../src/shared/batches.ts";
import { migrate, readMigrations } from "../../src/shared/database/migrations.ts";
import { type Connection, loadVectors } from "../../src/shared/database/sqlite.ts";
import { type Failure, toFailure } from "../../src/shared/errors.ts";
import type { Outcome, ReadRequest, ReadRow, Statements } from "../../src/shared/protocol.ts";
import { closeness, editDistance } from "../../src/workers/closeness.ts";
import { registerFunctions } from "../../src/workers/functions.ts";
import { GroupCommit } from "../../src/writer/group-commit.ts";
import type { Call } from "./refusals.calls.ts";
import { addPeople } from "./refusals.people.ts";
import { addShop } from "./refusals.shop.ts";
import { MIGRATIONS } from "./support.ts";
import { variantsOf } from "./variants.ts";

const FIRST_ROWS = `
  INSERT INTO artists (public_id, slug, name, created_at, updated_at) VALUES ('1', 's', 'A', 't', 't'), ('2', 's', 'B', 't', 't'), ('3', 's', 'C', 't', 't');
  INSERT INTO genres (public_id, slug, name, created_at, updated_at) VALUES ('1', 's', 'G', 't', 't');
  INSERT INTO media_types (public_id, slug, name, created_at, updated_at) VALUES ('1', 's', 'T', 't', 't'), ('2', 's', 'U', 't', 't');
  INSERT INTO albums (public_id, slug, title, artist_id, created_at, updated_at)
    VALUES ('1', 's', 'X', 1, 't', 't'), ('2', 's', 'Y', 2, 't', 't'), ('3', 's', 'Z', 2, 't', 't');
  INSERT INTO tracks (public_id, slug, name, album_id, media_type_id, milliseconds, unit_price_cents, created_at, updated_at)
    VALUES ('1', 's', 'a', 1, 1, 1, 1, 't', 't'), ('2', 's', 'b', 1, 1, 1, 1, 't', 't'), ('3', 's', 'c', 2, 1, 1, 1, 't', 't');
  INSERT INTO playlists (public_id, slug, name, created_at, updated_at) VALUES ('1', 's', 'P', 't', 't');
  INSERT INTO playlists (public_id, slug, name, owner_id, visibility, allow_duplicates, created_at, updated_at)
    VALUES ('2', 's', 'Mine', 1, 'private', 1, 't', 't'), ('3', 's', 'Yours', 2, 'public', 0, 't', 't'),
    ('4', 's', 'Full', 3, 'public', 1, 't', 't');
  UPDATE playlists SET track_count = 10000 WHERE id = 4;
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
  INSERT INTO playlists (public_id, slug, name, owner_id, visibility, created_at, updated_at)
    SELECT 'of 4: ' || i, 's', 'N', 4, 'private', 't', 't' FROM n;
  INSERT INTO playlists (id, public_id, slug, name, track_count, created_at, updated_at)
    VALUES (1500, '1500', 's', 'Full', 10000, 't', 't');
  INSERT INTO playlist_tracks (playlist_id, track_id, position, added_at) VALUES (1, 1, 1048576, 't'), (1, 3, 2097152, 't');
  INSERT INTO plays (track_id, user_id, played_at) VALUES (1, 1, '2026-11-20T00:00:00.000Z');
  INSERT INTO tags (public_id, slug, name, type, parent_id, synonyms, created_at, updated_at) VALUES
    ('1', 'alpha', 'Alpha', 'tag', NULL, '[]', 't', 't'), ('2', 'orphan', 'Orphan', 'tag', NULL, '[]', 't', 't'),
    ('3', 'calm', 'Calm', 'mood', NULL, '[["soft","Soft"]]', 't', 't'), ('4', 'still', 'Still', 'mood', 3, '[]', 't', 't'),
    ('5', 'many', 'Many', 'mood', NULL, '[]', 't', 't');
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
  UPDATE tags SET synonyms = (SELECT json_group_array(json_array('s' || i, 'S' || i)) FROM n) WHERE id = 5;
  INSERT INTO track_tags VALUES (1, 1, 't');
  INSERT INTO track_metadata VALUES (1, 'mood', 'text', 'calm', 't'), (1, 'bpm', 'number', 120, 't');
  INSERT INTO favourites (user_id, kind, entity_id, added_at) VALUES (1, 'tracks', 1, 't'), (2, 'artists', 1, 't');
  INSERT INTO ratings (user_id, kind, entity_id, stars, rated_at) VALUES (1, 'tracks', 1, 5, 't'), (0, 'albums', 2, 1, 't');
  INSERT INTO comments (kind, entity_id, parent_id, user_id, text, created_at) VALUES
    ('tracks', 1, NULL, 1, 'Old', 't'), ('tracks', 1, 1, 2, 'Reply', '2020-01-01T00:00:00.000Z'), ('playlists', 3, NULL, 2, 'Own', 't');
  INSERT INTO deleted_entities (kind, entity_id, name, owner_id, content, relations, deleted_at) VALUES
    ('genres', 1000, 'Gone', NULL, '[1000,"gone","s","Gone",3,"t","t"]', '{}', '2099'),
    ('playlists', 2000, 'Gone', 1, '[2000,"gone","s","Gone",3,"t","t",1,null,"private",0]',
      '{"playlist_tracks":[[2000,2000,1,1048576,"t"],[2001,2000,999,2097152,"t"]]}', '2099');
  INSERT INTO saved_searches (user_id, name, search, visibility, created_at, updated_at) VALUES
    (1, 'Mine', '{}', 'private', 't', 't'), (2, 'Shown', '{"genre_id":1}', 'public', 't', 't'), (0, 'Ours', '{"q":"a"}', 'private', 't', 't');
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
  INSERT INTO saved_searches (user_id, name, search, created_at, updated_at) SELECT 4, 'S', '{}', 't', 't' FROM n;
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
  INSERT INTO track_metadata SELECT 3, 'k' || i, 'number', i, 't' FROM n;`;

function open(file: string | Buffer): Connection {
  const db = new Database(file);
  loadVectors(db);
  registerFunctions(db);
  db.function("within_deadline", () => 1);
  db.function("edit_distance", (a, b) => editDistance(String(a), String(b)));
  db.function("closeness", { varargs: true }, (typed, ...fields) =>
    closeness(String(typed), ...(fields as (string | null)[])),
  );
  db.pragma("foreign_keys = ON");
  return db;
}

let first: Buffer | undefined;

/** The schema is made once; each world starts from a copy of it. The third of a kind is referred to by nothing. */
function firstState(): Buffer {
  if (first !== undefined) return first;
  const db = open(":memory:");
  migrate(db, readMigrations(MIGRATIONS), "latest");
  db.exec(FIRST_ROWS);
  addPeople(db);
  addShop(db);
  first = db.serialize();
  db.close();
  return first;
}

/** Rows of every table, by its name: those of a virtual table as it shows them, an index of words as its words. */
export function dump(db: Connection): Record<string, unknown> {
  const tables = db
    .prepare(
      "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')",
    )
    .all() as { name: string }[];
  return Object.fromEntries(tables.map(({ name }) => [name, rowsOf(db, name)]));
}

/** A customer's listener is made by a trigger, which has its own clock. */
const withoutTimes = (row: unknown[]): unknown[] =>
  row[1] === null ? row.map((value) => (/^\d{4}-\d\d-\d\dT/.test(String(value)) ? "" : value)) : row;

function rowsOf(db: Connection, table: string): unknown[] {
  const { sql } = (db.prepare("SELECT sql FROM sqlite_schema WHERE name = ?").get(table) ?? { sql: "" }) as {
    sql: string | null;
  };
  const from = /USING fts5 /i.test(sql ?? "") ? wordsOf(db, table) : table;
  const rows = db.prepare(`SELECT * FROM ${from}`).raw(true).all() as unknown[][];
  return (table === "users" ? rows.map(withoutTimes) : rows)
    .map((row) => JSON.stringify(row, (_, value) => (Buffer.isBuffer(value) ? value.toString("hex") : value)))
    .sort();
}

/** What an index of words holds: each term, where it stands. */
function wordsOf(db: Connection, table: string): string {
  db.exec(
    `CREATE VIRTUAL TABLE IF NOT EXISTS temp.words_of_${table} USING fts5vocab (main, ${table}, instance)`,
  );
  return `temp.words_of_${table}`;
}

/** Applies commands one by one, by SQL alone: what another executor would make of them. */
class Twin {
  readonly db = open(firstState());

  /** @returns why it was refused. */
  apply(command: Statements): Failure | undefined {
    this.db.exec("SAVEPOINT command");
    try {
      for (const { sql, params } of command.flatMap(guardInSql)) {
        const prepared = this.db.prepare(sql);
        if (prepared.reader) prepared.all(params);
        else prepared.run(params);
      }
      return undefined;
    } catch (error) {
      this.db.exec("ROLLBACK TO command");
      return refusalOf(toFailure(error));
    } finally {
      this.db.exec("RELEASE command");
    }
  }
}

function refusalOf(failure: Failure): Failure {
  if (failure.code !== "SQLITE_CONSTRAINT_TRIGGER") return failure;
  const { code, detail, errors } = refusalIn(failure.message);
  return { code, message: detail ?? "", ...(errors === undefined ? {} : { errors }) };
}

interface Target {
  readonly read: AnyRead;
  readonly params: Record<string, unknown>;
  readonly key: string;
}

const NOW = new Date("2026-11-21T00:00:00.000Z");
const IDS = [1, 2, 3];
/** Variants of a read: more would only look at the same tables again. */
const FEW = 3;

/** Of every read whose cached answer is never older than an answered write, some variants. */
function targetsOf(db: Connection): Target[] {
  return READS.filter(({ cache }) => cache.freshness === "coherent" && cache.table !== "none").flatMap(
    (read) => {
      const all = variantsOf(db, read).map(({ params }) => params);
      const some = all.filter((_, i) => i % Math.ceil(all.length / FEW) === 0);
      return some
        .flatMap((params) => ("id" in params ? IDS.map((id) => ({ ...params, id })) : [params]))
        .map((params) => ({ read, params, key: Answers.key(read, params) }));
    },
  );
}

/** What has its ETag from its text: the read that gives it, by the beginning of the command's name. */
const TEXTS: Readonly<Record<string, string>> = { vectors: "vectors.get", metadata: "metadata.of_track" };

interface Waiting {
  readonly command: Statements;
  readonly resolve: (outcome: Outcome & { readonly waitedMs: number }) => void;
}

/** The outcome of a call: `undefined` when it was accepted. */
export type Fate = Failure | undefined;

/**
 * The command bus, group commit and cache, real, over a database in memory; a batch is committed when it is complete.
 * Beside it a twin, to which only what was accepted is applied.
 */
export class World {
  readonly db = open(firstState());
  readonly twin = new Twin();
  readonly #commits = new GroupCommit(this.db);
  readonly #cache = new Cache({ maxBytes: 64 * 1_048_576, now: () => 1 });
  #made: Target[] | undefined;
  readonly #prepared = new Map<string, Prepared<[object], ReadRow>>();
  #waiting: Waiting[] = [];
  /** What was run, and what came of it. */
  readonly ran: { readonly command: Statements; readonly outcome: Outcome }[] = [];
  /** The calls that the twin, by SQL alone, judged differently. */
  readonly disagreements: unknown[] = [];

  readonly #answers = new Answers({
    cache: this.#cache,
    lanes: {
      point: { read: (request) => this.#read(request) },
      scan: { read: (request) => this.#read(request) },
    },
    onLookup: () => {},
    onRead: () => {},
    onReadFailed: () => {},
  });
  readonly #commands = new Commands({
    queue: {
      submit: (command) =>
        new Promise((resolve) => void this.#waiting.push({ command: command as Statements, resolve })),
    },
    invalidate: (tags) => this.#cache.invalidate(tags),
    onOutcome: () => {},
    onFailure: () => {},
  });

  get #targets(): Target[] {
    this.#made ??= targetsOf(this.db);
    return this.#made;
  }

  async #read(request: ReadRequest) {
    return { row: this.#row(request), waitedMs: 0, ms: 0 };
  }

  #row([sql, params]: ReadRequest): ReadRow | null {
    const prepared = this.#prepared.get(sql) ?? this.db.prepare<[object], ReadRow>(sql).raw(true);
    this.#prepared.set(sql, prepared);
    const row = prepared.get(params);
    return row === undefined ? null : [row[0], row[1] ?? "etag", row[2]];
  }

  #statement({ read, params }: Target): ReadRequest {
    const { sql, params: values } = read.statement(params, NOW);
    return [sql, values];
  }

  /** Every answer is cached. */
  async warm(): Promise<void> {
    for (const { read, params, key } of this.#targets) {
      if (this.#answers.cached(read, key) === undefined) await this.#answers.fetch(read, params, key);
    }
  }

  /** The cached answers that differ from the database. */
  get lies(): string[] {
    return this.#targets.flatMap((target) => {
      const cached = this.#answers.cached(target.read, target.key);
      if (cached === undefined) return [];
      const fresh = this.#row(this.#statement(target))?.[0] ?? null;
      return cached.body === fresh ? [] : [`${target.key}: cached ${cached.body}, now ${fresh}`];
    });
  }

  /** Executes the calls in one commit. */
  async commit(calls: readonly Call[]): Promise<Fate[]> {
    const fates = calls.map(({ name, input, ...options }) => this.#execute(name, input, options));
    this.#flush();
    return Promise.all(fates);
  }

  async #execute(
    name: string,
    input: unknown,
    { key, ifMatch, seen }: Omit<Call, "name" | "input">,
  ): Promise<Fate> {
    const command = COMMANDS.find((command) => command.name === name)!;
    try {
      await this.#commands.execute(command, this.#withSeen(name, input, seen), {
        idempotent: key === undefined ? undefined : { principal: "anonymous", key, fingerprint: name },
        ifMatch: ifMatch && [ifMatch === "outdated" ? '"outdated"' : this.#etag(name, input)],
      });
      return undefined;
    } catch (error) {
      return toFailure(error);
    }
  }

  #withSeen(name: string, input: unknown, seen: Call["seen"]): unknown {
    if (seen === undefined) return input;
    const kind = name.split(".", 1)[0]!;
    const of = TEXTS[kind] ?? (kind === "tracks" ? "tracks.tags" : `${kind}.get`);
    const { sql, params } = READS.find((read) => read.name === of)!.statement(input, NOW);
    const current = this.#row([sql, params])?.[0] ?? "";
    return { ...(input as object), seen: seen === "current" ? current : "outdated" };
  }

  /** Of the entity that a command is about. */
  #etag(name: string, input: unknown): string {
    const read = READS.find((read) => read.name === `${name.split(".")[0]}.get`)!;
    const { sql, params } = read.statement(input, NOW);
    return this.#row([sql, params])?.[1] ?? '"none"';
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    const { outcomes } = this.#commits.run(
      decodeCommands(encodeCommands(batch.map(({ command }) => command))),
    );
    for (const [i, { command, resolve }] of batch.entries()) {
      this.ran.push({ command, outcome: outcomes[i]! });
      this.#compare(outcomes[i]!.failure, this.twin.apply(command));
      resolve({ ...outcomes[i]!, waitedMs: 0 });
    }
  }

  #compare(judged: Fate, inSql: Fate): void {
    const same =
      judged?.code === inSql?.code && JSON.stringify(judged?.errors) === JSON.stringify(inSql?.errors);
    if (!same) this.disagreements.push({ judged, inSql });
  }

  close(): void {
    this.#cache.close();
    this.db.close();
    this.twin.db.close();
  }
}
