import { beforeEach, describe, expect, test } from "vitest";
import { SPREAD_COMMANDS } from "../../src/main/features/discover/spread-commands.ts";
import { VECTOR_COMMANDS } from "../../src/main/features/discover/vector-commands.ts";
import type { Connection } from "../../src/shared/database/sqlite.ts";
import type { Statements } from "../../src/shared/protocol.ts";
import { writable } from "../engine/support.ts";
import { copyOf, makeCatalogue } from "../support/server.ts";

/** Vectors are written through views, one at a time and by their key: vec0 would walk them all for an IN. */

const context = { now: "2026-11-21T00:00:00.000Z", ifMatch: null, ifNoneMatch: null, uuid: () => "" };
const hex = (value: number) => Buffer.from(new Float32Array(64).fill(value).buffer).toString("hex");

let db: Connection;
beforeEach(async () => {
  db = writable(copyOf(await makeCatalogue()));
});

function run(statements: Statements): void {
  for (const { sql, params } of statements) db.prepare(sql).run(params);
}

const store = (rows: readonly (readonly [id: number, hex: string])[]) =>
  run(VECTOR_COMMANDS.store.statements({ kind: "metadata", rows: JSON.stringify(rows) }, context));
const claim = (limit: number) => run(VECTOR_COMMANDS.claim.statements({ kind: "metadata", limit }, context));
const vectors = () =>
  db.prepare("SELECT track_id, hex(embedding) FROM vectors_metadata ORDER BY track_id").raw().all();
const states = (ids: string) =>
  db
    .prepare(
      `SELECT state FROM vector_queue WHERE kind = 'metadata' AND track_id IN (${ids}) ORDER BY track_id`,
    )
    .pluck()
    .all();

test("a vector replaces the previous one of its track and kind, and no other", () => {
  claim(3);
  store([1, 2, 3].map((id) => [id, hex(id)] as const));
  db.exec("UPDATE vector_queue SET state = 'pending' WHERE track_id = 2 AND kind = 'metadata'");
  claim(1);
  store([
    [1, hex(9)],
    [2, hex(8)],
  ]);
  expect(vectors()).toEqual([1, 2, 3].map((id) => [id, hex(id === 2 ? 8 : id).toUpperCase()]));
  expect(states("1, 2, 3")).toEqual(["completed", "completed", "completed"]);
});

test("a failed computation deletes the old vector and queues the track again", () => {
  claim(1);
  store([[1, hex(1)]]);
  db.exec("UPDATE vector_queue SET state = 'pending' WHERE track_id = 1 AND kind = 'metadata'");
  claim(1);
  store([[1, ""]]);
  expect(vectors()).toEqual([]);
  expect(states("1")).toEqual(["pending"]);
});

describe("no command scans a vector table", () => {
  const spread = (source: "genre" | "media_type" | "model" | "catalogue", source_id: number) =>
    SPREAD_COMMANDS.step.statements({ source, source_id }, context);
  const body = { audio: [1], lyric: [1], metadata: [1] };

  const cases: [name: string, Statements][] = [
    ["store lyric", VECTOR_COMMANDS.store.statements({ kind: "lyric", rows: "[]" }, context)],
    ["store metadata", VECTOR_COMMANDS.store.statements({ kind: "metadata", rows: "[]" }, context)],
    ["put", VECTOR_COMMANDS.put.statements({ id: 1, body }, context)],
    ["remove", VECTOR_COMMANDS.remove.statements({ id: 1 }, context)],
    ...(["genre", "media_type", "model", "catalogue"] as const).flatMap((source) =>
      [0, 1].map((id): [string, Statements] => [`spread ${source} ${id}`, spread(source, id)]),
    ),
  ];

  test.each(cases)("%s", (_, statements) => {
    const steps = statements.flatMap(
      ({ sql, params }) => db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(params) as { detail: string }[],
    );
    expect(steps.filter(({ detail }) => /SCAN vectors_\w+ VIRTUAL TABLE INDEX \d+:1/.test(detail))).toEqual(
      [],
    );
  });
});
