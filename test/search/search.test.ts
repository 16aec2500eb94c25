import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  copyOf,
  get,
  type Json,
  makeCatalogue,
  patch,
  remove,
  startServer,
  type TestServer,
} from "../support/server.ts";
import { addSongs, type Ids, namesOf, popularityKnown, query, until } from "./support.ts";

let server: TestServer;
let ids: Ids;

beforeAll(async () => {
  server = await startServer();
  ids = await addSongs(server, [
    { name: "Água Viva", artist: "Céu Aberto", album: "Rio", genre: "Latin", released: "1999-05-01" },
    {
      name: "Highway",
      artist: "AC/DC",
      album: "Voltage",
      genre: "Rock",
      released: "1979-07-27",
      price: 1.29,
    },
    { name: "Ace of Clubs", artist: "Motörhead", album: "Clubs", genre: "Metal", released: "1980-11-08" },
    { name: "L'amour toujours", artist: "Gigi", album: "Dance", composer: "Motorhead fan", price: 0.49 },
    { name: 'Running <b>Wild</b> & "Free"', artist: "O'Hara", album: "It's <i>", genre: "Rock" },
    { name: "Love Me", artist: "Alpha", album: "One" },
    { name: "Love Me Not", artist: "Alpha", album: "One" },
    { name: "Beloved", artist: "Love", album: "Two" },
    { name: "Marked \ue000 Twice \ue001", artist: "Beta", album: "Three" },
    { name: "Single" },
  ]);
}, 60_000);
afterAll(() => server.stop());

const search = (parameters: Readonly<Record<string, string | number>>, from = server) =>
  get(from, `/v1/search?${query({ mode: "text", ...parameters })}`);
const found = async (parameters: Readonly<Record<string, string | number>>): Promise<string[]> => {
  const { status, json } = await search(parameters);
  expect(status).toBe(200);
  return namesOf(json);
};

describe("hits and their order", () => {
  test.each([
    ["agua", ["Água Viva"]],
    ["ÁGUA", ["Água Viva"]],
    ["ceu rio", ["Água Viva"]],
    ["motorhead", ["Ace of Clubs", "L'amour toujours"]],
    ["motorhead NOT fan", ["Ace of Clubs"]],
    ["AC/DC", ["Highway"]],
    ["ac dc", ["Highway"]],
    ["l'amour", ["L'amour toujours"]],
    ["l amour", ["L'amour toujours"]],
    ["run", ['Running <b>Wild</b> & "Free"']],
    ['"love me"', ["Love Me", "Love Me Not"]],
    ['"me love"', []],
    ["highw*", ["Highway"]],
    ["highway OR single", ["Highway", "Single"]],
    ["xylophone", []],
  ])("%j finds %j", async (q, names) => {
    expect((await found({ q })).toSorted()).toEqual(names.toSorted());
  });

  test("a whole name comes first, then a prefix; an artist before a composer", async () => {
    expect(await found({ q: "motorhead" })).toEqual(["Ace of Clubs", "L'amour toujours"]);
    expect(await found({ q: "love me" })).toEqual(["Love Me", "Love Me Not"]);
    expect(await found({ q: "love" })).toEqual(["Beloved", "Love Me", "Love Me Not"]);
  });

  test("the exact word comes before its other forms", async () => {
    await addSongs(server, [
      { name: "Ironic" },
      { name: "Iron Sky" },
      { name: "Old Irons" },
      { name: "R.E.M. & Co" },
      { name: "?!" },
    ]);
    await until(async () => (await found({ q: "irons sky" })).length === 1);
    expect(await found({ q: "iron " })).toEqual(["Iron Sky", "Ironic", "Old Irons"]);
    expect(await found({ q: "iro" })).toEqual(["Ironic", "Iron Sky", "Old Irons"]);
    expect(await found({ q: "iro " })).toEqual([]);
    expect(await found({ q: '"irons"' })).toEqual(["Old Irons"]);
  });

  test.each([
    ["lamour", "L'amour toujours"],
    ["acdc", "Highway"],
    ["rem and co", "R.E.M. & Co"],
    ["r.e.m", "R.E.M. & Co"],
    ["?!", "?!"],
    ['"?!"', "?!"],
  ])("%j finds %j despite its spelling", async (q, name) => {
    expect(await found({ q })).toEqual([name]);
  });

  test("a word with a minus is excluded", async () => {
    expect(await found({ q: "love -not" })).toEqual(["Beloved", "Love Me"]);
    expect(await found({ q: "-not -beloved love" })).toEqual(["Love Me"]);
    expect(await found({ q: "love -(not OR two)" })).toEqual(["Love Me"]);
  });

  test("a compound is marked where it is two words", async () => {
    const { highlights } = (await search({ q: "acdc" })).json.data[0];
    expect(highlights.artist_name).toBe("<mark>AC/DC</mark>");
  });

  test("a hit is the track itself, with a score and highlights", async () => {
    const hit = (await search({ q: "highway" })).json.data[0];
    const { score, highlights, ...track } = hit;
    expect(track).toEqual((await get(server, `/v1/tracks/${ids.Highway}`)).json);
    expect(score).toBeGreaterThan(0);
    expect(highlights).toEqual({
      name: "<mark>Highway</mark>",
      album_title: "Voltage",
      artist_name: "AC/DC",
      composer: null,
    });
  });

  test("scores decrease", async () => {
    const scores = (await search({ q: "love" })).json.data.map(({ score }: Json) => score);
    expect(scores.length).toBe(3);
    expect(scores).toEqual(scores.toSorted((a: number, b: number) => b - a));
  });

  test("highlights are escaped", async () => {
    const { highlights } = (await search({ q: "wild it's o'hara" })).json.data[0];
    expect(highlights.name).toBe("Running &lt;b&gt;<mark>Wild</mark>&lt;/b&gt; &amp; &quot;Free&quot;");
    expect(highlights.album_title).toBe("<mark>It&#39;s</mark> &lt;i&gt;");
    expect(highlights.artist_name).toBe("<mark>O&#39;Hara</mark>");
  });

  test("a name with private-use characters is shown unchanged", async () => {
    const { highlights } = (await search({ q: "twice" })).json.data[0];
    expect(highlights.name).toBe("Marked \ue000 <mark>Twice</mark> \ue001");
  });

  test("a track without album, artist or genre is found too", async () => {
    expect((await search({ q: "single" })).json.data[0].highlights).toEqual({
      name: "<mark>Single</mark>",
      album_title: null,
      artist_name: null,
      composer: null,
    });
  });
});

