import { beforeAll, describe, expect, test } from "vitest";
import type { AnyRead } from "../../src/main/engine/reads/read.ts";
import { SOURCE_READ } from "../../src/main/features/bulk/source.ts";
import { PLAYLIST_READS } from "../../src/main/features/catalogue/playlists/reads.ts";
import { CATALOGUE_READS, listRead, NESTED_READS } from "../../src/main/features/catalogue/reads.ts";
import { CHART_READS, HISTORY_READ } from "../../src/main/features/listening/reads.ts";
import { ALL_KINDS, type Kind } from "../../src/main/model/kinds.ts";
import { type Connection, openForReading } from "../../src/shared/database/sqlite.ts";
import type { Param, ReadRow } from "../../src/shared/protocol.ts";
import { registerFunctions } from "../../src/workers/functions.ts";
import { makeCatalogue } from "../support/server.ts";
import { NOW, passes, sortsOf, variantsOf } from "./variants.ts";

/** Each read's JSON is compared with the same result computed in JavaScript from plain columns. */
let db: Connection;
const rows = new Map<string, Row[]>();

beforeAll(async () => {
  db = openForReading(await makeCatalogue(500));
  db.function("within_deadline", () => 1);
  registerFunctions(db);
  for (const kind of ALL_KINDS) rows.set(kind.path, plainRows(kind));
  return () => void db.close();
}, 60_000);

type Row = Record<string, Param>;

/** Every entity of a kind, as columns. */
function plainRows(kind: Kind): Row[] {
  const columns = Object.entries(kind.fields).map(([name, expression]) => `${expression} AS "${name}"`);
  const rows = db.prepare(`SELECT ${columns.join(", ")} FROM ${kind.from} ORDER BY t.id`).all() as Row[];
  const json = Object.keys(kind.fields).filter((name) => kind.fields[name]!.startsWith("json("));
  return rows.map((row) => ({
    ...row,
    ...Object.fromEntries(json.map((name) => [name, JSON.parse(String(row[name]))])),
  }));
}

const all = (path: string) => rows.get(path)!;
const numbers = (sql: string, ...params: Param[]) =>
  db
    .prepare(sql)
    .raw(true)
    .all(...params) as number[][];

function bodyOf(read: AnyRead, params: unknown): unknown {
  const { sql, params: values } = read.statement(params, NOW);
  const row = db.prepare(sql).raw(true).get(values) as ReadRow | undefined;
  return row === undefined ? null : JSON.parse(row[0]!);
}

/** As SQLite's NOCASE sorts: letters of ASCII without their case, everything else by its bytes. */
const noCase = (text: string) => Buffer.from(text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));

function compare(one: Param | undefined, two: Param | undefined): number {
  if (typeof one === "number" && typeof two === "number") return one - two;
  return Buffer.compare(noCase(String(one ?? "")), noCase(String(two ?? "")));
}

/** The field that a sort goes by, where it is called otherwise. */
const FIELDS: Readonly<Record<string, string>> = { artist: "artist_name", album: "album_title" };

function sorted(items: readonly Row[], sort: string): Row[] {
  const [by, sign] = [sort.replace("-", ""), sort.startsWith("-") ? -1 : 1];
  const name = FIELDS[by] ?? by;
  return items.toSorted((a, b) => sign * (compare(a[name], b[name]) || compare(a.id, b.id)));
}

/** A list from its first page to its last. */
function pagesOf(read: AnyRead, params: object): Row[] {
  const items: Row[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = bodyOf(read, { ...params, cursor }) as { data: Row[]; next: string | null };
    items.push(...page.data);
    if (page.next === null) return items;
    cursor = page.next;
  }
}

describe.each(ALL_KINDS)("$path", (kind) => {
  const { entity, list, counted } = CATALOGUE_READS[kind.path];

  test("single entities equal their columns, and null if missing", () => {
    for (const row of all(kind.path).slice(0, 200)) expect(bodyOf(entity, { id: row.id })).toEqual(row);
    expect(bodyOf(entity, { id: 1e9 })).toBeNull();
  });

  test.each(sortsOf(kind))("pages sorted by %s contain every entity once, in order", (sort) => {
    const params = { limit: 37, sort, total: "0" } as const;
    const found = pagesOf(listRead(kind, params), params);
    expect(found).toEqual(sorted(all(kind.path), sort));
  });

  test("each filter and pair of filters returns and counts the matching entities", () => {
    const filtered = variantsOf(db, counted).filter(
      ({ filters, params }) => filters.length > 0 && !("cursor" in params),
    );
    expect(filtered.length).toBeGreaterThan(5);
    for (const { params } of filtered) {
      const given = Object.keys(params).filter((name) => !["limit", "sort", "total"].includes(name));
      const expected = all(kind.path).filter((row) => given.every((name) => passes(row, name, params[name])));
      expect(expected.length, JSON.stringify(params)).toBeGreaterThan(0);
      expect(pagesOf(list, params), JSON.stringify(params)).toEqual(sorted(expected, String(params.sort)));
      expect(bodyOf(counted, params)).toMatchObject({ total: expected.length });
    }
  });
});

