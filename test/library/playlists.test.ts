import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectProblem } from "../http/helpers.ts";
import { type Person, person, startRequired } from "../people/support.ts";
import {
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

type Headers = Readonly<Record<string, string>>;
const put = (server: TestServer, path: string, body: unknown, headers: Headers = {}) =>
  request(server, "PUT", path, { body, headers });

/** The whole of a playlist, page after page. */
async function entriesOf(server: TestServer, id: number, headers: Headers = {}, query = ""): Promise<Json[]> {
  const entries: Json[] = [];
  for (let cursor = ""; ; ) {
    const { json } = await get(server, `/v1/playlists/${id}/tracks?limit=7${query}${cursor}`, headers);
    entries.push(...json.data);
    if (json.next === null) return entries;
    cursor = `&cursor=${json.next}`;
  }
}
const tracksOf = async (...of: Parameters<typeof entriesOf>) => (await entriesOf(...of)).map(({ id }) => id);

describe("on a server without accounts", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({}, { database: copyOf(await makeCatalogue()) });
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  async function made(track_ids: number[], more: Json = {}): Promise<number> {
    const { json } = await post(server, "/v1/playlists", { name: "Mine", ...more });
    const { status, text } = await put(server, `/v1/playlists/${json.id}/tracks`, { track_ids });
    expect(status, text).toBe(200);
    return json.id;
  }
  const move = (id: number, entry: number, body: Json, headers: Headers = {}) =>
    request(server, "POST", `/v1/playlists/${id}/tracks/${entry}/move`, { body, headers });

  test("a playlist is nobody's, public, and listed as one's own", async () => {
    const { json } = await post(server, "/v1/playlists", { name: "Open", description: "two\r\nlines" });
    expect(json).toMatchObject({ owner_id: null, visibility: "public", description: "two\nlines" });
    expect((await get(server, "/v1/me/playlists?limit=1")).json.data).toEqual([json]);
    const hidden = await patch(server, `/v1/playlists/${json.id}`, { visibility: "private" });
    expect((await get(server, `/v1/playlists/${json.id}`)).json).toEqual(hidden.json);
    const listed = (await get(server, "/v1/playlists?sort=-id&limit=1")).json.data[0];
    expect(listed.id).not.toBe(json.id);
  });

  test("the order is what was said, and entries of tracks that stay are the same", async () => {
    const id = await made([5, 3, 9]);
    const before = await entriesOf(server, id);
    expect(before.map(({ id, position }) => [id, position])).toEqual([
      [5, 1],
      [3, 2],
      [9, 3],
    ]);
    await put(server, `/v1/playlists/${id}/tracks`, { track_ids: [9, 1, 5] });
    const after = await entriesOf(server, id);
    expect(after.map(({ id }) => id)).toEqual([9, 1, 5]);
    expect([after[0].entry_id, after[2].entry_id]).toEqual([before[2].entry_id, before[0].entry_id]);
    expect(await tracksOf(server, id, {}, "&sort=-position")).toEqual([5, 1, 9]);
    expect((await entriesOf(server, id, {}, "&sort=-position")).map(({ position }) => position)).toEqual([
      3, 2, 1,
    ]);
    expect((await entriesOf(server, id, {}, "&sort=id")).map(({ id, position }) => [id, position])).toEqual([
      [1, 2],
      [5, 3],
      [9, 1],
    ]);
    await put(server, `/v1/playlists/${id}/tracks`, { track_ids: [] });
    expect(await tracksOf(server, id)).toEqual([]);
  });

  test("one entry moves to a place, or before or after another", async () => {
    const id = await made([1, 2, 3, 4, 5]);
    const entries = await entriesOf(server, id);
    const entry = (track: number) => entries[track - 1].entry_id;
    for (const [track, body, expected] of [
      [5, { position: 1 }, [5, 1, 2, 3, 4]],
      [5, { position: 99 }, [1, 2, 3, 4, 5]],
      [1, { position: 3 }, [2, 3, 1, 4, 5]],
      [4, { before: entry(2) }, [4, 2, 3, 1, 5]],
      [4, { after: entry(5) }, [2, 3, 1, 5, 4]],
      [3, { before: entry(4) }, [2, 1, 5, 3, 4]],
      [2, { position: 1 }, [2, 1, 5, 3, 4]],
    ] as const) {
      const { status, json, text } = await move(id, entry(track), body);
      expect(status, text).toBe(200);
      expect(await tracksOf(server, id)).toEqual(expected);
      expect(json).toMatchObject({
        entry_id: entry(track),
        track_id: track,
        position: expected.indexOf(track as never) + 1,
      });
    }
    expectProblem(await move(id, entry(1), { before: entry(1) }), 422, "reference_unknown");
    expectProblem(await move(id, 987_654, { position: 1 }), 404, "not_found");
    expectProblem(await move(id, entry(1), {}), 422, "invalid");
    const other = await made([1]);
    const [foreign] = await entriesOf(server, other);
    expectProblem(await move(id, foreign.entry_id, { position: 1 }), 404, "not_found");
    expectProblem(await move(id, entry(1), { after: foreign.entry_id }), 422, "reference_unknown");
  });

  test("moves into the same gap, over and over, keep the order", async () => {
    const id = await made([1, 2, 3]);
    const [first, second, third] = await entriesOf(server, id);
    for (let i = 0; i < 60; i++) {
      const [moved, expected] = i % 2 === 0 ? [third, [1, 3, 2]] : [second, [1, 2, 3]];
      expect((await move(id, moved.entry_id, { after: first.entry_id })).status).toBe(200);
      expect(await tracksOf(server, id)).toEqual(expected);
    }
  });

  test("concurrent moves leave one consistent order", async () => {
    const tracks = Array.from({ length: 40 }, (_, i) => i + 1);
    const id = await made(tracks);
    const entries = await entriesOf(server, id);
    const some = (n: number) => entries[n % entries.length].entry_id;
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => {
        const to = [{ position: (i % 40) + 1 }, { before: some(i * 7 + 1) }, { after: some(i * 11 + 2) }][
          i % 3
        ]!;
        return move(id, some(i * 3), to);
      }),
    );
    for (const { status } of answers) expect([200, 422]).toContain(status);
    const after = await entriesOf(server, id);
    expect(after.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(tracks);
    expect(after.map(({ position }) => position)).toEqual(tracks);
    expect(await tracksOf(server, id, {}, "&sort=-position")).toEqual(after.map(({ id }) => id).toReversed());
    const whole = (await get(server, `/v1/playlists/${id}/tracks?limit=100`)).json.data;
    expect(whole).toEqual(after);
  });

  test("of moves by who saw the same order, If-Match lets one pass", async () => {
    const id = await made([1, 2, 3]);
    const etag = (await get(server, `/v1/playlists/${id}`)).headers.get("etag")!;
    const entries = await entriesOf(server, id);
    const answers = await Promise.all(
      entries.map(({ entry_id }) => move(id, entry_id, { position: 1 }, { "if-match": etag })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412]);
  });

  test("holds a track once, or as often as one likes", async () => {
    const id = await made([1, 2]);
    expectProblem(await post(server, `/v1/playlists/${id}/tracks`, { track_id: 1 }), 409, "already_exists");
    const twice = await put(server, `/v1/playlists/${id}/tracks`, { track_ids: [1, 2, 1] });
    expectProblem(twice, 409, "already_exists");
    expect(twice.json.errors).toEqual([{ pointer: "/track_ids/2", detail: "is in it already" }]);
    await patch(server, `/v1/playlists/${id}`, { allow_duplicates: true });
    const added = await post(server, `/v1/playlists/${id}/tracks`, { track_id: 1 });
    expect(added.json).toMatchObject({ track_id: 1, position: 3 });
    await put(server, `/v1/playlists/${id}/tracks`, { track_ids: [1, 1, 2, 1] });
    const entries = await entriesOf(server, id);
    expect(entries.map(({ id }) => id)).toEqual([1, 1, 2, 1]);
    expect(new Set(entries.map(({ entry_id }) => entry_id)).size).toBe(4);
    expect((await remove(server, `/v1/playlists/${id}/entries/${entries[1].entry_id}`)).status).toBe(204);
    expect(await tracksOf(server, id)).toEqual([1, 2, 1]);
    expect((await remove(server, `/v1/playlists/${id}/tracks/1`)).status).toBe(204);
    expect(await tracksOf(server, id)).toEqual([2]);
    expectProblem(
      await remove(server, `/v1/playlists/${id}/entries/${entries[1].entry_id}`),
      404,
      "not_found",
    );
  });

  test("says how many tracks it has and how long they play, whatever happens to them", async () => {
    const track = { media_type_id: 1, milliseconds: 1_000, unit_price: 1, name: "T" };
    const [one, two] = [
      (await post(server, "/v1/tracks", track)).json,
      (await post(server, "/v1/tracks", track)).json,
    ];
    const id = await made([one.id, two.id, one.id], { allow_duplicates: true });
    const shown = async () => {
      const { json, headers } = await get(server, `/v1/playlists/${id}`);
      return [json.track_count, json.milliseconds, headers.get("etag")];
    };
    const first = await shown();
    expect(first.slice(0, 2)).toEqual([3, 3_000]);
    await patch(server, `/v1/tracks/${one.id}`, { milliseconds: 5_000 });
    const second = await shown();
    expect(second.slice(0, 2)).toEqual([3, 11_000]);
    expect(second[2]).not.toBe(first[2]);
    await remove(server, `/v1/tracks/${one.id}`);
    expect((await shown()).slice(0, 2)).toEqual([1, 1_000]);
    expect(await tracksOf(server, id)).toEqual([two.id]);
  });

  test("names the tracks that are not there, and what is too much", async () => {
    const id = await made([]);
    const unknown = await put(server, `/v1/playlists/${id}/tracks`, { track_ids: [1, 987_654, 2, 987_655] });
    expectProblem(unknown, 422, "reference_unknown");
    expect(unknown.json.errors.map(({ pointer }: Json) => pointer)).toEqual(["/track_ids/1", "/track_ids/3"]);
    await patch(server, `/v1/playlists/${id}`, { allow_duplicates: true });
    const most = await put(server, `/v1/playlists/${id}/tracks`, { track_ids: new Array(10_000).fill(1) });
    expect(most.json.track_count).toBe(10_000);
    expectProblem(await post(server, `/v1/playlists/${id}/tracks`, { track_id: 1 }), 409, "limit_reached");
    expectProblem(
      await put(server, `/v1/playlists/${id}/tracks`, { track_ids: new Array(10_001).fill(1) }),
      422,
      "invalid",
    );
    expectProblem(
      await put(server, `/v1/playlists/${id}/tracks`, { track_ids: new Array(20_000).fill(1) }),
      413,
      "body_too_large",
    );
  });

  test("is exported as M3U8 and XSPF, whatever is in its texts", async () => {
    const { json: track } = await post(server, "/v1/tracks", {
      ...{ media_type_id: 1, milliseconds: 61_500, unit_price: 1, track_number: 7 },
      name: 'Tom & "Jerry" <script> ]]>',
    });
    const id = await made([track.id, 1], { name: "A < B", description: "x\ny" });
    const m3u8 = await get(server, `/v1/playlists/${id}/export.m3u8`);
    expect(m3u8.headers.get("content-type")).toBe("application/vnd.apple.mpegurl");
    const lines = m3u8.text.trimEnd().split("\n");
    expect(lines.slice(0, 4)).toEqual([
      "#EXTM3U",
      "#PLAYLIST:A < B",
      '#EXTINF:62,Tom & "Jerry" <script> ]]>',
      `${server.url}/v1/tracks/${track.id}`,
    ]);
    const xspf = await get(server, `/v1/playlists/${id}/export.xspf`);
    expect(xspf.headers.get("content-type")).toBe("application/xspf+xml");
    expect(xspf.text).toContain("<title>Tom &amp; &quot;Jerry&quot; &lt;script&gt; ]]&gt;</title>");
    expect(xspf.text).toContain("<trackNum>7</trackNum><duration>61500</duration>");
    expect(xspf.text.match(/<track>/g)).toHaveLength(2);
    const again = await get(server, `/v1/playlists/${id}/export.xspf`, {
      "if-none-match": xspf.headers.get("etag")!,
    });
    expect(again.status).toBe(304);
    expectProblem(await get(server, "/v1/playlists/987654/export.xspf"), 404, "not_found");
  });
});

