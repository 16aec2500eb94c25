import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json, TestServer } from "../support/server.ts";
import { copyOf, get, makeCatalogue, patch, post, remove, startServer } from "../support/server.ts";
import { column, expectProblem, ids, value, walk } from "./helpers.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, { database: copyOf(await makeCatalogue()) });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const UNKNOWN = 987_654_321;
const count = () => value(server, "SELECT count(*) FROM plays");
const play = (body: unknown) => post(server, "/v1/plays", body);
let users = 1_000_000;
const newUser = () => ++users;

describe("one play", () => {
  test("is recorded as sent", async () => {
    const user_id = newUser();
    const body = { track_id: 3, user_id, played_at: "2024-02-29T23:59:59.999Z" };
    const answer = await play(body);
    expect(answer.status, answer.text).toBe(201);
    expect(answer.json).toEqual({ id: expect.any(Number), ...body });
    expect(answer.headers.get("location")).toBeNull();
    expect((await get(server, `/v1/users/${user_id}/plays`)).json.data).toEqual([answer.json]);
  });

  test("has no user and the current time by default", async () => {
    const started = new Date().toISOString();
    const { json } = await play({ track_id: 3 });
    expect(json).toMatchObject({ track_id: 3, user_id: null, played_at: expect.stringMatching(UTC) });
    expect(json.played_at >= started && json.played_at <= new Date().toISOString()).toBe(true);
    expect((await play({ track_id: 3, user_id: null })).json.user_id).toBeNull();
  });

  test("of an unknown track is refused, naming the track, and not recorded", async () => {
    const before = count();
    const problem = expectProblem(await play({ track_id: UNKNOWN }), 422, "reference_unknown");
    expect(problem.errors).toEqual([{ pointer: "/track_id", detail: expect.any(String) }]);
    expect(count()).toBe(before);
  });

  test.each([
    ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31T12:00:00.5+02:00", "2026-01-31T10:00:00.500Z"],
    ["2026-01-01T00:30:00+05:45", "2025-12-31T18:45:00.000Z"],
    ["2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00.000Z"],
    ["2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
  ])("at %s is stored as %s", async (played_at, utc) => {
    const { json, text } = await play({ track_id: 1, played_at });
    expect(json?.played_at, text).toBe(utc);
  });

  test.each([
    "2026-01-31",
    "2026-01-31T12:00:00",
    "2026-02-30T12:00:00Z",
    "2025-02-29T12:00:00Z",
    "2026-01-31T24:00:00Z",
    "2026-01-31T12:00:60Z",
    "yesterday",
    "",
    "0000-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    1_700_000_000,
    null,
  ])("at %j is refused: not a valid time with an offset", async (played_at) => {
    const before = count();
    const problem = expectProblem(await play({ track_id: 1, played_at }), 422, "invalid");
    expect(problem.errors[0].pointer).toBe("/played_at");
    expect(count()).toBe(before);
  });
});

describe("an array of plays", () => {
  test("of a thousand is recorded completely, in order", async () => {
    const before = count();
    const plays = Array.from({ length: 1_000 }, (_, i) => ({ track_id: (i % 300) + 1, user_id: i + 1 }));
    const { status, json } = await play(plays);
    expect(status).toBe(201);
    expect(json.data.map(({ track_id, user_id }: Json) => ({ track_id, user_id }))).toEqual(plays);
    expect(ids(json.data)).toEqual(ids(json.data).toSorted((a, b) => a - b));
    expect(count()).toBe(before + 1_000);
  });

  test("of one is answered with an array of one", async () => {
    const { json } = await play([{ track_id: 1 }]);
    expect(json).toEqual({ data: [expect.objectContaining({ track_id: 1 })] });
  });

  test.each([
    ["none", 0],
    ["a thousand and one", 1_001],
  ])("of %s is refused, naming the limit", async (_, length) => {
    const before = count();
    const problem = expectProblem(await play(Array(length).fill({ track_id: 1 })), 422, "invalid");
    expect(problem.errors).toHaveLength(1);
    expect(problem.errors[0].pointer).toBe("");
    expect(problem.errors[0].detail).toMatch(/\b(1|1000)\b/);
    expect(count()).toBe(before);
  });

  test("with unknown tracks is refused as a whole, naming each", async () => {
    const before = count();
    const tracks = [1, UNKNOWN, 2, UNKNOWN + 1];
    const answer = await play(tracks.map((track_id) => ({ track_id })));
    const { errors } = expectProblem(answer, 422, "reference_unknown");
    expect(errors.map(({ pointer }: Json) => pointer)).toEqual(["/1/track_id", "/3/track_id"]);
    expect(count()).toBe(before);
  });

  test("with malformed plays is refused as a whole, naming each", async () => {
    const before = count();
    const answer = await play([{ track_id: 1 }, { track_id: "2" }, {}, { track_id: 1, when: 1 }, 5]);
    const { errors } = expectProblem(answer, 422, "invalid");
    const pointers = errors.map(({ pointer }: Json) => pointer);
    expect(pointers).toEqual(["/1/track_id", "/2/track_id", "/3/when", "/4"]);
    expect(count()).toBe(before);
  });

  test("with hundreds of errors names only the first", async () => {
    const unknown = await play(Array(1_000).fill({ track_id: UNKNOWN }));
    expect(expectProblem(unknown, 422, "reference_unknown").errors).toHaveLength(20);
    const malformed = await play(Array(1_000).fill({ track_id: 0 }));
    expect(expectProblem(malformed, 422, "invalid").errors).toHaveLength(20);
  });
});

describe("a user's history", () => {
  test("holds only their plays, latest first, in pages without repeats at equal times", async () => {
    const user_id = newUser();
    const times = ["2025-05-05T05:05:05.000Z", "2025-05-05T05:05:05.000Z", "2026-06-06T06:06:06.000Z"];
    const plays = Array.from({ length: 20 }, (_, i) => ({
      track_id: i + 1,
      user_id,
      played_at: times[i % 3],
    }));
    await play([...plays, { track_id: 1, user_id: newUser() }]);
    const sql = "SELECT id FROM plays WHERE user_id = ? ORDER BY played_at DESC, id DESC";
    expect(ids(await walk(server, `/v1/users/${user_id}/plays`, 3))).toEqual(column(server, sql, user_id));
  });

  test("shows a play as soon as it is acknowledged", async () => {
    const user = newUser();
    const history = async () => (await get(server, `/v1/users/${user}/plays`)).json.data;
    expect(await history()).toEqual([]);
    const { json } = await play({ track_id: 1, user_id: user });
    expect(await history()).toEqual([json]);
  });

  const newTrack = async (): Promise<string> => {
    const body = { name: "Of a day", media_type_id: 1, milliseconds: 1, unit_price: 1 };
    return `/v1/tracks/${(await post(server, "/v1/tracks", body)).json.id}`;
  };

  test("stays in the cache while tracks are added, changed, tagged and deleted", async () => {
    const users = Array.from({ length: 5 }, newUser);
    await play(users.map((user_id) => ({ track_id: 1, user_id })));
    const histories = () => Promise.all(users.map((user) => get(server, `/v1/users/${user}/plays`)));
    const hits = async () =>
      Number(
        /^chinook_cache_requests_total\{cache="sessions",result="hit"\} (\d+)/m.exec(
          (await get(server, "/metrics")).text,
        )?.[1] ?? 0,
      );
    const first = await histories();
    const before = await hits();
    const track = await newTrack();
    expect((await patch(server, track, { name: "Of two days" })).status).toBe(200);
    expect((await post(server, `${track}/tags`, { name: "brief" })).status).toBe(201);
    expect((await remove(server, track)).status).toBe(204);
    expect((await play({ track_id: 1, user_id: users[0] })).status).toBe(201);
    const second = await histories();
    expect(await hits()).toBe(before + users.length - 1);
    expect(second.slice(1).map(({ text }) => text)).toEqual(first.slice(1).map(({ text }) => text));
    expect(second[0]!.json.data).toHaveLength(2);
  });

  test("keeps the plays of a deleted track, which accepts no new ones", async () => {
    const track = await newTrack();
    const [track_id, user_id] = [Number(track.split("/").at(-1)), newUser()];
    const { json } = await play({ track_id, user_id });
    expect((await remove(server, track)).status).toBe(204);
    expect((await get(server, `/v1/users/${user_id}/plays`)).json.data).toEqual([json]);
    expectProblem(await play({ track_id, user_id }), 422, "reference_unknown");
    const { json: recommended } = await get(server, `/v1/users/${user_id}/recommendations`);
    expect(ids(recommended.data)).not.toContain(track_id);
  });
});

/** What a chart counts, as independent SQL: plays of existing tracks, by what the track belongs to. */
const CHART_KEYS = {
  tracks: "t.id",
  albums: "t.album_id",
  artists: "al.artist_id",
  genres: "t.genre_id",
} as const;

function counted(kind: keyof typeof CHART_KEYS, hours: number, limit: number): number[][] {
  const since = new Date(Date.now() - hours * 3_600_000).toISOString();
  const key = CHART_KEYS[kind];
  const sql = `SELECT json_array(${key}, count(*)) FROM plays p JOIN tracks t ON t.id = p.track_id
    LEFT JOIN albums al ON al.id = t.album_id WHERE p.played_at >= ? AND ${key} IS NOT NULL
    GROUP BY ${key} ORDER BY count(*) DESC, ${key} LIMIT ${limit}`;
  return column<string>(server, sql, since).map((row) => JSON.parse(row) as number[]);
}

const WINDOWS = [
  ["1h", 1],
  ["24h", 24],
  ["7d", 168],
  ["365d", 8_760],
  ["9999h", 9_999],
] as const;

describe("the charts", () => {
  const cases = (Object.keys(CHART_KEYS) as (keyof typeof CHART_KEYS)[]).flatMap((kind) =>
    WINDOWS.map(([window, hours]) => ({ kind, window, hours })),
  );

  beforeAll(async () => {
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const ages = [0.01, 0.5, 2, 20, 30, 160, 170, 8_000, 9_500, 11_000];
    const plays = ages.flatMap((age, i) =>
      Array.from({ length: 30 }, (_, n) => ({
        track_id: ((n * (i + 3)) % 97) + 1,
        played_at: hoursAgo(age),
      })),
    );
    expect((await play(plays)).status).toBe(201);
  });

  // A play may leave the window between the two questions; then either count is right.
  test.each(cases)("of $kind for $window equal a plain SQL count", async ({ kind, window, hours }) => {
    const before = counted(kind, hours, 15);
    const { json } = await get(server, `/v1/charts/${kind}?window=${window}&limit=15`);
    const after = counted(kind, hours, 15);
    expect([before, after]).toContainEqual(json.data.map(({ id, plays }: Json) => [id, plays]));
    expect(json.data.map(({ rank }: Json) => rank)).toEqual(json.data.map((_: Json, i: number) => i + 1));
    expect([before.length > 0, json.next]).toEqual([true, null]);
  });

  test.each(Object.keys(CHART_KEYS))("of %s show each entity as its own route does", async (kind) => {
    const { json } = await get(server, `/v1/charts/${kind}?window=300d&limit=1`);
    const { rank, plays, ...entity } = json.data[0];
    expect([rank, plays > 0]).toEqual([1, true]);
    expect((await get(server, `/v1/${kind}/${entity.id}`)).json).toEqual(entity);
  });

  test.each(["", "0h", "0d", "7", "7w", "-7d", "1000d", "10000h", "1.5d", "07d", "7d,7d"])(
    "refuse the window %j, naming the expected form",
    async (window) => {
      const problem = expectProblem(await get(server, `/v1/charts/tracks?window=${window}`), 422, "invalid");
      expect(problem.errors).toEqual([{ parameter: "window", detail: expect.stringContaining("7d") }]);
    },
  );

  test("of tracks are full although the most played track was deleted", async () => {
    const body = { name: "Short-lived", media_type_id: 1, milliseconds: 1, unit_price: 1 };
    const { json } = await post(server, "/v1/tracks", body);
    await play(Array(500).fill({ track_id: json.id }));
    expect((await remove(server, `/v1/tracks/${json.id}`)).status).toBe(204);
    const chart = await get(server, "/v1/charts/tracks?window=2d&limit=5");
    expect(chart.json.data.map(({ id, plays }: Json) => [id, plays])).toEqual(counted("tracks", 48, 5));
  });
});

// Last in the file: charts leave out future plays, and other tests count all plays.
describe("a play", () => {
  test("in the future is refused beyond the clock tolerance", async () => {
    const ahead = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
    const before = count();
    expect((await play({ track_id: 3, played_at: ahead(30) })).status).toBe(201);
    const problem = expectProblem(await play({ track_id: 3, played_at: ahead(600) }), 422, "invalid");
    expect(problem.errors[0]).toMatchObject({
      pointer: "/played_at",
      detail: expect.stringMatching(/a minute/),
    });
    const several = [{ track_id: 3 }, { track_id: 3, played_at: ahead(86_400) }];
    expect(expectProblem(await play(several), 422, "invalid").errors[0].pointer).toBe("/1/played_at");
    expect(count()).toBe(before + 1);
  });
});
