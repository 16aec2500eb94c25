import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { get, type Json, patch, post, remove, startServer, type TestServer } from "../support/server.ts";
import { addSongs, namesOf, query, until } from "./support.ts";

/** Artists, albums and playlists beside tracks; counts; filters without a text. */
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await addSongs(server, [
    { name: "Silver Lining", artist: "Silver", album: "Silver", genre: "Folk", released: "1984-01-01" },
    { name: "Golden", artist: "Silver", album: "Gold & Silver", genre: "Folk", released: "1989-01-01" },
    { name: "Thunder", artist: "AC/DC", album: "Don't Wait", genre: "Rock", released: "1991-01-01" },
    { name: "Silver Thunder", artist: "Guns N' Doves", album: "Loud", genre: "Rock" },
  ]);
  for (const name of ["Silver mornings", "Quiet <evening>"]) await post(server, "/v1/playlists", { name });
}, 60_000);
afterAll(() => server.stop());

const search = async (parameters: Readonly<Record<string, string>>): Promise<Json> => {
  const { status, json } = await get(server, `/v1/search?${query(parameters)}`);
  expect(status, JSON.stringify(json)).toBe(200);
  return json;
};
const refused = async (parameters: Readonly<Record<string, string>>): Promise<string[]> => {
  const { status, json } = await get(server, `/v1/search?${query(parameters)}`);
  expect(status).toBe(422);
  return json.errors.map(({ parameter }: Json) => parameter);
};
const titles = ({ data }: Json): string[] => data.map(({ name, title }: Json) => name ?? title);

describe("types", () => {
  test("only tracks are searched by default", async () => {
    const json = await search({ q: "silver" });
    expect(Object.keys(json)).not.toEqual(expect.arrayContaining(["artists"]));
    expect(namesOf(json).toSorted()).toEqual(["Golden", "Silver Lining", "Silver Thunder"]);
  });

  test("one request finds all types, each ranked separately", async () => {
    const json = await search({ q: "silver", types: "track,album,artist,playlist" });
    expect(json.data).toHaveLength(3);
    expect(titles(json.artists)).toEqual(["Silver"]);
    expect(titles(json.albums)).toEqual(["Silver", "Gold & Silver"]);
    expect(titles(json.playlists)).toEqual(["Silver mornings"]);
    expect([json.total, json.artists.total, json.albums.total, json.playlists.total]).toEqual([3, 1, 2, 1]);
    const [album] = json.albums.data;
    const { score, match, highlights, ...entity } = album;
    expect(entity).toEqual((await get(server, `/v1/albums/${album.id}`)).json);
    expect({ score: Math.floor(score), match }).toEqual({ score: 9, match: "exact" });
    expect(highlights).toEqual({ title: "<mark>Silver</mark>", artist_name: "<mark>Silver</mark>" });
  });

  test.each([
    ["artist", "acdc", ["AC/DC"]],
    ["artist", "guns and doves", ["Guns N' Doves"]],
    ["album", "dont wait", ["Don't Wait"]],
    ["album", "acdc", ["Don't Wait"]],
    ["artist", "silv", ["Silver"]],
    ["playlist", "silver NOT mornings", []],
    ["playlist", "evening", ["Quiet <evening>"]],
  ])("%s: %j finds %j", async (types, q, names) => {
    const json = await search({ q, types });
    expect(json).toMatchObject({ data: [], next: null, total: 0 });
    expect(titles(json[`${types}s`])).toEqual(names);
  });

  test("a misspelt name is corrected if nothing matches, and marked", async () => {
    const { artists, did_you_mean } = await search({ q: "silvre", types: "artist" });
    expect(titles(artists)).toEqual(["Silver"]);
    expect(artists.data[0].match).toBe("approximate");
    expect(did_you_mean).toBe("silver");
  });

  test("pages of one type neither repeat nor skip", async () => {
    for (let i = 0; i < 7; i++) await post(server, "/v1/artists", { name: `Paged ${i % 3}` });
    const ids: number[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { artists } = await search({
        q: "paged",
        types: "artist",
        limit: "3",
        ...(cursor === "" ? {} : { cursor }),
      });
      expect(artists.total).toBe(7);
      ids.push(...artists.data.map(({ id }: Json) => id));
      cursor = artists.next;
    }
    expect(new Set(ids).size).toBe(7);
    expect(ids).toHaveLength(7);
  });

  test("renamed, new and deleted names take effect at once", async () => {
    const { json: made } = await post(server, "/v1/playlists", { name: "Fresh start" });
    const found = async (q: string) => titles((await search({ q, types: "playlist" })).playlists);
    expect(await found("fresh")).toEqual(["Fresh start"]);
    await patch(server, `/v1/playlists/${made.id}`, { name: "Stale end" });
    expect([await found("fresh "), await found("stale")]).toEqual([[], ["Stale end"]]);
    await remove(server, `/v1/playlists/${made.id}`);
    expect(await found("stale ")).toEqual([]);
    const { artists } = await search({ q: "guns", types: "artist" });
    await patch(server, `/v1/artists/${artists.data[0].id}`, { name: "Roses" });
    expect(titles((await search({ q: "roses", types: "album" })).albums)).toEqual(["Loud"]);
  });

  test("a private playlist is neither found nor suggested", async () => {
    const found = async (q: string) => search({ q, types: "playlist" });
    const { json: made } = await post(server, "/v1/playlists", { name: "Zanzibar", visibility: "private" });
    await until(async () => (await found("zanzibra")).did_you_mean === null);
    expect((await found("zanzibar")).playlists.total).toBe(0);
    await patch(server, `/v1/playlists/${made.id}`, { visibility: "public" });
    expect(titles((await found("zanzibar")).playlists)).toEqual(["Zanzibar"]);
    await patch(server, `/v1/playlists/${made.id}`, { visibility: "unlisted" });
    expect((await found("zanzibar ")).playlists.total).toBe(0);
  });

  test("incompatible parameters are refused by name", async () => {
    expect(await refused({ q: "a", types: "track,tune" })).toEqual(["types"]);
    expect(await refused({ q: "silver", types: "artist", genre: "folk" })).toEqual(["genre"]);
    expect(await refused({ q: "silver", types: "artist", mode: "hybrid" })).toEqual(["mode"]);
    expect(await refused({ q: "silver", types: "artist", facets: "genre" })).toEqual(["facets"]);
    expect(await refused({ types: "artist" })).toEqual(["types"]);
    expect(await refused({ q: "silver", types: "artist,album", cursor: "5B5D" })).toEqual(["cursor"]);
  });
});

