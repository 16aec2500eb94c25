import Database from "better-sqlite3";
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
  type TestServer,
} from "../support/server.ts";

let server: TestServer;
let ada: Person;
let eve: Person;
let editor: Person;
beforeAll(async () => {
  server = await startRequired({ CHINOOK_ANONYMOUS: "read" }, copyOf(await makeCatalogue()));
  ada = await person(server, "ada@example.com", "listener", "Ada");
  eve = await person(server, "eve@example.com", "listener", "Eve");
  editor = await person(server, "editor@example.com", "editor");
}, 60_000);
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const put = (path: string, who: Person, body?: Json) =>
  request(server, "PUT", path, { headers: who.headers, body });
const of = async (who: Person, path: string): Promise<Json[]> =>
  (await get(server, path, who.headers)).json.data;

describe("favourites and ratings", () => {
  test("are one's own, once each, latest first", async () => {
    expect((await put("/v1/favourites/tracks/1", ada)).json).toMatchObject({ kind: "tracks", id: 1 });
    await put("/v1/favourites/artists/2", ada);
    await put("/v1/favourites/tracks/1", ada);
    expect((await of(ada, "/v1/favourites")).map(({ kind, id }) => [kind, id])).toEqual([
      ["artists", 2],
      ["tracks", 1],
    ]);
    expect(await of(ada, "/v1/favourites?kind=albums")).toEqual([]);
    expect(await of(eve, "/v1/favourites")).toEqual([]);
    expectProblem(await put("/v1/favourites/tracks/987654", ada), 404, "not_found");
    expectProblem(await put("/v1/favourites/genres/1", ada), 422, "invalid");
    expectProblem(await remove(server, "/v1/favourites/tracks/1", eve.headers), 404, "not_found");
    expect((await remove(server, "/v1/favourites/tracks/1", ada.headers)).status).toBe(204);
    expect(await of(ada, "/v1/favourites?kind=tracks")).toEqual([]);
  });

  test("have one to five stars, the last that one gave", async () => {
    for (const stars of [0, 6, 2.5, "5"])
      expectProblem(await put("/v1/ratings/albums/1", ada, { stars }), 422, "invalid");
    await put("/v1/ratings/albums/1", ada, { stars: 2 });
    await put("/v1/ratings/albums/2", ada, { stars: 5 });
    await put("/v1/ratings/albums/1", ada, { stars: 4 });
    expect((await of(ada, "/v1/ratings")).map(({ id, stars }) => [id, stars])).toEqual([
      [1, 4],
      [2, 5],
    ]);
    const first = await get(server, "/v1/ratings?limit=1", ada.headers);
    const second = await get(server, `/v1/ratings?limit=1&cursor=${first.json.next}`, ada.headers);
    expect([second.json.data[0].id, second.json.next]).toEqual([2, null]);
  });

  test("go with what they are of", async () => {
    const { json: artist } = await post(server, "/v1/artists", { name: "Brief" }, editor.headers);
    await put(`/v1/favourites/artists/${artist.id}`, ada);
    expect((await of(ada, "/v1/favourites?kind=artists"))[0].name).toBe("Brief");
    await patch(server, `/v1/artists/${artist.id}`, { name: "Longer" }, editor.headers);
    expect((await of(ada, "/v1/favourites?kind=artists"))[0].name).toBe("Longer");
    await remove(server, `/v1/artists/${artist.id}`, editor.headers);
    expect((await of(ada, "/v1/favourites?kind=artists")).map(({ id }) => id)).not.toContain(artist.id);
  });
});

