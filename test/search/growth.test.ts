import { expect, test } from "vitest";
import type { AnyCommand } from "../../src/main/engine/commands/command.ts";
import { RECORD_SEARCHES } from "../../src/main/features/search/statistics.ts";
import { LEARN } from "../../src/main/features/search/vocabulary.ts";
import { migrate, readMigrations } from "../../src/shared/database/migrations.ts";
import type { Connection } from "../../src/shared/database/sqlite.ts";
import { GroupCommit } from "../../src/writer/group-commit.ts";
import { MIGRATIONS, writable } from "../engine/support.ts";

/** What search keeps is bounded, whatever is asked and written. */

function database(): Connection {
  const db = writable(":memory:");
  migrate(db, readMigrations(MIGRATIONS), "latest");
  return db;
}

function run(db: Connection, command: AnyCommand, input: unknown, now = "2026-11-21T00:00:00.000Z"): void {
  const context = { now, ifMatch: null, ifNoneMatch: null, uuid: () => "" };
  const { outcomes } = new GroupCommit(db).run([command.statements(input, context)]);
  expect(outcomes[0]!.failure).toBeUndefined();
}

const count = (db: Connection, table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();

test("only the most frequent searches of a day are counted", () => {
  const db = database();
  for (let i = 0; i < 15; i++) {
    const rare = Array.from({ length: 999 }, (_, n) => ({ query: `rare ${i} ${n}`, searches: 1 }));
    run(db, RECORD_SEARCHES, [...rare, { query: "often", searches: 5 }]);
  }
  expect(count(db, "search_statistics")).toBe(10_000);
  expect(db.prepare("SELECT searches FROM search_statistics WHERE query = 'often'").pluck().get()).toBe(75);
  run(db, RECORD_SEARCHES, [{ query: "later", searches: 1 }], "2026-11-22T00:00:00.000Z");
  expect(count(db, "search_statistics")).toBe(10_001);
  run(db, RECORD_SEARCHES, [{ query: "latest", searches: 1 }], "2026-12-31T00:00:00.000Z");
  expect(count(db, "search_statistics")).toBe(1);
});

test("words are learnt up to a limit", () => {
  const db = database();
  const learn = (text: string) => {
    db.prepare("INSERT INTO search_pending (text) VALUES (?)").run(text);
    run(db, LEARN, {});
  };
  learn("first");
  db.exec("INSERT INTO search_words (id, word) VALUES (999999, 'millionth')");
  learn("second");
  const known = count(db, "search_words");
  learn("third");
  expect([count(db, "search_words"), count(db, "search_pending")]).toEqual([known, 0]);
  expect(db.prepare("SELECT word FROM search_words").pluck().all()).toContain("second");
});
