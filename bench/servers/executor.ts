import Database, { type Statement } from "better-sqlite3";
import { decodeCursor } from "../../src/main/engine/reads/page.ts";
import type { AnyRead } from "../../src/main/engine/reads/read.ts";
import type { ChartParams } from "../../src/main/features/listening/reads.ts";
import { KINDS } from "../../src/main/model/kinds.ts";
import { loadVectors } from "../../src/shared/database/sqlite.ts";
import { closeness, editDistance } from "../../src/workers/closeness.ts";
import { registerFunctions } from "../../src/workers/functions.ts";
import { type ReadName, SERVED } from "./reads.ts";

/** JSON text from SQLite, or a value to be serialised; undefined if there is no such row. */
export type Body = string | object | undefined;

export interface Track {
  readonly id: number;
  readonly composer: string;
}
export interface Play {
  readonly track_id: number;
  readonly user_id?: number;
}

/** How a baseline reads. */
export interface Ways {
  /** SQLite builds the JSON. Otherwise JavaScript builds it from rows. */
  readonly json: boolean;
  /** Compared parameters are wrapped in `likely()`: see "A trap" in ../DESIGN.md. */
  readonly hidden: boolean;
}

type Prepared = Statement<unknown[], Record<string, unknown>>;

/** A connection with the functions that the server's statements call. A baseline has no deadline. */
export function openDatabase(file: string, options: Database.Options = {}): Database.Database {
  const db = new Database(file, { timeout: 5_000, ...options });
  loadVectors(db);
  registerFunctions(db);
  db.function("within_deadline", { directOnly: true, deterministic: false }, () => 1);
  db.function("edit_distance", { deterministic: true }, (a, b) => editDistance(String(a), String(b)));
  db.function("closeness", { deterministic: true, varargs: true }, (typed, ...fields) =>
    closeness(String(typed), ...(fields as (string | null)[])),
  );
  return db;
}

/**
 * Runs reads and writes on one connection. Heavy reads (search, similar) use the server's own statements, so that
 * the comparison shows where they run. An entity, a list and a chart can also be read as rows, as most servers do.
 */
export class Executor {
  readonly #db: Database.Database;
  readonly #ways: Ways;
  readonly #statements = new Map<string, Prepared>();

  constructor(db: Database.Database, ways: Ways) {
    this.#db = db;
    this.#ways = ways;
  }

  read(name: ReadName, params: object, now = new Date()): Body {
    if (!this.#ways.json && name === "charts.artists") return this.#chart(params as ChartParams, now);
    if (!this.#ways.json && name in ROWS) return this.#rows(name as keyof typeof ROWS, params);
    return this.#answer(SERVED[name].read, params, now);
  }

  /** Uses the read's shortcut if that has the answer, as in the server. */
  #answer(read: AnyRead, params: object, now: Date): Body {
    const known = read.shortcut && this.#answer(read.shortcut, params, now);
    if (known !== undefined) return known;
    const { sql, params: values } = read.statement(params, now);
    return (this.#prepare(sql, true).get(values) as unknown as [string] | undefined)?.[0];
  }

  play({ track_id, user_id }: Play): object {
    const insert =
      "INSERT INTO plays (track_id, user_id, played_at) VALUES (?, ?, ?) RETURNING id, track_id, user_id, played_at";
    return this.#prepare(insert).get(track_id, user_id ?? null, new Date().toISOString())!;
  }

  rename({ id, composer }: Track): Body {
    const update = "UPDATE tracks SET composer = ?, version = version + 1, updated_at = ? WHERE id = ?";
    this.#prepare(update).run(composer, new Date().toISOString(), id);
    return this.read("tracks.get", { id });
  }

  /** Runs an action in one transaction. */
  together<T>(action: () => T): T {
    return this.#db.transaction(action).immediate();
  }

  #rows(name: keyof typeof ROWS, params: object): Body {
    const { sql, page } = ROWS[name](this.#ways.hidden ? "likely(@id)" : "@id");
    if (!page) return this.#prepare(sql).get(params);
    const { limit, sort, ...rest } = params as { limit: number; sort: string; cursor?: string };
    const after = decodeCursor({ sort, cursor: rest.cursor })?.[1] ?? 0;
    const rows = this.#prepare(sql).all({ ...rest, after, limit: limit + 1 });
    const data = rows.slice(0, limit);
    return { data, next: rows.length > limit ? cursorAt(sort, data.at(-1)!.id as number) : null };
  }

  #chart({ window, limit }: ChartParams, now: Date): Body {
    const since = new Date(now.getTime() - window * HOUR_MS).toISOString();
    return { data: this.#prepare(CHART).all({ since, until: now.toISOString(), limit }), next: null };
  }

  #prepare(sql: string, raw = false): Prepared {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#db.prepare<unknown[], Record<string, unknown>>(sql);
    if (raw) prepared.raw(true);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

export const cursorAt = (sort: string, id: number): string =>
  Buffer.from(JSON.stringify([sort, id, id]))
    .toString("hex")
    .toUpperCase();

type KindName = "tracks" | "albums" | "artists";
const columnsOf = (kind: KindName): string =>
  Object.entries(KINDS[kind].fields)
    .map(([name, expression]) => `${expression} AS ${name}`)
    .join(", ");

const one = (kind: KindName) => {
  const from = `SELECT ${columnsOf(kind)} FROM ${KINDS[kind].from} WHERE t.id =`;
  return (id: string) => ({ sql: `${from} ${id}`, page: false });
};
const page = (condition: string) => {
  const from = `SELECT ${columnsOf("tracks")} FROM ${KINDS.tracks.from} WHERE`;
  return (id: string) => ({
    sql: `${from} ${condition.replace("@id", id)} t.id > @after ORDER BY t.id LIMIT @limit`,
    page: true,
  });
};

const HOUR_MS = 3_600_000;

/** Counts plays one by one, from a covering index. */
const CHART = `
  WITH played AS MATERIALIZED (SELECT track_id, count(*) AS plays FROM plays
    WHERE played_at >= likely(@since) AND played_at <= likely(@until) GROUP BY track_id),
  ranked AS MATERIALIZED (SELECT al.artist_id AS key, sum(plays) AS plays
    FROM played CROSS JOIN tracks t ON t.id = played.track_id CROSS JOIN albums al ON al.id = t.album_id
    GROUP BY al.artist_id ORDER BY 2 DESC, 1 LIMIT likely(@limit))
  SELECT row_number() OVER (ORDER BY ranked.plays DESC, ranked.key) AS rank, ranked.plays, ${columnsOf("artists")}
  FROM ranked CROSS JOIN artists t ON t.id = ranked.key ORDER BY ranked.plays DESC, ranked.key`;

const ROWS = {
  "tracks.get": one("tracks"),
  "albums.get": one("albums"),
  "tracks.list": page(""),
  "albums.tracks": page("t.album_id = @id AND"),
} as const;
