import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer, Json, TestServer } from "../support/server.ts";
import { copyOf, get, makeCatalogue, patch, post, remove, request, startServer } from "../support/server.ts";
import { expectProblem } from "./helpers.ts";

let server: TestServer;
let catalogue: string;
beforeAll(async () => {
  catalogue = await makeCatalogue();
  server = await startServer({}, { database: copyOf(catalogue) });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const etagOf = (answer: Answer): string => answer.headers.get("etag")!;
const etagAt = async (path: string): Promise<string> => etagOf(await get(server, path));

async function created(path: string, body: Json): Promise<{ id: number; etag: string; path: string }> {
  const answer = await post(server, `/v1/${path}`, body);
  expect(answer.status, answer.text).toBe(201);
  return { id: answer.json.id, etag: etagOf(answer), path: `/v1/${path}/${answer.json.id}` };
}

const CACHEABLE = [
  "/v1/tracks/1",
  "/v1/artists?limit=3",
  "/v1/tracks?total=1&limit=2",
  "/v1/albums/1/tracks",
  "/v1/charts/tracks",
  "/v1/users/1/plays",
];

describe("If-None-Match", () => {
  test.each(CACHEABLE)("on %s answers 304 without a body if the ETag matches", async (path) => {
    const full = await get(server, path);
    const etag = etagOf(full);
    expect(etag).toMatch(/^"[^"]+"$/);
    for (const header of [etag, `W/${etag}`, `"other", W/${etag} , "more"`, "*", ` ${etag}`]) {
      const answer = await get(server, path, { "if-none-match": header });
      expect([answer.status, answer.text], header).toEqual([304, ""]);
      // `*` names no encoding.
      expect(etagOf(answer)).toBe(header === "*" ? etag.replace(";gzip", "") : etag);
      expect(answer.headers.get("cache-control")).toBe(full.headers.get("cache-control"));
      expect(answer.headers.get("content-type")).toBeNull();
    }
  });

  test.each(CACHEABLE)("on %s answers 200 with a body if the ETag differs", async (path) => {
    const bare = (await etagAt(path)).slice(1, -1);
    for (const header of ['"other"', 'W/"other", "more"', bare, `"${bare.slice(1)}"`, "", '"']) {
      const answer = await get(server, path, { "if-none-match": header });
      expect(answer.status, header).toBe(200);
      expect(answer.json).toBeDefined();
    }
  });

  test("works for HEAD as for GET", async () => {
    const etag = await etagAt("/v1/tracks/1");
    const answer = await request(server, "HEAD", "/v1/tracks/1", { headers: { "if-none-match": etag } });
    expect([answer.status, answer.text]).toEqual([304, ""]);
  });

  test("does not hide a 404", async () => {
    const { path, etag } = await created("genres", { name: "Passing" });
    await remove(server, path);
    for (const header of [etag, "*"])
      expectProblem(await get(server, path, { "if-none-match": header }), 404, "not_found");
  });
});

describe("If-Match", () => {
  test("allows PATCH and DELETE if one of its ETags is the entity's", async () => {
    const { path, etag } = await created("artists", { name: "Matched" });
    const changed = await patch(server, path, { name: "Again" }, { "if-match": `"x", ${etag}` });
    expect(changed.status).toBe(200);
    expect(etagOf(changed)).not.toBe(etag);
    expect((await remove(server, path, { "if-match": etagOf(changed) })).status).toBe(204);
  });

  test("of * only requires that the entity exists", async () => {
    const { path } = await created("artists", { name: "Starred" });
    expect((await patch(server, path, { name: "Still" }, { "if-match": "*" })).status).toBe(200);
    expect((await remove(server, path, { "if-match": "*" })).status).toBe(204);
    expectProblem(await patch(server, path, { name: "Late" }, { "if-match": "*" }), 404, "not_found");
    expectProblem(await remove(server, path, { "if-match": "*" }), 404, "not_found");
  });

  test("with an older, weak or invalid ETag is refused and changes nothing", async () => {
    const { path, etag } = await created("artists", { name: "Guarded" });
    const { headers, json } = await patch(server, path, { name: "Guarded twice" });
    const current = headers.get("etag")!;
    for (const header of [etag, `W/${current}`, '"x", "y"', "", "not-quoted", `${etag}, "x"`]) {
      const change = await patch(server, path, { name: "Lost" }, { "if-match": header });
      expectProblem(change, 412, "precondition_failed");
      expectProblem(await remove(server, path, { "if-match": header }), 412, "precondition_failed");
    }
    expect((await get(server, path)).json).toEqual(json);
  });

  test("allows exactly one of several concurrent changes with the same ETag", async () => {
    const { path, etag } = await created("artists", { name: "Contended" });
    const rivals = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const answers = await Promise.all(
      rivals.map((name) => patch(server, path, { name }, { "if-match": etag })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...rivals.slice(1).map(() => 412)]);
    const winner = answers.find(({ status }) => status === 200)!;
    expect((await get(server, path)).json).toEqual(winner.json);
  });
});

describe("an ETag", () => {
  test("of a track changes when a name it shows changes", async () => {
    const artist = await created("artists", { name: "Shown" });
    const album = await created("albums", { title: "Shown", artist_id: artist.id });
    const genre = await created("genres", { name: "Shown" });
    const media = await created("media-types", { name: "Shown" });
    const references = { album_id: album.id, genre_id: genre.id, media_type_id: media.id };
    const track = await created("tracks", { name: "T", milliseconds: 1, unit_price: 1, ...references });
    const seen = new Set([track.etag]);
    for (const { path } of [artist, album, genre, media]) {
      const body = path.includes("albums") ? { title: "Renamed" } : { name: "Renamed" };
      expect((await patch(server, path, body)).status).toBe(200);
      const now = await get(server, track.path, { "if-none-match": [...seen].join(", ") });
      expect(now.status, path).toBe(200);
      expect(Object.values(now.json)).toContain("Renamed");
      seen.add(etagOf(now));
    }
    expect(seen.size).toBe(5);
    expect((await remove(server, track.path, { "if-match": track.etag })).status).toBe(412);
  });

  test("of a list changes with any of its rows and any name they show", async () => {
    const artist = await created("artists", { name: "Listed" });
    const path = `/v1/albums?artist_id=${artist.id}`;
    const empty = await etagAt(path);
    const album = await created("albums", { title: "One", artist_id: artist.id });
    const one = await etagAt(path);
    await patch(server, album.path, { title: "Two" });
    const two = await etagAt(path);
    await patch(server, artist.path, { name: "Renamed" });
    const renamed = await etagAt(path);
    await remove(server, album.path);
    expect(new Set([empty, one, two, renamed]).size).toBe(4);
    expect(await etagAt(path)).toBe(empty);
  });

  test("stays the same without writes", async () => {
    for (const path of CACHEABLE) expect(await etagAt(path)).toBe(await etagAt(path));
  });
});

describe("Cache-Status", () => {
  const statusOf = async (path: string) => (await get(server, path)).headers.get("cache-status");

  test("is a miss first, then a hit, and a miss again after a write", async () => {
    const { path } = await created("artists", { name: "Cached" });
    expect(await statusOf(path)).toBe("chinook; fwd=miss");
    expect(await statusOf(path)).toBe("chinook; hit");
    await patch(server, path, { name: "Rewritten" });
    expect(await statusOf(path)).toBe("chinook; fwd=miss");
  });

  test("of an entity stays a hit when another entity is written", async () => {
    const [one, other] = [await created("artists", { name: "1" }), await created("artists", { name: "2" })];
    await statusOf(one.path);
    await patch(server, other.path, { name: "3" });
    expect(await statusOf(one.path)).toBe("chinook; hit");
  });

  test("of concurrent identical requests is one miss", async () => {
    const paths = Array<string>(40).fill("/v1/tracks?limit=100&sort=-name");
    const statuses = await Promise.all(paths.map(statusOf));
    expect(statuses.filter((status) => status === "chinook; fwd=miss")).toHaveLength(1);
    for (const status of statuses)
      expect(["chinook; fwd=miss", "chinook; fwd=miss; collapsed", "chinook; hit"]).toContain(status);
  });

  test("is a bypass without a cache, and the bodies are the same", async () => {
    await using uncached = await startServer({ CHINOOK_CACHE_MB: "0" }, { database: copyOf(catalogue) });
    for (const path of ["/v1/tracks/1", "/v1/tracks?sort=name", "/v1/albums/1/tracks"]) {
      for (const _ of "12") {
        const answer = await get(uncached, path);
        expect(answer.headers.get("cache-status")).toBe("chinook; fwd=bypass");
        const again = await get(uncached, path, { "if-none-match": etagOf(answer) });
        expect(again.status).toBe(304);
      }
    }
  });
});

describe("a chart, which may be stale", () => {
  test("has Age and max-age", async () => {
    const path = "/v1/charts/artists?window=9000h";
    const fresh = await get(server, path);
    expect(fresh.headers.get("cache-control")).toBe("max-age=1800");
    expect(fresh.headers.get("age")).toBe("0");
    await post(server, "/v1/plays", { track_id: 1 });
    const kept = await get(server, path);
    expect(kept.headers.get("cache-status")).toBe("chinook; hit");
    expect(Number(kept.headers.get("age"))).toBeLessThanOrEqual(1_800);
    expect(kept.text).toBe(fresh.text);
  });

  test("is the only response with an Age: all others are revalidated", async () => {
    const { headers } = await get(server, "/v1/tracks/1");
    expect([headers.get("cache-control"), headers.get("age")]).toEqual(["no-cache", null]);
  });
});