describe("comments", () => {
  const say = (path: string, who: Person, body: Json, headers = {}) =>
    post(server, `${path}/comments`, body, { ...who.headers, ...headers });
  const count = async (path: string) => (await get(server, path)).json.comment_count;

  test("are text, in threads of one level, and counted where they are said", async () => {
    const path = "/v1/albums/1";
    const text = "<script>alert(1)</script> & more\r\nlines";
    const first = await say(path, ada, { text }, { "idempotency-key": "once" });
    expect(first.json).toMatchObject({
      text: text.replace("\r\n", "\n"),
      user_id: ada.id,
      user_name: "Ada",
      reply_count: 0,
    });
    expect(
      (await say(path, ada, { text }, { "idempotency-key": "once" })).headers.get("idempotency-replayed"),
    ).toBe("true");
    const reply = await say(path, eve, { text: "No", parent_id: first.json.id });
    expect(await count(path)).toBe(2);
    expectProblem(await say(path, ada, { text: "x", parent_id: reply.json.id }), 422, "reference_unknown");
    expectProblem(
      await say("/v1/albums/2", ada, { text: "x", parent_id: first.json.id }),
      422,
      "reference_unknown",
    );
    for (const wrong of ["", " \n ", "a\u0007b", "x".repeat(4_001)])
      expectProblem(await say(path, ada, { text: wrong }), 422, "invalid");
    const shown = (await get(server, `${path}/comments`)).json.data;
    expect(shown).toEqual([{ ...first.json, reply_count: 1 }]);
    expect((await get(server, `/v1/comments/${first.json.id}/replies`)).json.data).toEqual([reply.json]);
    // One with replies stays as their place; the last of them takes it along.
    expect((await remove(server, `/v1/comments/${first.json.id}`, ada.headers)).status).toBe(204);
    expect(await count(path)).toBe(1);
    expect((await get(server, `${path}/comments`)).json.data).toMatchObject([
      { text: null, user_id: null, user_name: null },
    ]);
    expectProblem(await say(path, eve, { text: "x", parent_id: first.json.id }), 422, "reference_unknown");
    expect((await remove(server, `/v1/comments/${reply.json.id}`, eve.headers)).status).toBe(204);
    expect(await count(path)).toBe(0);
    expect((await get(server, `${path}/comments`)).json.data).toEqual([]);
  });

  test("change for a quarter of an hour, by their author; an editor may take them down", async () => {
    const { json, headers } = await say("/v1/tracks/2", ada, { text: "One" });
    const path = `/v1/comments/${json.id}`;
    expectProblem(await patch(server, path, { text: "Eve" }, eve.headers), 403, "forbidden");
    expectProblem(await remove(server, path, eve.headers), 403, "forbidden");
    expectProblem(await patch(server, path, { text: "Editor" }, editor.headers), 403, "forbidden");
    const changed = await patch(
      server,
      path,
      { text: "Two" },
      { ...ada.headers, "if-match": headers.get("etag")! },
    );
    expect(changed.json).toMatchObject({ text: "Two", edited_at: expect.any(String) });
    expectProblem(
      await patch(server, path, { text: "x" }, { ...ada.headers, "if-match": headers.get("etag")! }),
      412,
      "precondition_failed",
    );
    const db = new Database(server.database, { timeout: 5_000 });
    db.prepare("UPDATE comments SET created_at = '2020-01-01T00:00:00.000Z' WHERE id = ?").run(json.id);
    db.close();
    expectProblem(await patch(server, path, { text: "Late" }, ada.headers), 403, "forbidden");
    expect((await remove(server, path, editor.headers)).status).toBe(204);
    expectProblem(await get(server, path), 404, "not_found");
    expect((await get(server, "/v1/tracks/2")).json.comment_count).toBe(0);
  });

  test("of a private playlist are nobody's to read", async () => {
    const { json: list } = await post(
      server,
      "/v1/playlists",
      { name: "Whispered", visibility: "public" },
      ada.headers,
    );
    const { json: comment } = await say(`/v1/playlists/${list.id}`, eve, { text: "Nice" });
    expect((await get(server, `/v1/comments/${comment.id}`)).status).toBe(200);
    await patch(server, `/v1/playlists/${list.id}`, { visibility: "private" }, ada.headers);
    for (const path of [
      `/v1/playlists/${list.id}/comments`,
      `/v1/comments/${comment.id}`,
      `/v1/comments/${comment.id}/replies`,
    ])
      expectProblem(await get(server, path, eve.headers), 404, "not_found");
    expectProblem(await say(`/v1/playlists/${list.id}`, eve, { text: "Again" }), 404, "not_found");
    expect((await of(eve, "/v1/comments"))[0]).toMatchObject({ text: "Nice", name: null });
    expect(JSON.stringify(await of(eve, "/v1/feed"))).not.toContain("Whispered");
  });
});

