import { beforeEach, describe, expect, test } from "vitest";
import type { Command } from "../../src/main/engine/commands/command.ts";
import type { AnyRead } from "../../src/main/engine/reads/read.ts";
import { PLAY_COMMANDS } from "../../src/main/features/listening/commands.ts";
import { CHART_READS } from "../../src/main/features/listening/reads.ts";
import {
  TOTALS_COMMANDS,
  TOTALS_STATE_READ,
  type TotalsState,
} from "../../src/main/features/listening/totals.ts";
import type { Connection } from "../../src/shared/database/sqlite.ts";
import { registerFunctions } from "../../src/workers/functions.ts";
import { addPart, pack, Tally, toJson } from "../../src/workers/play-totals.ts";
import { writable } from "../engine/support.ts";
import { randomOf } from "../reliability/harness/random.ts";
import { copyOf, makeCatalogue } from "../support/server.ts";

/** The totals of plays against plain SQL over the plays themselves, on the writer's own connection. */

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 21, 14, 30, 0, 250);
const TRACKS = 120;
const iso = (ms: number): string => new Date(ms).toISOString();

let db: Connection;
let now: number;

beforeEach(async () => {
  db = writable(copyOf(await makeCatalogue()));
  registerFunctions(db);
  db.function("within_deadline", { directOnly: true }, () => 1);
  db.exec("UPDATE play_totals_closed SET before = ''; DELETE FROM plays");
  db.exec("DELETE FROM play_totals; DELETE FROM play_totals_due");
  now = NOW;
});

function execute<I>(command: Command<I>, input: I): void {
  const context = { now: iso(now), ifMatch: null, ifNoneMatch: null, uuid: () => crypto.randomUUID() };
  db.transaction(() => {
    for (const { sql, params } of command.statements(input, context)) {
      const prepared = db.prepare(sql);
      if (prepared.reader) prepared.all(params);
      else prepared.run(params);
    }
  })();
}

function answer(read: AnyRead, params: object): string {
  const { sql, params: values } = read.statement(params, new Date(now));
  return (db.prepare(sql).raw().get(values) as [string])[0];
}

const state = () => JSON.parse(answer(TOTALS_STATE_READ, {})) as TotalsState;
const keep = (sums: TotalsState["sums"]) => execute(TOTALS_COMMANDS.keep, { sums: JSON.stringify(sums) });

/** What the keeper does. @returns whether there was something. */
function step(): boolean {
  const { sums, closable } = state();
  if (sums.length > 0) keep(sums);
  else if (closable) execute(TOTALS_COMMANDS.close, {});
  return sums.length > 0 || closable === 1;
}

function allSteps(): void {
  while (step());
}

function pass(ms: number): void {
  now += ms;
}