describe("between people", () => {
  let server: TestServer;
  let ada: Person;
  let eve: Person;
  let editor: Person;
  let track: number;
  beforeAll(async () => {
    server = await startRequired({ CHINOOK_ANONYMOUS: "read" });
    editor = await person(server, "editor@example.com", "editor");
    ada = await person(server, "ada@example.com", "listener", "Ada");
    eve = await person(server, "eve@example.com", "listener", "Eve");
    const { json: type } = await post(server, "/v1/media-types", { name: "File" }, editor.headers);
    const body = { name: "T", media_type_id: type.id, milliseconds: 1_000, unit_price: 1 };
    track = (await post(server, "/v1/tracks", body, editor.headers)).json.id;
  }, 60_000);
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  async function made(owner: Person, body: Json = {}): Promise<number> {
    const { json } = await post(server, "/v1/playlists", { name: "Secret", ...body }, owner.headers);
    await post(server, `/v1/playlists/${json.id}/tracks`, { track_id: track }, owner.headers);
    return json.id;
  }

  /** Every request about a playlist: what another may find out, and do. */
  const REQUESTS = [
    ["GET", "", undefined],
    ["HEAD", "", undefined],
    ["GET", "/tracks", undefined],
    ["GET", "/export.m3u8", undefined],
    ["GET", "/export.xspf", undefined],
    ["POST", "/copy", {}],
    ["PATCH", "", { name: "Taken" }],
    ["POST", "/tracks", { track_id: 1 }],
    ["PUT", "/tracks", { track_ids: [] }],
    ["DELETE", "/tracks/1", undefined],
    ["DELETE", "/entries/1", undefined],
    ["POST", "/tracks/1/move", { position: 1 }],
    ["DELETE", "", undefined],
  ] as const;

  test("a private one is its owner's, and for all others is as if it were not there", async () => {
    const id = await made(ada);
    const before = (await get(server, `/v1/playlists/${id}`, ada.headers)).json;
    expect(before).toMatchObject({
      owner_id: ada.id,
      owner_name: "Ada",
      visibility: "private",
      track_count: 1,
    });
    for (const other of [eve.headers, editor.headers, {}])
      for (const [method, path, body] of REQUESTS) {
        if (other !== eve.headers && other !== editor.headers && method !== "GET" && method !== "HEAD")
          continue;
        const of = (id: number) =>
          request(server, method, `/v1/playlists/${id}${path}`, { headers: other, body });
        const [there, missing] = [await of(id), await of(987_654)];
        expect(there.status, `${method} ${path}`).toBe(404);
        const { request_id: _, ...said } = there.json ?? {};
        expect(missing.json ?? {}).toMatchObject(said);
      }
    expect((await get(server, `/v1/playlists/${id}`, ada.headers)).json).toEqual(before);
    const listed = JSON.stringify([
      (await get(server, "/v1/playlists", ada.headers)).json,
      (await get(server, `/v1/playlists?ids=${id}&total=1`, ada.headers)).json,
      (await get(server, `/v1/playlists?name_prefix=Sec`, eve.headers)).json,
      (await get(server, `/v1/playlists?public_id=${before.public_id}`, eve.headers)).json,
      (await get(server, "/v1/me/playlists", eve.headers)).json,
    ]);
    expect(listed).not.toContain("Secret");
    expect((await get(server, "/v1/me/playlists", ada.headers)).json.data[0]).toEqual(before);
    expect((await get(server, `/v1/playlists/${id}`, ada.headers)).headers.get("cache-control")).toContain(
      "private",
    );
  });

  test("an unlisted one is found by its id alone, a public one in lists too; only the owner changes them", async () => {
    const id = await made(ada, { name: "Found", visibility: "unlisted" });
    expect((await get(server, `/v1/playlists/${id}`)).json.name).toBe("Found");
    expect((await get(server, "/v1/playlists?name_prefix=Found")).json.data).toEqual([]);
    await patch(server, `/v1/playlists/${id}`, { visibility: "public" }, ada.headers);
    expect((await get(server, "/v1/playlists?name_prefix=Found")).json.data).toHaveLength(1);
    for (const [method, path, body] of REQUESTS.slice(6)) {
      const answer = await request(server, method, `/v1/playlists/${id}${path}`, {
        headers: eve.headers,
        body,
      });
      expect(answer.status, `${method} ${path}`).toBe(403);
    }
    // Seen by a stranger, then hidden: no cached answer shows it.
    await get(server, `/v1/playlists/${id}/tracks`);
    await patch(server, `/v1/playlists/${id}`, { visibility: "private" }, ada.headers);
    for (const path of ["", "/tracks"])
      expectProblem(await get(server, `/v1/playlists/${id}${path}`), 404, "not_found");
    expect((await get(server, "/v1/playlists?name_prefix=Found")).json.data).toEqual([]);
  });

  test("a copy of another user's public playlist is one's own, private and independent", async () => {
    const id = await made(ada, { name: "Original", visibility: "public", description: "d" });
    const headers = { ...eve.headers, "idempotency-key": "copy-once" };
    const copy = await post(server, `/v1/playlists/${id}/copy`, { name: "Copied" }, headers);
    expect(copy.status, copy.text).toBe(201);
    const again = await post(server, `/v1/playlists/${id}/copy`, { name: "Copied" }, headers);
    expect([again.json, again.headers.get("idempotency-replayed")]).toEqual([copy.json, "true"]);
    expect(copy.json).toMatchObject({
      ...{ name: "Copied", slug: "copied", description: "d", owner_id: eve.id, visibility: "private" },
      ...{ track_count: 1, milliseconds: 1_000 },
    });
    expect(copy.headers.get("location")).toBe(`/v1/playlists/${copy.json.id}`);
    await remove(server, `/v1/playlists/${id}`, ada.headers);
    expect(await tracksOf(server, copy.json.id, eve.headers)).toEqual([track]);
    expectProblem(await get(server, `/v1/playlists/${copy.json.id}`, ada.headers), 404, "not_found");
  });

  test("goes with its owner, also where it is cached", async () => {
    const gone = await person(server, "gone@example.com", "listener", "Gone");
    const id = await made(gone, { visibility: "public", name: "Farewell" });
    for (const path of [`/v1/playlists/${id}`, `/v1/playlists/${id}/tracks`, `/v1/playlists?ids=${id}`])
      expect((await get(server, path)).status).toBe(200);
    await patch(server, "/v1/me", { name: "Gone Soon" }, gone.headers);
    expect((await get(server, `/v1/playlists/${id}`)).json.owner_name).toBe("Gone Soon");
    expect((await remove(server, "/v1/me", gone.headers)).status).toBe(204);
    for (const path of ["", "/tracks"])
      expectProblem(await get(server, `/v1/playlists/${id}${path}`), 404, "not_found");
    expect((await get(server, `/v1/playlists?ids=${id}`)).json.data).toEqual([]);
  });
});