describe("filters", () => {
  test.each([
    [{ q: "motorhead", artist: "motorhead" }, ["Ace of Clubs"]],
    [{ q: "motorhead", artist: "MOTÖRHEAD" }, ["Ace of Clubs"]],
    [{ q: "motorhead", artist: "Nobody" }, []],
    [{ q: "love OR highway", genre: "rock" }, ["Highway"]],
    [{ q: "love", album: "one" }, ["Love Me", "Love Me Not"]],
    [{ q: "love", album: "one", artist: "love" }, []],
    [{ q: "agua OR highway OR ace", year_from: 1980 }, ["Ace of Clubs", "Água Viva"]],
    [{ q: "agua OR highway OR ace", year_to: 1980 }, ["Ace of Clubs", "Highway"]],
    [{ q: "agua OR highway OR ace", year_from: 1980, year_to: 1980 }, ["Ace of Clubs"]],
    [{ q: "highway OR toujours OR single", price_max: 0.99 }, ["L'amour toujours", "Single"]],
    [{ q: "highway OR toujours OR single", price_max: 0.5 }, ["L'amour toujours"]],
  ])("%j finds %j", async (parameters, names) => {
    expect((await found(parameters)).toSorted()).toEqual(names.toSorted());
  });

  test("by id", async () => {
    const [artist, album, genre] = [ids["AC/DC"]!, ids.Voltage!, ids.Rock!];
    expect(await found({ q: "highway", artist, album, genre })).toEqual(["Highway"]);
    expect(await found({ q: "highway", artist: artist + 1 })).toEqual([]);
  });

  test.each([
    [{ q: "" }, "q"],
    [{ q: "  " }, "q"],
    [{ q: "NOT love" }, "q"],
    [{ q: "a\0b" }, "q"],
    [{ q: "x".repeat(10_000) }, "q"],
    [{ q: "love", mode: "magic" }, "mode"],
    [{ q: "love", year_from: "99" }, "year_from"],
    [{ q: "love", price_max: "-1" }, "price_max"],
    [{ q: "love", limit: 101 }, "limit"],
    [{ q: "love", artist: "" }, "artist"],
    [{ q: "love", colour: "blue" }, "colour"],
  ])("%j is refused", async (parameters, parameter) => {
    const { status, json } = await search(parameters as Record<string, string>);
    expect(status).toBe(422);
    expect(json.errors[0].parameter).toBe(parameter);
  });

  test("without text and filters every track is a hit", async () => {
    const { status, json } = await get(server, "/v1/search?limit=1");
    expect(status).toBe(200);
    expect(json.data).toHaveLength(1);
    expect(json.total).toBeGreaterThan(1);
  });
});