const play = (track_id: number, at: number) => execute(PLAY_COMMANDS.one, { track_id, played_at: iso(at) });
const count = (table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;

const KEYS = { tracks: "t.id", albums: "t.album_id", artists: "al.artist_id", genres: "t.genre_id" } as const;
type Chart = keyof typeof KEYS;
const CHARTS = Object.keys(KEYS) as Chart[];

function counted(kind: Chart, hours: number): unknown {
  const key = KEYS[kind];
  return db
    .prepare(
      `SELECT ${key}, count(*) FROM plays p JOIN tracks t ON t.id = p.track_id LEFT JOIN albums al ON al.id = t.album_id
       WHERE p.played_at >= ? AND p.played_at <= ? AND ${key} IS NOT NULL
       GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50`,
    )
    .raw()
    .all(iso(now - hours * HOUR_MS), iso(now));
}

function charted(kind: Chart, hours: number): unknown {
  const { data } = JSON.parse(answer(CHART_READS[kind], { window: hours, limit: 50 }));
  return data.map(({ id, plays }: { id: number; plays: number }) => [id, plays]);
}

const WINDOWS = [1, 2, 24, 25, 7 * 24, 31 * 24, 61 * 24, 100 * 24, 999 * 24];

function expectExact(kinds: readonly Chart[] = CHARTS, windows: readonly number[] = WINDOWS): void {
  for (const kind of kinds)
    for (const hours of windows)
      expect(charted(kind, hours), `${kind} of ${hours} h`).toEqual(counted(kind, hours));
}

describe("charts over a random history equal a plain SQL count at every step of the totals", () => {
  test.each([1, 2, 3, 4, 5, 6])("seed %i", (seed) => {
    const random = randomOf(seed);
    const below = (n: number) => Math.floor(random() * n);
    // Often exactly on a boundary of an hour, day or month, or a millisecond beside it; sometimes in the future.
    const boundary = [HOUR_MS, 24 * HOUR_MS, 31 * 24 * HOUR_MS];
    const someTime = (): number => {
      const at = now + HOUR_MS - below(90 * 24) * HOUR_MS - below(HOUR_MS);
      const unit = boundary[below(8)];
      return unit === undefined ? at : Math.floor(at / unit) * unit - 1 + below(3);
    };
    const actions = [
      () => play(1 + below(TRACKS), someTime()),
      () => play(1 + below(TRACKS), now),
      () =>
        execute(
          PLAY_COMMANDS.many,
          Array.from({ length: 30 }, () => ({ track_id: 1 + below(TRACKS), played_at: iso(someTime()) })),
        ),
      () => db.prepare("DELETE FROM plays WHERE id % 7 = ? AND id % 11 = ?").run(below(7), below(11)),
      () =>
        db
          .prepare("UPDATE plays SET track_id = ? WHERE id % 13 = ? AND id % 5 = 0")
          .run(1 + below(TRACKS), below(13)),
      () =>
        db
          .prepare("UPDATE plays SET played_at = ? WHERE id = (SELECT max(id) FROM plays)")
          .run(iso(someTime())),
      () =>
        db
          .prepare("UPDATE tracks SET album_id = (SELECT max(id) FROM albums), genre_id = NULL WHERE id = ?")
          .run(1 + below(TRACKS)),
      () =>
        db.exec(
          `PRAGMA foreign_keys = OFF; DELETE FROM tracks WHERE id = ${100 + below(20)}; PRAGMA foreign_keys = ON`,
        ),
      () => pass(below(3) * HOUR_MS + below(HOUR_MS)),
      () => pass(-below(2) * HOUR_MS),
      () => step(),
      () => step(),
      allSteps,
    ];
    for (let i = 0; i < 150; i++) {
      actions[below(actions.length)]!();
      expectExact([CHARTS[i % 4]!], [WINDOWS[i % WINDOWS.length]!, WINDOWS[below(WINDOWS.length)]!]);
    }
    allSteps();
    expectExact();
  });
});

describe("a time slot", () => {
  test("is answered from its sums once it is closed", () => {
    play(1, now - 30 * 24 * HOUR_MS);
    play(1, now);
    allSteps();
    expect(count("play_totals")).toBeGreaterThanOrEqual(3);
    db.exec("DROP TRIGGER play_totals_delete; DELETE FROM plays WHERE id = (SELECT min(id) FROM plays)");
    expect(charted("tracks", 60 * 24)).toEqual([[1, 2]]);
  });

  test("is due again after a late play, as are the slots that contain it, and no others", () => {
    for (const days of [3, 40]) play(1, now - days * 24 * HOUR_MS);
    play(1, now);
    allSteps();
    const before = count("play_totals");
    play(2, now - 40 * 24 * HOUR_MS);
    expect(
      db.prepare("SELECT slot FROM play_totals_due WHERE slot < '2026-11' ORDER BY slot").pluck().all(),
    ).toEqual([7, 9, 10, 12, 13].map((length) => iso(now - 40 * 24 * HOUR_MS).slice(0, length)));
    expect(count("play_totals")).toBe(before - 5);
    expectExact();
    allSteps();
    expect([count("play_totals"), state().due]).toEqual([before, 0]);
    expectExact();
  });

  test("is summed again after a change", () => {
    play(1, now - 30 * 24 * HOUR_MS);
    play(1, now);
    execute(TOTALS_COMMANDS.close, {});
    const { sums } = state();
    expect(sums).toHaveLength(1);
    play(2, now - 30 * 24 * HOUR_MS);
    keep(sums);
    expect(count("play_totals")).toBe(0);
    expectExact();
    allSteps();
    expectExact();
  });

  test("loses its sums when its plays are gone, as after a replaced catalogue", () => {
    play(1, now - 30 * 24 * HOUR_MS);
    execute(TOTALS_COMMANDS.close, {});
    const { sums } = state();
    db.exec(`UPDATE play_totals_closed SET before = '';
      DELETE FROM plays; DELETE FROM play_totals; DELETE FROM play_totals_due`);
    keep(sums);
    expect(count("play_totals") + count("play_totals_due")).toBe(0);
  });
});

test("no slot is closed before the first play, so that loaded plays are not late", () => {
  expect(step()).toBe(false);
  execute(TOTALS_COMMANDS.close, {});
  play(1, now - 30 * 24 * HOUR_MS);
  expect(count("play_totals_due")).toBe(0);
});

test("a backlog of hours is closed in several steps, until only current ones are open", () => {
  const insert = db.prepare("INSERT INTO plays (track_id, played_at) VALUES (?, ?)");
  for (let hour = 1; hour <= 600; hour++) insert.run(1 + (hour % 50), iso(now - hour * HOUR_MS));
  for (let left = true; left; ) {
    left = step();
    expectExact(["tracks"], [24 * 10, 24 * 30]);
  }
  expect(db.prepare("SELECT slot FROM play_totals_due ORDER BY slot").pluck().all()).toEqual([
    "2026-11",
    "2026-11-2",
    "2026-11-21",
    "2026-11-21T1",
  ]);
});

describe("packed totals", () => {
  test("unpack to the same numbers", () => {
    const random = randomOf(9);
    const tally = new Tally();
    const wanted = new Map<number, number>();
    const ids = [1, 127, 128, 16_383, 16_384, 4_194_303, 4_194_304, 2 ** 31, 2 ** 32 + 5, 2 ** 53 - 1];
    for (const id of [...ids, ...Array.from({ length: 500 }, () => 1 + Math.floor(random() * 10_000))]) {
      const plays = 1 + Math.floor(random() ** 8 * 100_000);
      tally.add(id, plays);
      wanted.set(id, (wanted.get(id) ?? 0) + plays);
    }
    const unpacked = addPart(addPart(new Tally(), pack(tally)), 128);
    wanted.set(128, wanted.get(128)! + 1);
    expect(JSON.parse(toJson(unpacked))).toEqual(Object.fromEntries(wanted));
    expect(pack(new Tally())).toHaveLength(0);
    expect(toJson(new Tally())).toBe("{}");
  });
});