describe("nested lists", () => {
  const page = { limit: 2, sort: "id" };

  test.each([
    ["albums of an artist", NESTED_READS.artistAlbums, "artists", "albums", "artist_id"],
    ["tracks of an album", NESTED_READS.albumTracks, "albums", "tracks", "album_id"],
  ] as const)("of %s are its own, either way", (_, read, parents, children, key) => {
    for (const { id } of all(parents).slice(0, 30)) {
      const expected = all(children).filter((row) => row[key] === id);
      expect(pagesOf(read, { ...page, id })).toEqual(expected);
      expect(pagesOf(read, { ...page, id, sort: "-id" })).toEqual(expected.toReversed());
    }
    expect(bodyOf(read, { ...page, id: 1e9 })).toBeNull();
  });

  test("a playlist's tracks are its entries", () => {
    for (const { id } of all("playlists")) {
      const ids = numbers("SELECT track_id FROM playlist_tracks WHERE playlist_id = ?", id!).flat();
      const entries = numbers(
        "SELECT id FROM playlist_tracks WHERE playlist_id = ? ORDER BY position",
        id!,
      ).flat();
      const expected = all("tracks").filter((track) => ids.includes(track.id as number));
      const withPlaces = expected.map((track, i) => ({
        ...{ entry_id: entries[i], position: i + 1, added_at: expect.any(String) },
        ...track,
      }));
      for (const sort of ["position", "id"])
        expect(pagesOf(PLAYLIST_READS.TRACKS, { limit: 50, sort, id })).toEqual(withPlaces);
      for (const sort of ["-position", "-id"])
        expect(pagesOf(PLAYLIST_READS.TRACKS, { limit: 50, sort, id })).toEqual(withPlaces.toReversed());
    }
  });
});

describe("charts", () => {
  const window = 24 * 365 * 10;

  /** Plays by whatever the track belongs to. */
  function ranked(path: keyof typeof CHART_READS, keyOf: (track: Row) => Param): unknown[] {
    const tracks = new Map(all("tracks").map((track) => [track.id, track]));
    const plays = new Map<Param, number>();
    for (const [id] of numbers("SELECT track_id FROM plays")) {
      const key = keyOf(tracks.get(id!)!);
      if (key !== null) plays.set(key, (plays.get(key) ?? 0) + 1);
    }
    const order = [...plays].sort(([a, x], [b, y]) => y - x || (a as number) - (b as number)).slice(0, 20);
    return order.map(([key, count], i) => ({
      rank: i + 1,
      plays: count,
      ...all(path).find(({ id }) => id === key),
    }));
  }

  test.each([
    ["tracks", (track: Row) => track.id!],
    ["albums", (track: Row) => track.album_id!],
    ["artists", (track: Row) => track.artist_id!],
    ["genres", (track: Row) => track.genre_id!],
  ] as const)("of %s count every play, best first", (path, keyOf) => {
    const { data } = bodyOf(CHART_READS[path], { window, limit: 20 }) as { data: unknown[] };
    expect(data).toEqual(ranked(path, keyOf));
  });

  test("leave out plays before their window", () => {
    const [[latest]] = db.prepare("SELECT max(played_at) FROM plays").raw(true).all() as [[string]];
    const hours = Math.ceil((NOW.getTime() - Date.parse(latest)) / 3_600_000);
    const playsIn = (window: number) =>
      (bodyOf(CHART_READS.genres, { window, limit: 100 }) as { data: { plays: number }[] }).data.reduce(
        (sum, { plays }) => sum + plays,
        0,
      );
    expect(hours <= 0 || playsIn(hours - 1) === 0).toBe(true);
    expect(playsIn(window)).toBeGreaterThan(playsIn(Math.max(1, hours + 24 * 7)));
  });
});

test("a user's plays are their own, latest first", () => {
  const users = numbers("SELECT DISTINCT user_id FROM plays WHERE user_id IS NOT NULL LIMIT 20").flat();
  expect(users.length).toBeGreaterThan(5);
  for (const id of users) {
    const columns = "id, track_id, user_id, played_at";
    const expected = db
      .prepare(`SELECT ${columns} FROM plays WHERE user_id = ? ORDER BY played_at DESC, id DESC`)
      .all(id);
    expect(pagesOf(HISTORY_READ, { id, limit: 7, sort: "-played_at" })).toEqual(expected);
  }
  expect(bodyOf(HISTORY_READ, { id: 1e9, limit: 7, sort: "-played_at" })).toEqual({ data: [], next: null });
});

test("the catalogue's source names what it was filled from", () => {
  expect(bodyOf(SOURCE_READ, {})).toEqual({ source: "generated", empty: false, changed: true });
});
