import { connect } from "node:net";
import { text } from "node:stream/consumers";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestServer } from "../support/server.ts";
import { copyOf, get, makeCatalogue, patch, post, remove, startServer } from "../support/server.ts";
import { column, expectProblem, value } from "./helpers.ts";

let server: TestServer;
let catalogue: string;
beforeAll(async () => {
  catalogue = await makeCatalogue();
  server = await startServer({}, { database: copyOf(catalogue) });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

let keys = 0;
const newKey = (): string => `key-${++keys}`;
const under = (key: string) => ({ "idempotency-key": key });
const named = (name: string): number =>
  value(server, "SELECT count(*) FROM artists WHERE name = ? COLLATE BINARY", name);

describe("a POST repeated under its Idempotency-Key", () => {
  test("is applied once and answered with the same response and Idempotency-Replayed", async () => {
    const key = newKey();
    const first = await post(server, "/v1/artists", { name: "Once" }, under(key));
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    const second = await post(server, "/v1/artists", { name: "Once" }, under(key));
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect([second.status, second.text]).toEqual([first.status, first.text]);
    for (const name of ["etag", "location", "content-type"])
      expect(second.headers.get(name)).toBe(first.headers.get(name));
    expect(named("Once")).toBe(1);
  });

  test("is answered with the first response even if the entity was deleted since", async () => {
    const key = newKey();
    const first = await post(server, "/v1/artists", { name: "Gone" }, under(key));
    await remove(server, first.headers.get("location")!);
    const second = await post(server, "/v1/artists", { name: "Gone" }, under(key));
    expect([second.status, second.text]).toEqual([201, first.text]);
    expect(named("Gone")).toBe(0);
  });

  test.each([
    ["a play", "/v1/plays", { track_id: 1 }, "plays"],
    ["many plays", "/v1/plays", [{ track_id: 1 }, { track_id: 2 }], "plays"],
    ["a playlist's entry", "/v1/playlists/{new}/tracks", { track_id: 1 }, "playlist_tracks"],
    ["a track", "/v1/tracks", { name: "x", media_type_id: 1, milliseconds: 1, unit_price: 1 }, "tracks"],
  ])("works for %s too", async (_, template, body, table) => {
    const key = newKey();
    const playlist = await post(server, "/v1/playlists", { name: "New" });
    const path = template.replace("{new}", playlist.json.id);
    const first = await post(server, path, body, under(key));
    expect(first.status, first.text).toBe(201);
    const rows = value(server, `SELECT count(*) FROM ${table}`);
    const second = await post(server, path, body, under(key));
    expect([second.status, second.text]).toEqual([201, first.text]);
    expect(value(server, `SELECT count(*) FROM ${table}`)).toBe(rows);
  });

  test("is the same request in any order and spacing of its members", async () => {
    const body = { name: "Ordered", media_type_id: 1, milliseconds: 1, unit_price: 0.99 };
    const headers = { "idempotency-key": "ordered" };
    const first = await post(server, "/v1/tracks", body, headers);
    const turned = JSON.stringify(Object.fromEntries(Object.entries(body).reverse()), null, 2);
    const again = await post(server, "/v1/tracks", turned, headers);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    const plays = [{ track_id: 1 }, { track_id: 2 }];
    const list = { "idempotency-key": "ordered-list" };
    expect((await post(server, "/v1/plays", plays, list)).status).toBe(201);
    expectProblem(await post(server, "/v1/plays", plays.toReversed(), list), 422, "idempotency_mismatch");
  });

  test("without the key or with another one is another request", async () => {
    const body = { name: "Thrice" };
    for (const headers of [{}, under(newKey()), under(newKey())])
      expect((await post(server, "/v1/artists", body, headers)).status).toBe(201);
    expect(named("Thrice")).toBe(3);
  });
});

describe("an Idempotency-Key used before", () => {
  test("for another body or path is refused and nothing is written", async () => {
    const key = newKey();
    await post(server, "/v1/artists", { name: "First" }, under(key));
    const body = await post(server, "/v1/artists", { name: "Second" }, under(key));
    expectProblem(body, 422, "idempotency_mismatch");
    const path = await post(server, "/v1/genres", { name: "First" }, under(key));
    expectProblem(path, 422, "idempotency_mismatch");
    expect(named("Second")).toBe(0);
  });

  test("by a failed request is free: nothing was stored", async () => {
    const key = newKey();
    const bad = [{ title: "T", artist_id: 987_654_321 }, { title: 7 }, {}];
    for (const body of bad)
      expect((await post(server, "/v1/albums", body, under(key))).status, JSON.stringify(body)).toBe(422);
    expect((await post(server, "/v1/albums", "{", under(key))).status).toBe(400);
    expect(value(server, "SELECT count(*) FROM idempotency_keys WHERE key = ?", key)).toBe(0);
    const good = await post(server, "/v1/albums", { title: "T", artist_id: 1 }, under(key));
    expect([good.status, good.headers.get("idempotency-replayed")]).toEqual([201, null]);
  });

  test("by a conflict, a missing parent or a refused array is free too", async () => {
    const { json } = await post(server, "/v1/playlists", { name: "Keys" });
    const entries = `/v1/playlists/${json.id}/tracks`;
    await post(server, entries, { track_id: 1 });
    for (const [path, body, status] of [
      [entries, { track_id: 1 }, 409],
      [entries, { track_id: 987_654_321 }, 422],
      ["/v1/playlists/987654321/tracks", { track_id: 1 }, 404],
      ["/v1/plays", [{ track_id: 1 }, { track_id: 987_654_321 }], 422],
      ["/v1/plays", { track_id: 987_654_321 }, 422],
    ] as const) {
      const key = newKey();
      expect((await post(server, path, body, under(key))).status).toBe(status);
      expect((await post(server, path, body, under(key))).status).toBe(status);
      const next = await post(server, "/v1/plays", { track_id: 1 }, under(key));
      expect([next.status, next.headers.get("idempotency-replayed")]).toEqual([201, null]);
    }
  });
});

describe("requests under one Idempotency-Key at the same time", () => {
  test("are applied once: the others get 409 or the same response", async () => {
    const key = newKey();
    const rivals = Array.from({ length: 30 }, () =>
      post(server, "/v1/artists", { name: "Raced" }, under(key)),
    );
    const answers = await Promise.all(rivals);
    const fresh = answers.filter(
      ({ status, headers }) => status === 201 && headers.get("idempotency-replayed") === null,
    );
    expect(fresh).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 409) expectProblem(answer, 409, "idempotency_in_progress");
      else expect(answer.text).toBe(fresh[0]!.text);
    }
    expect(named("Raced")).toBe(1);
  });

  test("in one packet are 201 and 409: the second cannot overtake the first", async () => {
    const body = JSON.stringify({ name: "Pipelined" });
    const head = `POST /v1/artists HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nidempotency-key: pipelined\r\ncontent-length: ${body.length}\r\n`;
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.write(`${head}\r\n${body}${head}connection: close\r\n\r\n${body}`);
    const statuses = [...(await text(socket)).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(["201", "409"]);
    expect(named("Pipelined")).toBe(1);
  });
});

describe("a key's stored response", () => {
  test("survives a restart and a killed server", async () => {
    const database = copyOf(catalogue);
    const body = { name: "Durable" };
    await using first = await startServer({}, { database });
    const original = await post(first, "/v1/artists", body, under("durable"));
    expect(await first.stop()).toBe(0);
    await using second = await startServer({}, { database });
    const late = await post(second, "/v1/artists", { name: "Later" }, under("late"));
    await second.kill();
    await using third = await startServer({}, { database });
    for (const [answer, key, sent] of [
      [original, "durable", body],
      [late, "late", { name: "Later" }],
    ] as const) {
      const replay = await post(third, "/v1/artists", sent, under(key));
      expect([replay.status, replay.text]).toEqual([201, answer.text]);
      expect(replay.headers.get("idempotency-replayed")).toBe("true");
    }
    expect(await third.stop()).toBe(0);
  });
});

describe("a key older than 24 hours", () => {
  test("counts as new for any body; a key of 23 hours does not", async () => {
    const database = copyOf(catalogue);
    await using first = await startServer({}, { database });
    for (const key of ["same", "other", "young"])
      await post(first, "/v1/artists", { name: "Aged" }, under(key));
    expect(await first.stop()).toBe(0);
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const db = new Database(database);
    const age = db.prepare("UPDATE idempotency_keys SET created_at = ? WHERE key = ?");
    for (const [key, hours] of [
      ["same", 20 * 24],
      ["other", 24],
      ["young", 23],
    ] as const)
      age.run(hoursAgo(hours), key);
    db.close();
    await using second = await startServer({}, { database });
    const replayed = async (key: string, name: string) => {
      const { status, headers } = await post(second, "/v1/artists", { name }, under(key));
      return [status, headers.get("idempotency-replayed")];
    };
    expect(await replayed("same", "Aged")).toEqual([201, null]);
    expect(await replayed("same", "Aged")).toEqual([201, "true"]);
    expect(await replayed("other", "Changed")).toEqual([201, null]);
    expect(await replayed("young", "Aged")).toEqual([201, "true"]);
    expect(column(second, "SELECT count(*) FROM artists WHERE name = 'Aged'")).toEqual([4]);
    expect(await second.stop()).toBe(0);
  });
});

describe("an Idempotency-Key's syntax", () => {
  test.each([
    ["empty", ""],
    ["with a space", "a b"],
    ["too long", "k".repeat(256)],
    ["not ASCII", "clé"],
  ])("is invalid if it is %s", async (_, key) => {
    const problem = expectProblem(
      await post(server, "/v1/artists", { name: "Refused" }, under(key)),
      422,
      "invalid",
    );
    expect(problem.errors).toEqual([{ parameter: "Idempotency-Key", detail: expect.any(String) }]);
    expect(named("Refused")).toBe(0);
  });

  test("allows up to 255 printable characters", async () => {
    const key = `~!"'%_*;-- `.trim().padEnd(255, "k");
    expect((await post(server, "/v1/artists", { name: "Long" }, under(key))).status).toBe(201);
    const again = await post(server, "/v1/artists", { name: "Long" }, under(key));
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  test("is ignored by PATCH, which is idempotent by itself", async () => {
    const { headers } = await post(server, "/v1/artists", { name: "Patched" });
    const location = headers.get("location")!;
    for (const name of ["1", "2"]) await patch(server, location, { name }, under("patch"));
    expect((await get(server, location)).json.name).toBe("2");
  });
});