describe("facets", () => {
  test.each(["auto", "text", "fuzzy", "hybrid"])("count the hits in mode %s", async (mode) => {
    const { total, facets } = await search({ q: "silver", mode, facets: "genre,artist,decade" });
    const count = (values: Json[]) => Object.fromEntries(values.map(({ name, count }) => [name, count]));
    expect(total).toBe(3);
    expect(count(facets.genre)).toEqual({ Folk: 2, Rock: 1 });
    expect(count(facets.decade)).toEqual({ "1980s": 2 });
    expect(facets.artist[0]).toMatchObject({ name: "Silver", count: 2 });
  });

  test("are those requested, and empty without hits", async () => {
    expect((await search({ q: "xylophone", mode: "text", facets: "decade" })).facets).toEqual({ decade: [] });
    expect((await search({ q: "silver" })).facets).toBeUndefined();
  });
});

describe("filters without a text", () => {
  test("find and count the matches", async () => {
    const { data, total, facets } = await search({ genre: "folk", facets: "artist" });
    expect(data.map(({ name }: Json) => name)).toEqual(["Silver Lining", "Golden"]);
    expect(total).toBe(2);
    expect(facets.artist).toMatchObject([{ name: "Silver", count: 2 }]);
    expect((await search({ year_from: "1985", year_to: "1999" })).total).toBe(2);
    expect((await search({ artist: "silver", year_from: "1985" })).data).toHaveLength(1);
    expect((await search({ artist: "nobody" })).data).toEqual([]);
    expect((await search({})).total).toBe(4);
  });

  test("have pages", async () => {
    const first = await search({ price_max: "100", limit: "3" });
    const second = await search({ price_max: "100", limit: "3", cursor: first.next });
    expect([...first.data, ...second.data].map(({ id }: Json) => id)).toEqual([1, 2, 3, 4]);
    expect(second.next).toBeNull();
  });
});