describe("saved searches", () => {
  const save = async (who: Person, search: Json, more: Json = {}) =>
    (await post(server, "/v1/saved-searches", { name: "S", search, ...more }, who.headers)).json;
  const run = async (who: Person, id: number, query = ""): Promise<Json> =>
    (await get(server, `/v1/saved-searches/${id}/tracks?limit=100${query}`, who.headers)).json;

  test("find what plain SQL finds, page after page", async () => {
    const db = new Database(server.database, { readonly: true });
    for (const [search, sql] of [
      [{}, "SELECT id FROM tracks ORDER BY id LIMIT 1000"],
      [
        { genre_id: 1, milliseconds_max: 240_000, sort: "-name", limit: 9 },
        "SELECT id FROM tracks WHERE genre_id = 1 AND milliseconds <= 240000 ORDER BY name DESC, id DESC LIMIT 9",
      ],
      [
        { year_from: 1990, year_to: 1999, sort: "milliseconds" },
        "SELECT t.id FROM tracks t JOIN albums a ON a.id = t.album_id WHERE substr(a.release_date, 1, 4) BETWEEN '1990' AND '1999' ORDER BY t.milliseconds, t.id",
      ],
      [
        { artist_id: 1, price_max: 0.99 },
        "SELECT t.id FROM tracks t JOIN albums a ON a.id = t.album_id WHERE a.artist_id = 1 AND t.unit_price_cents <= 99 ORDER BY t.id",
      ],
    ] as const) {
      const expected = db.prepare(sql).pluck().all();
      expect(expected.length, sql).toBeGreaterThan(0);
      const { id } = await save(ada, search);
      const found: number[] = [];
      for (let cursor = ""; ; ) {
        const { json, status, text } = await get(
          server,
          `/v1/saved-searches/${id}/tracks?limit=37${cursor}`,
          ada.headers,
        );
        expect(status, text).toBe(200);
        expect(json.total).toBe(expected.length);
        found.push(...json.data.map(({ id }: Json) => id));
        if (json.next === null) break;
        cursor = `&cursor=${json.next}`;
      }
      expect(found).toEqual(expected);
    }
    db.close();
  });

  test("go by what whoever looks has played, rated and marked", async () => {
    const { id } = await save(ada, { album_id: 1, not_played_days: 30 }, { visibility: "public" });
    const { data } = await run(ada, id);
    await post(server, "/v1/plays", { track_id: data[0].id }, ada.headers);
    expect((await run(ada, id)).data).toEqual(data.slice(1));
    expect((await run(eve, id)).data).toEqual(data);
    const { id: best } = await save(ada, { favourite: true, stars_min: 4 });
    expect((await run(ada, best)).data).toEqual([]);
    await put("/v1/favourites/tracks/5", ada);
    await put("/v1/ratings/tracks/5", ada, { stars: 5 });
    expect((await run(ada, best)).data.map(({ id }: Json) => id)).toEqual([5]);
    await put("/v1/ratings/tracks/5", ada, { stars: 3 });
    expect((await run(ada, best)).data).toEqual([]);
  });

  test("fill themselves, and say what is new since one looked", async () => {
    const { id } = await save(ada, { q: "quaggaphone" });
    expect(await run(ada, id)).toEqual({ data: [], next: null, total: 0 });
    const body = { name: "Quaggaphone", media_type_id: 1, milliseconds: 1, unit_price: 1 };
    const { json: one } = await post(server, "/v1/tracks", body, editor.headers);
    expect((await run(ada, id, "&new=1")).data.map(({ id }: Json) => id)).toEqual([one.id]);
    expect(
      (await post(server, `/v1/saved-searches/${id}/look`, undefined, ada.headers)).json.looked_at,
    ).toEqual(expect.any(String));
    expect((await run(ada, id, "&new=1")).data).toEqual([]);
    const { json: two } = await post(server, "/v1/tracks", body, editor.headers);
    expect((await run(ada, id, "&new=1")).data.map(({ id }: Json) => id)).toEqual([two.id]);
    expect((await run(ada, id)).total).toBe(2);
  });

  test("are renamed, changed and deleted by their owner, and private unless they say otherwise", async () => {
    const { id } = await save(ada, { genre_id: 1 });
    const path = `/v1/saved-searches/${id}`;
    for (const at of [path, `${path}/tracks`])
      expectProblem(await get(server, at, eve.headers), 404, "not_found");
    expectProblem(await patch(server, path, { name: "E" }, eve.headers), 404, "not_found");
    await patch(server, path, { name: "Shown", visibility: "public", search: { genre_id: 2 } }, ada.headers);
    expect((await get(server, path, eve.headers)).json).toMatchObject({
      name: "Shown",
      search: { genre_id: 2 },
    });
    expect((await run(eve, id)).data.every(({ genre_id }: Json) => genre_id === 2)).toBe(true);
    expectProblem(await patch(server, path, { name: "E" }, eve.headers), 403, "forbidden");
    expectProblem(await remove(server, path, eve.headers), 403, "forbidden");
    expect(await of(eve, "/v1/saved-searches")).toEqual([]);
    expect((await remove(server, path, ada.headers)).status).toBe(204);
    expectProblem(await get(server, `${path}/tracks`, eve.headers), 404, "not_found");
  });

  test("look for nothing that there is not to look for", async () => {
    for (const search of [
      { q: "..." },
      { sort: "plays" },
      { limit: 0 },
      { genre: "Rock" },
      { year_from: 1 },
      null,
    ])
      expectProblem(
        await post(server, "/v1/saved-searches", { name: "S", search }, ada.headers),
        422,
        "invalid",
      );
    for (const q of ["AC/DC", "l'amour", "a:b", "-x", '"', "(", "a*", "a AND", "NOT a", "🎸 x"]) {
      const { status, json } = await post(
        server,
        "/v1/saved-searches",
        { name: "S", search: { q } },
        ada.headers,
      );
      expect(status === 422, q).toBe(['"', "(", "a*", "NOT a"].includes(q));
      if (status === 201) expect((await run(ada, json.id)).data, q).toEqual(expect.any(Array));
      else expect(status, q).toBe(422);
    }
  });
});

