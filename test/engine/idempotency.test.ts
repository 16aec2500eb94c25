import { renameSync } from "node:fs";
import { pino } from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { applyOnce, storedAnswer } from "../../src/main/engine/commands/idempotency.ts";
import { Engine } from "../../src/main/engine/engine.ts";
import { migrate, readMigrations } from "../../src/shared/database/migrations.ts";
import type { Connection } from "../../src/shared/database/sqlite.ts";
import { resolveSettings } from "../../src/shared/settings.ts";
import { GroupCommit } from "../../src/writer/group-commit.ts";
import { MIGRATIONS, newFile, sql, writable } from "./support.ts";

const HOUR_MS = 3_600_000;
const NOW = Date.parse("2026-11-21T12:00:00.000Z");
const iso = (ms: number): string => new Date(ms).toISOString();

describe("an idempotency key", () => {
  function bench() {
    const db = writable();
    migrate(db, readMigrations(MIGRATIONS), "latest");
    const commits = new GroupCommit(db);
    const insert = sql("INSERT INTO search_pending (text) VALUES ('applied')");
    const answer = sql("SELECT '{\"n\":' || count(*) || '}' AS body, '\"etag\"' AS etag FROM search_pending");
    const apply = (fingerprint: string, at: number) =>
      commits.run([applyOnce({ principal: "anonymous", key: "k", fingerprint }, [insert], answer, at)])
        .outcomes[0]!;
    return { db, apply };
  }

  function stored(db: Connection, at: number): unknown {
    const read = storedAnswer({ principal: "anonymous", key: "k" }, at);
    const row = db.prepare(read.sql).raw(true).get(read.params) as [string] | undefined;
    return row && JSON.parse(row[0]);
  }

  const first = { fingerprint: "first", body: '{"n":1}', etag: '"etag"' };

  test("younger than 24 hours has a stored answer and cannot be claimed", () => {
    const { db, apply } = bench();
    expect(apply("first", NOW).rows).toEqual([['{"n":1}', '"etag"']]);
    const late = NOW + 24 * HOUR_MS - 1;
    expect(stored(db, late)).toEqual(first);
    expect(apply("second", late)).toMatchObject({ changes: 0, failure: { code: "idempotency_in_progress" } });
    expect(stored(db, late)).toEqual(first);
    expect(db.prepare("SELECT count(*) FROM search_pending").pluck().get()).toBe(1);
  });

  test("of 24 hours counts as new, whether or not it was deleted", () => {
    const { db, apply } = bench();
    apply("first", NOW);
    const late = NOW + 24 * HOUR_MS;
    expect(stored(db, late)).toBeUndefined();
    expect(apply("second", late).rows).toEqual([['{"n":2}', '"etag"']]);
    expect(stored(db, late)).toEqual({ ...first, fingerprint: "second", body: '{"n":2}' });
    expect(stored(db, late + 24 * HOUR_MS - 1)).toBeDefined();
  });
});

describe("housekeeping", () => {
  const OLD = 3_500;

  /** An engine over a file with many keys of which all but one are free, and what it says. */
  async function openEngine() {
    const file = newFile();
    const lines: { msg: string; task?: string; code?: string }[] = [];
    const log = pino({ level: "warn" }, { write: (line) => void lines.push(JSON.parse(line)) });
    const settings = resolveSettings({}, { database: file, scanReaders: "1" });
    const engine = await Engine.open({
      settings,
      log,
      upkeep: [],
      fill: async () => {},
      beforeMigration: async () => {},
    });
    onTestFinished(() => engine.close());
    const db = writable(file);
    db.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @old)
       INSERT INTO idempotency_keys (principal, key, fingerprint, created_at)
       SELECT 'anonymous', 'k' || i, 'f', @before FROM n UNION ALL SELECT 'anonymous', 'young', 'f', @now`,
    ).run({ old: OLD, before: iso(Date.now() - 24 * HOUR_MS), now: iso(Date.now()) });
    const keys = () => db.prepare("SELECT count(*) FROM idempotency_keys").pluck().get();
    const failures = async () => (await engine.metrics.housekeepingFailures.get()).values;
    const told = () => lines.filter(({ msg }) => msg === "housekeeping failed");
    return { engine, file, told, keys, failures };
  }

  test("deletes all expired keys, however many there are, and no others", async () => {
    const { engine, told, keys, failures } = await openEngine();
    expect(keys()).toBe(OLD + 1);
    await engine.housekeeping.run();
    expect(keys()).toBe(1);
    expect([told(), await failures()]).toEqual([[], []]);
  });

  test("logs and counts a failed task, and retries it", async () => {
    const { engine, file, told, keys, failures } = await openEngine();
    renameSync(file, `${file}.moved`);
    await engine.housekeeping.run();
    const failed = { task: "idempotency.forget", code: "database_moved" };
    expect(told()).toMatchObject([failed]);
    expect(await failures()).toMatchObject([{ labels: failed, value: 1 }]);
    renameSync(`${file}.moved`, file);
    await engine.housekeeping.run();
    expect(keys()).toBe(1);
    expect(told()).toHaveLength(1);
  });
});
