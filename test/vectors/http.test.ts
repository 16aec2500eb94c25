import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  chinook,
  copyOf,
  get,
  type Json,
  makeCatalogue,
  patch,
  post,
  remove,
  request,
  startServer,
  type TestServer,
} from "../support/server.ts";
import { axis, between, GENERATING, generated, withVectors } from "./support.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: TestServer;
beforeAll(async () => {
  server = await startServer(GENERATING, { database: copyOf(await withVectors(await makeCatalogue())) });
  await generated(server);
});
afterAll(() => server.kill());

const put = (id: number, body: unknown) => request(server, "PUT", `/v1/tracks/${id}/vectors`, { body });
const idsOf = (json: Json): number[] => json.data.map(({ id }: { id: number }) => id);

describe("similar tracks", () => {
  test.each(["metadata", "lyric", "blend"])(
    "by %s are sorted by similarity, without the track itself",
    async (by) => {
      const { status, json } = await get(server, `/v1/tracks/1/similar?by=${by}&limit=10`);
      expect(status).toBe(200);
      expect(json.data).toHaveLength(10);
      expect(json.next).toBeNull();
      expect(idsOf(json)).not.toContain(1);
      const near = json.data.map((track: Json) => track.similarity);
      expect(near).toEqual(near.toSorted((a: number, b: number) => b - a));
      for (const similarity of near) expect(Math.abs(similarity)).toBeLessThanOrEqual(1);
      expect(json.data[0]).toMatchObject({ name: expect.any(String), artist_name: expect.anything() });
    },
  );

  test("with a genre filter are all of that genre", async () => {
    const genres = (await get(server, "/v1/genres?limit=3")).json.data as Json[];
    for (const { id } of genres) {
      const { json } = await get(server, `/v1/tracks/1/similar?by=metadata&genre=${id}&limit=5`);
      for (const track of json.data) expect(track.genre_id).toBe(id);
    }
    const blend = await get(server, `/v1/tracks/1/similar?genre=${genres[1].id}&limit=5`);
    for (const track of blend.json.data) expect(track.genre_id).toBe(genres[1].id);
  });

  test("are an empty list with a reason if the track has no vector of the kind", async () => {
    const { status, json } = await get(server, "/v1/tracks/1/similar?by=audio");
    expect(status).toBe(200);
    expect(json).toMatchObject({ data: [], reason: expect.stringContaining("audio") });
  });

  test.each([
    ["/v1/tracks/999999/similar", 404],
    ["/v1/tracks/999999/vectors", 404],
    ["/v1/tracks/1/similar?by=colour", 422],
    ["/v1/tracks/1/similar?limit=0", 422],
    ["/v1/tracks/x/similar", 422],
  ])("%s is refused with %i", async (path, status) => {
    expect((await get(server, path)).status).toBe(status);
  });
});

describe("uploaded vectors", () => {
  test("are normalised, found and deleted", async () => {
    expect((await put(2, { audio: between(128, 0, 1) })).status).toBe(204);
    expect((await put(3, { audio: axis(128, 0).map((value) => value * 1e200) })).status).toBe(204);
    expect((await put(4, { audio: axis(128, 5).map((value) => -value) })).status).toBe(204);
    const { json } = await get(server, "/v1/tracks/2/vectors");
    expect(json.audio).toHaveLength(128);
    expect(json.audio[0]).toBeCloseTo(Math.SQRT1_2, 5);
    const similar = await get(server, "/v1/tracks/3/similar?by=audio");
    expect(idsOf(similar.json)).toEqual([2, 4]);
    expect(similar.json.data[0].similarity).toBeCloseTo(Math.SQRT1_2, 5);
    expect(similar.json.data[1].similarity).toBeCloseTo(0, 5);
    expect((await remove(server, "/v1/tracks/4/vectors")).status).toBe(204);
    expect(idsOf((await get(server, "/v1/tracks/3/similar?by=audio")).json)).toEqual([2]);
    expect((await get(server, "/v1/tracks/4/vectors")).json).toEqual({
      ...{ track_id: 4, audio: null, lyric: null, metadata: null },
    });
  });

  test.each([
    ["too short", { audio: [1, 2, 3] }],
    ["all zero", { metadata: axis(64, 64) }],
    ["no number", { metadata: axis(64, 1).map(String) }],
    ["nothing", {}],
    ["an unknown kind", { colour: axis(64, 1) }],
  ])("%s is refused with 422", async (_, body) => {
    expect((await put(1, body)).status).toBe(422);
  });

  test("an infinite number is refused, and so is an unknown track", async () => {
    const raw = `{"metadata":[1e999${",0".repeat(63)}]}`;
    expect((await request(server, "PUT", "/v1/tracks/1/vectors", { body: raw })).status).toBe(422);
    expect((await put(999_999, { audio: axis(128, 0) })).status).toBe(404);
    expect((await remove(server, "/v1/tracks/999999/vectors")).status).toBe(404);
  });

  test("are not replaced by generated ones when the track changes", async () => {
    await put(9, { metadata: axis(64, 63) });
    await patch(server, "/v1/tracks/9", { milliseconds: 1 });
    await generated(server);
    expect((await get(server, "/v1/tracks/9/vectors")).json.metadata).toEqual(axis(64, 63));
  });
});

