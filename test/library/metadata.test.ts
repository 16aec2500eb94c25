import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectProblem } from "../http/helpers.ts";
import {
  copyOf,
  get,
  type Json,
  makeCatalogue,
  post,
  remove,
  request,
  startServer,
  type TestServer,
} from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, { database: copyOf(await makeCatalogue()) });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const at = (id: number, key = "") => `/v1/tracks/${id}/metadata${key === "" ? "" : `/${key}`}`;
const put = (path: string, body: unknown, headers = {}) => request(server, "PUT", path, { body, headers });
const found = async (query: string): Promise<number[]> => {
  const { status, json, text } = await get(server, `/v1/tracks?${query}`);
  expect(status, text).toBe(200);
  return json.data.map(({ id }: Json) => id);
};

test("a value is what it was set to, with its type", async () => {
  for (const [value, type] of [
    ["calm", "text"],
    ["two\nlines", "text"],
    [120, "number"],
    [-0.5, "number"],
    [1e300, "number"],
    [true, "boolean"],
    [false, "boolean"],
    ["1999-12-31", "date"],
    ["1999-13-31", "text"],
  ] as const) {
    const { status, json } = await put(at(1, "any"), { value });
    expect([status, json]).toEqual([200, { key: "any", type, value, updated_at: expect.any(String) }]);
    expect((await get(server, at(1, "any"))).json).toEqual(json);
    expect((await get(server, at(1))).json.data).toEqual([json]);
  }
  expect((await put(at(1, "any"), { value: "1999-12-31", type: "text" })).json.type).toBe("text");
  expect((await remove(server, at(1, "any"))).status).toBe(204);
  expectProblem(await get(server, at(1, "any")), 404, "not_found");
  expectProblem(await remove(server, at(1, "any")), 404, "not_found");
  expectProblem(await get(server, at(987_654)), 404, "not_found");
  expectProblem(await put(at(987_654, "a"), { value: 1 }), 404, "not_found");
});

test("an invalid key or value is refused", async () => {
  for (const key of ["Mood", "1a", "a.b", "a".repeat(65), "%00"])
    expectProblem(await put(at(1, key), { value: 1 }), 422, "invalid");
  for (const body of [
    ...[
      {},
      { value: null },
      { value: [] },
      { value: "" },
      { value: "a\u0000" },
      { value: "x".repeat(1_001) },
    ],
    ...[
      { value: "x", type: "number" },
      { value: 1, type: "date" },
      { value: "yes", type: "boolean" },
    ],
  ])
    expectProblem(await put(at(1, "a"), body), 422, "invalid");
});

describe("tracks are found", () => {
  beforeAll(async () => {
    const values: (readonly [number, string, unknown])[] = [
      ...([
        [2, "mood", "Calm"],
        [3, "mood", "calm sea"],
        [4, "mood", "loud"],
        [5, "mood", 7],
      ] as const),
      ...([
        [2, "bpm", 90],
        [3, "bpm", 120.5],
        [4, "bpm", 140],
        [5, "bpm", "120"],
      ] as const),
      ...([
        [2, "recorded", "1999-12-31"],
        [3, "recorded", "2000-01-01"],
        [4, "live", true],
        [5, "live", false],
      ] as const),
    ];
    for (const [id, key, value] of values) expect((await put(at(id, key), { value })).status).toBe(200);
  });

  test.each([
    ["metadata.mood=calm", [2]],
    ["metadata=mood:CALM", [2]],
    ["metadata.mood.prefix=calm", [2, 3]],
    ["metadata.mood=7", [5]],
    ["metadata.bpm=120", [5]],
    ["metadata.bpm=120.5", [3]],
    ["metadata.bpm.min=90&metadata.bpm.max=120.5", [2, 3]],
    ["metadata.bpm.min=91", [3, 4]],
    ["metadata.bpm.max=100", [2]],
    ["metadata.recorded.min=2000-01-01", [3]],
    ["metadata.recorded.max=1999-12-31", [2]],
    ["metadata.recorded=1999-12-31", [2]],
    ["metadata.live=true", [4]],
    ["metadata.live=false", [5]],
    ["metadata.bpm.min=1&metadata.mood.prefix=c", [2, 3]],
    ["metadata.bpm.min=1&metadata.mood.prefix=c&metadata.recorded=2000-01-01", [3]],
    ["metadata.bpm.min=1&metadata.live=true", [4]],
    ["metadata.mood=nothing", []],
    ["metadata.unknown=1", []],
  ] as const)("by %s", async (query, expected) => {
    expect(await found(query)).toEqual(expected);
    expect(await found(`${query}&sort=-id`)).toEqual(expected.toReversed());
    const { json } = await get(server, `/v1/tracks?${query}&total=1&limit=1`);
    expect([json.total, json.data.length]).toEqual([expected.length, Math.min(1, expected.length)]);
    if (expected.length > 1) {
      const next = await get(server, `/v1/tracks?${query}&limit=1&cursor=${json.next}`);
      expect(next.json.data[0].id).toBe(expected[1]);
    }
  });

  test("and lost again, as soon as a write was answered", async () => {
    expect(await found("metadata.mood=loud")).toEqual([4]);
    await put(at(6, "mood"), { value: "loud" });
    expect(await found("metadata.mood=loud")).toEqual([4, 6]);
    await remove(server, at(6));
    expect(await found("metadata.mood=loud")).toEqual([4]);
  });

  test("beside other filters, which narrow them", async () => {
    expect(await found("metadata.bpm.min=1&ids=2,4,9")).toEqual([2, 4]);
  });

  test.each([
    ...[
      "metadata.bpm.min=a",
      "metadata.bpm.min=1&metadata.bpm.max=2000-01-01",
      "metadata.Bpm=1",
      "metadata=bpm",
    ],
    ...["metadata.a.b=1", "metadata.=1", "metadata.bpm=1&metadata.bpm=2", 'metadata={"a":null}'],
    Array.from({ length: 9 }, (_, i) => `metadata.k${i}=1`).join("&"),
  ])("not by %s", async (query) => {
    expectProblem(await get(server, `/v1/tracks?${query}`), 422, "invalid");
  });
});

