import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  chinook,
  copyOf,
  get,
  type Json,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
} from "../support/server.ts";
import { addSongs, namesOf, query, until } from "./support.ts";

const suggest = async (server: TestServer, q: string): Promise<Json[]> => {
  const { status, json } = await get(server, `/v1/search/suggestions?${query({ q })}`);
  expect(status).toBe(200);
  return json.data;
};

describe("a small catalogue", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
    await addSongs(server, [
      { name: "Água Viva", artist: "Motörhead", album: "Motorway" },
      { name: "Água Viva", artist: "Motörhead", album: "Motorway" },
    ]);
  }, 60_000);
  afterAll(() => server.stop());

  test("a new name is suggested in its own spelling, once per kind", async () => {
    expect((await suggest(server, "mot")).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "artist Motörhead",
      "album Motorway",
    ]);
    expect((await suggest(server, "Água")).map(({ name }) => name)).toEqual(["Água Viva"]);
  });

  test("one letter suffices; exact matches come first, then prefixes, then other words", async () => {
    expect((await suggest(server, "m")).map(({ name }) => name)).toEqual(["Motörhead", "Motorway"]);
    await addSongs(server, [
      { name: "Rain" },
      { name: "Rain Dance" },
      { name: "Rainbow" },
      { name: "Arain" },
      { name: "Old Rain" },
    ]);
    const names = (await suggest(server, "rain")).map(({ name }) => name);
    expect(names[0]).toBe("Rain");
    expect(names.slice(1, 3).toSorted()).toEqual(["Rain Dance", "Rainbow"]);
    expect(names).not.toContain("Arain");
  });

  test.each([
    ["", 422],
    ["m", 200],
    ["x".repeat(101), 422],
    ["!!", 200],
    ['"(*', 200],
    ["%_", 200],
  ])("%j → %i", async (q, status) => {
    expect((await get(server, `/v1/search/suggestions?${query({ q })}`)).status).toBe(status);
  });
});

test("the most popular artist of a generated catalogue is suggested by one of its words", async () => {
  const database = copyOf(await makeCatalogue(500));
  await using first = await startServer({}, { database });
  const { data } = (await get(first, "/v1/charts/artists?window=365d&limit=1")).json;
  const word = (data[0].name as string).split(/\s+/).find((part) => part.length > 3) ?? data[0].name;
  const suggested = async () => (await suggestFresh(first, word.slice(0, 4))).map(({ name }) => name);
  await until(async () => (await suggested()).includes(data[0].name));
}, 60_000);

test("after the demo is replaced, only names of the new catalogue are suggested", async () => {
  await using server = await startServer({ CHINOOK_DEMO: "1" });
  // A word inside names: only the list of popular names knows it, so the list is there.
  await until(async () => (await suggestFresh(server, "of")).some(({ name }) => / of /i.test(name)));
  const generate = ["generate", "--tracks", "400", "--seed", "11", "--database", server.database];
  expect((await chinook(generate)).code).toBe(0);
  const strangers = async () => {
    const suggested = (
      await Promise.all(["the", "me", "lo", "ni", "st"].map((q) => suggest(server, q)))
    ).flat();
    expect(suggested.length).toBeGreaterThan(5);
    const named = suggested.map(async ({ kind, id, name }) => {
      const { json } = await get(server, `/v1/${kind}s/${id}`);
      return (kind === "album" ? json.title : json.name) === name ? [] : [`${kind} ${id} ${name}`];
    });
    return (await Promise.all(named)).flat();
  };
  expect(await strangers()).toEqual([]);
  await until(async () => (await suggestFresh(server, "of")).some(({ name }) => / of /i.test(name)));
  expect(await strangers()).toEqual([]);
  expect(await server.stop()).toBe(0);
  const db = new Database(server.database, { readonly: true });
  const [listed, indexed] = ["suggestions", "suggestions_fts_docsize"].map((table) =>
    db.prepare(`SELECT group_concat(id) FROM (SELECT id FROM ${table} ORDER BY id)`).pluck().get(),
  );
  db.close();
  expect(indexed).toBe(listed);
}, 60_000);

/** A text of its own each time, since answers keep for an hour. */
let fresh = 0;
const suggestFresh = (server: TestServer, q: string) => suggest(server, `${q}${" ".repeat(++fresh % 90)}.`);

test("popular searches are counted outside the request and written when the server closes", async () => {
  const first = await startServer();
  await addSongs(first, [{ name: "River" }, { name: "Stone" }]);
  const search = (q: string) => get(first, `/v1/search?${query({ q })}`);
  for (const q of ["river", "River", " river ", "stone", "nothing-found"]) await search(q);
  await search("river");
  await get(first, "/v1/search?q=river&mode=fuzzy");
  expect(await first.stop()).toBe(0);
  await using second = await startServer({}, { database: first.database });
  const { json, headers } = await get(second, "/v1/search/popular");
  expect(json).toEqual({
    data: [
      { query: "river", searches: 5 },
      { query: "stone", searches: 1 },
    ],
    next: null,
  });
  expect(headers.get("age")).toBe("0");
  expect(namesOf((await get(second, "/v1/search?q=stone")).json)).toEqual(["Stone"]);
  expect((await post(second, "/v1/search/popular", {})).status).toBe(405);
}, 60_000);