describe("precomputed neighbours", () => {
  let small: TestServer;
  beforeAll(async () => {
    const database = copyOf(await makeCatalogue(150));
    const made = await chinook(["vectors", "generate", "--neighbours"], { CHINOOK_DATABASE: database });
    expect(made.code).toBe(0);
    small = await startServer(GENERATING, { database });
  });
  afterAll(() => small.kill());

  const similarities = async (id: number, by: string, limit: number): Promise<number[]> => {
    const { json } = await get(small, `/v1/tracks/${id}/similar?by=${by}&limit=${limit}`);
    return json.data.slice(0, 20).map(({ similarity }: Json) => similarity);
  };
  /** How many full comparisons have run. */
  const compared = async (): Promise<number> => {
    const { text } = await get(small, "/metrics");
    return Number(/read_duration_seconds_count\{read="tracks.similar"\} (\d+)/.exec(text)?.[1] ?? 0);
  };

  test.each(["lyric", "metadata", "blend"])(
    "by %s equal those of a full comparison, without running one",
    async (by) => {
      for (const id of [5, 50, 149]) {
        const before = await compared();
        const known = await similarities(id, by, 20);
        expect(await compared()).toBe(before);
        // More than the precomputed number needs a full comparison.
        expect(known).toEqual(await similarities(id, by, 21));
        expect(await compared()).toBe(before + 1);
      }
    },
  );

  test("are invalidated when a vector is added, changed or deleted, and computed again", async () => {
    const path = "/v1/tracks/100/vectors";
    for (const change of [
      () => request(small, "PUT", path, { body: { audio: between(128, 3, 4) } }),
      () => request(small, "PUT", path, { body: { lyric: axis(384, 3) } }),
      () => remove(small, path),
    ]) {
      const before = await compared();
      expect((await change()).status).toBe(204);
      expect(await similarities(101, "blend", 20)).toEqual(await similarities(101, "blend", 21));
      expect(await compared()).toBe(before + 2);
    }
    const again = await chinook(["vectors", "generate", "--neighbours", "--json"], {
      CHINOOK_DATABASE: small.database,
    });
    expect(JSON.parse(again.stdout).similar).toEqual({ kept: 150, lacking: 0 });
  });
});

describe("similar tracks after writes", () => {
  test("a cached list is invalidated by a new vector, a rename and a deletion", async () => {
    const path = "/v1/tracks/20/similar?by=metadata&limit=3";
    const first = await get(server, path);
    expect((await get(server, path)).headers.get("cache-status")).toBe("chinook; hit");
    const { id, name } = first.json.data[0];

    await patch(server, `/v1/tracks/${id}`, { name: `${name} (live)` });
    expect((await get(server, path)).json.data[0].name).toBe(`${name} (live)`);

    const own = (await get(server, "/v1/tracks/20/vectors")).json.metadata;
    const far = first.json.data[0].id === 400 ? 401 : 400;
    await put(far, { metadata: own });
    const nearer = await get(server, path);
    expect(nearer.json.data.find((track: Json) => track.id === far)?.similarity).toBeCloseTo(1, 5);
  });

  test("a deleted track is no longer a neighbour and its vectors are deleted", async () => {
    const genre = (await get(server, "/v1/genres?limit=1")).json.data[0].id;
    const media = (await get(server, "/v1/media-types?limit=1")).json.data[0].id;
    const track = {
      name: "Short lived",
      genre_id: genre,
      media_type_id: media,
      milliseconds: 1,
      unit_price: 1,
    };
    const { id } = (await post(server, "/v1/tracks", track)).json;
    await put(id, { audio: between(128, 0, 2) });
    expect(idsOf((await get(server, "/v1/tracks/3/similar?by=audio")).json)).toContain(id);
    expect((await remove(server, `/v1/tracks/${id}`)).status).toBe(204);
    expect(idsOf((await get(server, "/v1/tracks/3/similar?by=audio")).json)).not.toContain(id);
    const stats = await generated(server);
    expect(stats.kinds.lyric.completed).toBeLessThanOrEqual(stats.tracks);
  });
});

describe("search by vector", () => {
  test("finds the track with that vector, and answers several vectors in order", async () => {
    const [a, b] = await Promise.all(
      [30, 40].map(async (id) => (await get(server, `/v1/tracks/${id}/vectors`)).json.lyric),
    );
    const one = await post(server, "/v1/vectors/search", { by: "lyric", vector: a, limit: 3 });
    expect(one.status).toBe(200);
    expect(one.json.data[0].similarity).toBeCloseTo(1, 4);
    expect(idsOf(one.json)).toContain(30);
    const many = await post(server, "/v1/vectors/search", { by: "lyric", vectors: [b, a], limit: 3 });
    expect(many.json.results).toHaveLength(2);
    expect(idsOf(many.json.results[0])).toContain(40);
    expect(many.json.results[1]).toEqual(one.json);
  });

  test.each([
    ["another kind's length", { by: "audio", vector: axis(64, 0) }],
    ["all zero", { by: "metadata", vector: axis(64, 64) }],
    ["both", { by: "metadata", vector: axis(64, 0), vectors: [axis(64, 0)] }],
    ["neither", { by: "metadata" }],
    ["too many", { by: "metadata", vectors: Array.from({ length: 17 }, () => axis(64, 0)) }],
    ["too many wanted", { by: "metadata", vector: axis(64, 0), limit: 101 }],
  ])("%s is refused with 422", async (_, body) => {
    expect((await post(server, "/v1/vectors/search", body)).status).toBe(422);
  });
});
