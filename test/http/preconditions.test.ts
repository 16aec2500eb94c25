import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer, Json, TestServer } from "../support/server.ts";
import { copyOf, get, makeCatalogue, post, remove, request, startServer } from "../support/server.ts";
import { column, expectProblem } from "./helpers.ts";

/** If-Match and If-None-Match where an ETag is another resource's, or of a text: honoured or refused, never ignored. */

let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, { database: copyOf(await makeCatalogue(50)) });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

type Headers = Readonly<Record<string, string>>;
const etagAt = async (path: string): Promise<string> => (await get(server, path)).headers.get("etag")!;

/** A change of something, the path whose ETag it goes by, and how to bring about what it changes. */
interface Case {
  readonly name: string;
  readonly etagOf: string;
  readonly prepare: () => Promise<unknown>;
  readonly change: (headers: Headers) => Promise<Answer>;
}

const audio = Array.from({ length: 128 }, (_, i) => i + 1);
const putAudio = (headers: Headers, values: readonly number[] = audio) =>
  request(server, "PUT", "/v1/tracks/1/vectors", { body: { audio: values }, headers });

const CASES: readonly Case[] = [
  {
    name: "PUT of a track's vectors",
    etagOf: "/v1/tracks/1/vectors",
    prepare: () => putAudio({}),
    change: (headers) => putAudio(headers, audio.toReversed()),
  },
  {
    name: "DELETE of a track's vectors",
    etagOf: "/v1/tracks/1/vectors",
    prepare: () => putAudio({}),
    change: (headers) => remove(server, "/v1/tracks/1/vectors", headers),
  },
  {
    name: "DELETE of a track's tag, by the ETag of its tags",
    etagOf: "/v1/tracks/1/tags",
    prepare: () => post(server, "/v1/tracks/1/tags", { name: "calm" }),
    change: (headers) => remove(server, "/v1/tracks/1/tags/calm", headers),
  },
  {
    name: "DELETE of a playlist's entry, by the ETag of the playlist",
    etagOf: "/v1/playlists/1",
    prepare: () => post(server, "/v1/playlists/1/tracks", { track_id: 1 }),
    change: (headers) => remove(server, "/v1/playlists/1/tracks/1", headers),
  },
];

describe.each(CASES)("$name", ({ etagOf, prepare, change }) => {
  test("is refused and changes nothing if the ETag differs, is weak or is invalid", async () => {
    await prepare();
    const before = await get(server, etagOf);
    const etag = before.headers.get("etag")!;
    for (const header of ['"other"', `W/${etag}`, "", "not-quoted", etag.slice(0, -2)]) {
      expectProblem(await change({ "if-match": header }), 412, "precondition_failed");
    }
    for (const header of [etag, `"x", W/${etag}`, "*"]) {
      expectProblem(await change({ "if-none-match": header }), 412, "precondition_failed");
    }
    expect((await get(server, etagOf)).json).toEqual(before.json);
    expect(await etagAt(etagOf)).toBe(etag);
  });

  test("is applied if one of the ETags is current, which changes the ETag", async () => {
    await prepare();
    const etag = await etagAt(etagOf);
    expect((await change({ "if-match": `"other", ${etag}` })).status).toBe(204);
    expect(await etagAt(etagOf)).not.toBe(etag);
    await prepare();
    expect((await change({ "if-match": "*" })).status).toBe(204);
    await prepare();
    expect((await change({ "if-none-match": '"other"' })).status).toBe(204);
  });

  test("is applied once of several concurrent requests with the same ETag", async () => {
    await prepare();
    const etag = await etagAt(etagOf);
    const answers = await Promise.all(Array.from({ length: 8 }, () => change({ "if-match": etag })));
    const done = answers.filter(({ status }) => status === 204);
    expect(done).toHaveLength(1);
    for (const { status } of answers) expect([204, 404, 412]).toContain(status);
  });
});

test("a missing entity is 404, whatever the ETag", async () => {
  const header = { "if-match": '"other"' };
  const path = "/v1/tracks/987654321/vectors";
  expectProblem(await request(server, "PUT", path, { body: { audio }, headers: header }), 404, "not_found");
  for (const gone of [path, "/v1/tracks/987654321/tags/calm", "/v1/playlists/987654321/tracks/1"]) {
    expectProblem(await remove(server, gone, header), 404, "not_found");
  }
});

test("a playlist's updated_at and ETag change with its entries", async () => {
  const { json } = await post(server, "/v1/playlists", { name: "Kept" });
  const path = `/v1/playlists/${json.id}`;
  const created = await etagAt(path);
  await get(server, "/v1/playlists?sort=-id&limit=1");
  await post(server, `${path}/tracks`, { track_id: 1 });
  const filled = await get(server, path);
  expect(filled.headers.get("etag")).not.toBe(created);
  expect((await get(server, "/v1/playlists?sort=-id&limit=1")).json.data[0]).toEqual(filled.json);
});

test("every other writing route refuses preconditions before it does anything", async () => {
  const { json } = await get(server, "/openapi.json");
  const routes = Object.entries(json.paths as Json).flatMap(([path, methods]) =>
    Object.entries(methods as Json).map(([method, { parameters = [] }]: [string, Json]) => ({
      ...{ path, method: method.toUpperCase() },
      honoured: parameters.some(({ name }: Json) => name === "If-Match"),
    })),
  );
  const others = routes.filter(({ method, honoured }) => method !== "GET" && !honoured);
  expect(others.length).toBeGreaterThan(10);
  const rows = () => column(server, "SELECT (SELECT count(*) FROM artists) + (SELECT count(*) FROM plays)");
  const before = rows();
  for (const { path, method } of others) {
    const url = path.replace(/\{\w+\}/g, "1");
    for (const name of ["If-Match", "If-None-Match"]) {
      const answer = await request(server, method, url, { body: { name: "x" }, headers: { [name]: "*" } });
      const { errors } = expectProblem(answer, 422, "invalid");
      expect(errors, `${method} ${url}`).toEqual([{ parameter: name, detail: expect.any(String) }]);
    }
  }
  expect(rows()).toEqual(before);
});