describe("index maintenance by catalogue writes", () => {
  const change = async (path: string, body: object) =>
    expect((await patch(server, path, body)).status).toBe(200);

  test("the index follows renames of track, album, artist and genre, and a change of case", async () => {
    const [track, album, artist, genre] = [ids.Highway!, ids.Voltage!, ids["AC/DC"]!, ids.Rock!];
    expect(await found({ q: "zeta" })).toEqual([]);
    await change(`/v1/tracks/${track}`, { name: "Zeta Road", composer: "Zeno" });
    expect(await found({ q: "zeta zeno" })).toEqual(["Zeta Road"]);
    expect(await found({ q: "highway" })).toEqual([]);
    await change(`/v1/albums/${album}`, { title: "Zodiac" });
    expect(await found({ q: "zodiac" })).toEqual(["Zeta Road"]);
    await change(`/v1/artists/${artist}`, { name: "Zephyr" });
    expect(await found({ q: "zephyr" })).toEqual(["Zeta Road"]);
    await change(`/v1/artists/${artist}`, { name: "ZEPHYR" });
    expect((await search({ q: "zephyr" })).json.data[0].highlights.artist_name).toBe("<mark>ZEPHYR</mark>");
    await change(`/v1/genres/${genre}`, { name: "Zouk" });
    expect((await found({ q: "zouk" })).length).toBe(2);
    await change(`/v1/albums/${album}`, { artist_id: ids.Alpha });
    expect(await found({ q: "zephyr" })).toEqual([]);
    expect(await found({ q: "zeta alpha" })).toEqual(["Zeta Road"]);
    await change(`/v1/tracks/${track}`, { album_id: null, genre_id: null });
    expect(await found({ q: "zeta alpha" })).toEqual([]);
    expect((await remove(server, `/v1/tracks/${track}`)).status).toBe(204);
    expect(await found({ q: "zeta" })).toEqual([]);
  });

  test("an answer is cached until the next write", async () => {
    const again = async () => (await search({ q: "gamma" })).headers.get("cache-status");
    expect([await again(), await again()]).toEqual(["chinook; fwd=miss", "chinook; hit"]);
    await addSongs(server, [{ name: "Gamma Ray" }]);
    const { json, headers } = await search({ q: "gamma" });
    expect(namesOf(json)).toEqual(["Gamma Ray"]);
    const etag = headers.get("etag")!;
    expect((await get(server, "/v1/search?q=gamma&mode=text", { "if-none-match": etag })).status).toBe(304);
  });
});

test("more matches than are ranked are reported, and a word that only names a genre finds its tracks", async () => {
  await using wide = await startServer({}, { database: copyOf(await makeCatalogue(6_000)) });
  const rock = (await get(wide, "/v1/genres?slug=rock")).json.data[0].id;
  expect((await get(wide, `/v1/tracks?genre_id=${rock}&total=1&limit=1`)).json.total).toBeGreaterThan(2_000);
  expect((await patch(wide, `/v1/genres/${rock}`, { name: "Zouk" })).status).toBe(200);
  const { data, bounded } = (await search({ q: "zouk", limit: 100 }, wide)).json;
  expect(bounded).toBe(true);
  expect(new Set(data.map(({ genre_name }: Json) => genre_name))).toEqual(new Set(["Zouk"]));
  const [named] = data;
  expect((await patch(wide, `/v1/tracks/${named.id}`, { name: "Zouk" })).status).toBe(200);
  expect((await search({ q: "zouk" }, wide)).json.data[0]).toMatchObject({ id: named.id, name: "Zouk" });
  const within = (await search({ q: "the", genre: "zouk" }, wide)).json;
  expect(within.data.length).toBeGreaterThan(0);
  for (const hit of within.data) expect(hit.genre_name).toBe("Zouk");
}, 60_000);

describe("pages and limits on a generated catalogue", () => {
  let large: TestServer;
  beforeAll(async () => {
    large = await startServer({}, { database: copyOf(await makeCatalogue(3_000)) });
    await popularityKnown(large);
  }, 60_000);
  afterAll(() => large.stop());

  const walk = async (parameters: Readonly<Record<string, string | number>>): Promise<Json[]> => {
    const hits: Json[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page = await search({ ...parameters, ...(cursor === "" ? {} : { cursor }) }, large);
      expect(page.status).toBe(200);
      hits.push(...page.json.data);
      cursor = page.json.next;
    }
    return hits;
  };

  test.each([1, 7, 100])("pages of %i neither repeat nor skip", async (limit) => {
    const q = limit === 1 ? "love" : "the";
    const hits = await walk({ q, limit });
    expect(new Set(hits.map(({ id }) => id)).size).toBe(hits.length);
    const whole = await walk({ q, limit: 50 });
    expect(hits.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
    expect(hits.length).toBeGreaterThan(10);
  });

  test("a cursor of another mode or list is refused", async () => {
    const { next } = (await search({ q: "the", limit: 1 }, large)).json;
    expect((await search({ q: "the", mode: "fuzzy", cursor: next }, large)).status).toBe(400);
    const other = (await get(large, "/v1/tracks?limit=1")).json.next;
    expect((await search({ q: "the", cursor: other }, large)).status).toBe(400);
  });

  test("hundreds of unusual texts are answered or refused", async () => {
    const parts = [
      "(",
      ")",
      '"',
      "*",
      " ",
      "-",
      ":",
      "^",
      "AND",
      "OR",
      "NOT",
      "the",
      "lo",
      "🎸",
      "'",
      "%",
      "é",
    ];
    const texts = fc.sample(
      fc.oneof(
        fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((some) => some.join("")),
        fc.string({ unit: "grapheme", maxLength: 30 }),
      ),
      { numRuns: 500, seed: 11 },
    );
    const counts: Record<number, number> = {};
    for (const mode of ["auto", "fuzzy", "hybrid"]) {
      for (let at = 0; at < texts.length; at += 20) {
        const answers = await Promise.all(
          texts.slice(at, at + 20).map((q) => search({ q, mode, limit: 1 }, large)),
        );
        for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
      }
    }
    expect(Object.keys(counts)).toEqual(["200", "422"]);
  }, 120_000);
});