test("keys in use are listed with how many tracks have them", async () => {
  await put(at(7, "zone"), { value: "a" });
  await put(at(8, "zone"), { value: 1 });
  await put(at(9, "zone"), { value: 2 });
  const zones = async () => {
    const keys: Json[] = [];
    for (let cursor = ""; ; ) {
      const { json } = await get(server, `/v1/metadata/keys?limit=1${cursor}`);
      keys.push(...json.data);
      if (json.next === null)
        return keys.filter(({ key }) => key === "zone").map(({ type, tracks }) => [type, tracks]);
      cursor = `&cursor=${json.next}`;
    }
  };
  expect(await zones()).toEqual([
    ["number", 2],
    ["text", 1],
  ]);
  await put(at(7, "zone"), { value: 3 });
  expect(await zones()).toEqual([["number", 3]]);
  for (const id of [7, 8, 9]) await remove(server, at(id, "zone"));
  expect(await zones()).toEqual([]);
});

test("all of a track's is said at once, up to a few hundred keys, by who saw what was there", async () => {
  const data = Array.from({ length: 300 }, (_, i) => ({ key: `k${i}`, value: i }));
  expect((await put(at(10), { data })).json.data).toHaveLength(300);
  expectProblem(await put(at(10, "one-more"), { value: 1 }), 409, "limit_reached");
  expect((await put(at(10, "k5"), { value: "changed" })).status).toBe(200);
  expectProblem(await put(at(10), { data: [...data, { key: "k300", value: 1 }] }), 422, "invalid");
  expectProblem(await put(at(10), { data: [data[0], data[0]] }), 422, "invalid");
  const etag = (await get(server, at(10))).headers.get("etag")!;
  const both = await Promise.all(
    [1, 2].map((value) => put(at(10), { data: [{ key: "k", value }] }, { "if-match": etag })),
  );
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 412]);
  expectProblem(await put(at(10, "k"), { value: 3 }, { "if-match": etag }), 412, "precondition_failed");
  expect((await get(server, at(10))).json.data).toHaveLength(1);
});

test("a track takes its metadata along", async () => {
  const body = { name: "Gone", media_type_id: 1, milliseconds: 1, unit_price: 1 };
  const { json } = await post(server, "/v1/tracks", body);
  await put(at(json.id, "gone"), { value: 1 });
  expect(await found("metadata.gone=1")).toEqual([json.id]);
  await remove(server, `/v1/tracks/${json.id}`);
  expect(await found("metadata.gone=1")).toEqual([]);
  expectProblem(await get(server, at(json.id)), 404, "not_found");
  expect(JSON.stringify((await get(server, "/v1/metadata/keys?limit=100")).json)).not.toContain("gone");
});

test("a saved search goes by metadata, tags and plays; a batch sets them up", async () => {
  const search = { metadata: { vibe: { prefix: "ca" }, pulse: { min: "100", max: "140" } } };
  const { json } = await post(server, "/v1/batch", {
    mode: "atomic",
    operations: [
      ...[20, 21, 22].map((id) => ({ method: "PUT", path: at(id, "vibe"), body: { value: "Calm" } })),
      ...[20, 21].map((id) => ({ method: "PUT", path: at(id, "pulse"), body: { value: 120 } })),
      { method: "PUT", path: at(22, "pulse"), body: { value: 99 } },
      { method: "POST", path: "/v1/tracks/20/comments", body: { text: "Nice" } },
      { method: "POST", path: "/v1/saved-searches", body: { name: "Calm, 100 to 140", search } },
      { method: "PUT", path: "/v1/tracks/20/vectors", body: { audio: Array(128).fill(1) } },
    ],
  });
  expect(json.results.map(({ status }: Json) => status)).toEqual([...Array(6).fill(200), 201, 201, 204]);
  const path = `/v1/saved-searches/${json.results[7].body.id}`;
  const tracks = async () => (await get(server, `${path}/tracks`)).json.data.map(({ id }: Json) => id);
  expect(await tracks()).toEqual([20, 21]);
  await put(at(22, "pulse"), { value: 100 });
  expect(await tracks()).toEqual([20, 21, 22]);
  const season = { ...search, tag: "season-1", not_played_days: 31 };
  await request(server, "PATCH", path, { body: { search: season } });
  expect(await tracks()).toEqual([20, 21, 22].filter((id) => id % 10 < 4));
  for (const metadata of [
    { vibe: {} },
    { "No key": { is: "x" } },
    { vibe: { min: "a" } },
    { vibe: "calm" },
  ]) {
    expectProblem(
      await post(server, "/v1/saved-searches", { name: "N", search: { metadata } }),
      422,
      "invalid",
    );
  }
});