test("the feed is one's own history in one list", async () => {
  const fay = await person(server, "fay@example.com", "listener", "Fay");
  await post(server, "/v1/plays", [{ track_id: 1 }, { track_id: 2 }], fay.headers);
  await put("/v1/favourites/artists/1", fay);
  await put("/v1/ratings/tracks/3", fay, { stars: 1 });
  await post(server, "/v1/artists/1/comments", { text: "Mine" }, fay.headers);
  const whole = await of(fay, "/v1/feed");
  expect(whole.map(({ type, kind, id }) => [type, kind, id])).toEqual([
    ["comment", "artists", 1],
    ["rating", "tracks", 3],
    ["favourite", "artists", 1],
    ["play", "tracks", 2],
    ["play", "tracks", 1],
  ]);
  expect(whole[0].text).toBe("Mine");
  const walked: Json[] = [];
  for (let cursor = ""; ; ) {
    const { json } = await get(server, `/v1/feed?limit=1${cursor}`, fay.headers);
    walked.push(...json.data);
    if (json.next === null) break;
    cursor = `&cursor=${json.next}`;
  }
  expect(walked).toEqual(whole);
  expect(JSON.stringify(await of(eve, "/v1/feed"))).not.toContain("Mine");
});

test("all of it is exported, and goes with its account", async () => {
  const gus = await person(server, "gus@example.com", "listener", "Gustav");
  const word = "unmistakable";
  const { json: list } = await post(
    server,
    "/v1/playlists",
    { name: word, visibility: "public" },
    gus.headers,
  );
  await post(server, `/v1/playlists/${list.id}/tracks`, { track_id: 1 }, gus.headers);
  await put("/v1/favourites/tracks/7", gus);
  await put("/v1/ratings/tracks/7", gus, { stars: 5 });
  await post(server, "/v1/saved-searches", { name: word, search: { q: word } }, gus.headers);
  const { json: comment } = await post(server, "/v1/tracks/7/comments", { text: word }, gus.headers);
  await post(server, "/v1/tracks/7/comments", { text: "Reply", parent_id: comment.id }, eve.headers);
  await post(server, "/v1/tracks/7/comments", { text: `${word} again` }, gus.headers);
  expect((await get(server, "/v1/me/export", gus.headers)).json).toMatchObject({
    playlists: [{ name: word, tracks: [1] }],
    favourites: [{ kind: "tracks", id: 7 }],
    ratings: [{ stars: 5 }],
    comments: [{ text: word }, { text: `${word} again` }],
    saved_searches: [{ name: word }],
  });
  expect((await get(server, "/v1/tracks/7")).json.comment_count).toBe(3);
  expect((await remove(server, "/v1/me", gus.headers)).status).toBe(204);
  expect((await get(server, "/v1/tracks/7")).json.comment_count).toBe(1);
  expect((await get(server, "/v1/tracks/7/comments")).json.data).toMatchObject([
    { text: null, user_id: null, reply_count: 1 },
  ]);
  expectProblem(await get(server, `/v1/playlists/${list.id}`), 404, "not_found");
  const db = new Database(server.database, { readonly: true });
  for (const table of ["favourites", "ratings", "comments", "saved_searches"])
    expect(db.prepare(`SELECT count(*) FROM ${table} WHERE user_id = ?`).pluck().get(gus.id), table).toBe(0);
  const tables = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
    .pluck()
    .all();
  const left = tables.flatMap((table) =>
    db
      .prepare(`SELECT * FROM "${table}"`)
      .all()
      .filter((row) => JSON.stringify(row).includes(word)),
  );
  db.close();
  expect(left).toEqual([]);
});
