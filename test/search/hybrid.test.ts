import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { importedSample, sample } from "../support/sample.ts";
import {
  copyOf,
  get,
  type Json,
  makeCatalogue,
  patch,
  remove,
  request,
  startServer,
  type TestServer,
} from "../support/server.ts";
import { axis, between, GENERATING, withVectors } from "../vectors/support.ts";
import { addSongs, type Ids, namesOf, popularityKnown, query } from "./support.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type Parameters = Readonly<Record<string, string | number>>;
const hybrid = async (server: TestServer, parameters: Parameters): Promise<Json> => {
  const { status, json } = await get(server, `/v1/search?${query({ mode: "hybrid", ...parameters })}`);
  expect(status).toBe(200);
  return json;
};
const idsOf = (json: Json): number[] => json.data.map(({ id }: { id: number }) => id);
const marked = ({ highlights }: Json): boolean => JSON.stringify(highlights).includes("<mark>");

async function walk(server: TestServer, parameters: Parameters): Promise<Json[]> {
  const hits: Json[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Json = await hybrid(server, { ...parameters, ...(cursor === "" ? {} : { cursor }) });
    hits.push(...page.data);
    cursor = page.next;
  }
  return hits;
}

describe("a few songs with uploaded vectors", () => {
  let server: TestServer;
  let ids: Ids;
  const audio = (id: number, vector: number[]) =>
    request(server, "PUT", `/v1/tracks/${id}/vectors`, { body: { audio: vector } });

  beforeAll(async () => {
    server = await startServer();
    ids = await addSongs(server, [
      { name: "Harbour Lights", artist: "The Lanterns", album: "Sea", genre: "Folk", released: "1990-01-01" },
      {
        name: "Salt & <Water>",
        artist: "Copper Fields",
        album: "Inland",
        genre: "Folk",
        released: "1999-01-01",
      },
      { name: "Engine", artist: "Night Ferry", album: "Steel", genre: "Metal", price: 2 },
      { name: "Unlike", artist: "Nobody", album: "None" },
      { name: "Harbour Engine", artist: "Night Ferry", album: "Steel", genre: "Metal" },
    ]);
  });
  afterAll(() => server.stop());

  test("without vectors only text is searched, and the answer says so", async () => {
    const json = await hybrid(server, { q: "harbour" });
    expect(namesOf(json)).toEqual(namesOf((await get(server, `/v1/search?${query({ q: "harbour" })}`)).json));
    expect(json).toMatchObject({ fused: ["text"], bounded: false, next: null });
  });

  test("tracks similar to the best hits are found, escaped and without marks; others are not", async () => {
    await audio(ids["Harbour Lights"]!, axis(128, 0));
    await audio(ids["Salt & <Water>"]!, between(128, 0, 1));
    await audio(ids.Unlike!, axis(128, 7));
    const json = await hybrid(server, { q: "lights" });
    expect(json.fused).toEqual(["text", "audio"]);
    expect(namesOf(json)).toEqual(["Harbour Lights", "Salt & <Water>"]);
    const [hit, related] = json.data;
    // Reciprocal rank fusion by hand: first of two lists, second of one.
    expect(hit.score).toBeCloseTo(2 / 61, 8);
    expect(related.score).toBeCloseTo(1 / 62, 8);
    expect(hit.highlights.name).toBe("Harbour <mark>Lights</mark>");
    expect(related.highlights).toEqual({
      name: "Salt &amp; &lt;Water&gt;",
      album_title: "Inland",
      artist_name: "Copper Fields",
      composer: null,
    });
  });

  test("filters and NOT apply to similar tracks too", async () => {
    const [one, other] = ["Harbour Lights", "Salt & <Water>"];
    expect(namesOf(await hybrid(server, { q: "lights", genre: "folk" }))).toEqual([one, other]);
    expect(namesOf(await hybrid(server, { q: "lights", year_to: 1995 }))).toEqual([one]);
    expect(namesOf(await hybrid(server, { q: "lights", artist: "The Lanterns" }))).toEqual([one]);
    expect(namesOf(await hybrid(server, { q: "lights", price_max: 1 }))).toEqual([one, other]);
    expect(namesOf(await hybrid(server, { q: "lights NOT copper" }))).toEqual([one]);
    expect(namesOf(await hybrid(server, { q: "lights", tag: "calm" }))).toEqual([]);
  });

  test("adding or deleting a vector invalidates a cached answer", async () => {
    expect(namesOf(await hybrid(server, { q: "unlike" }))).toEqual(["Unlike"]);
    await audio(ids.Engine!, axis(128, 7));
    expect(namesOf(await hybrid(server, { q: "unlike" }))).toEqual(["Unlike", "Engine"]);
    await remove(server, `/v1/tracks/${ids.Engine}/vectors`);
    expect(namesOf(await hybrid(server, { q: "unlike" }))).toEqual(["Unlike"]);
    await patch(server, `/v1/tracks/${ids.Unlike}`, { name: "Unlikely" });
    expect((await hybrid(server, { q: "unlikely" })).data[0].highlights.name).toBe("<mark>Unlikely</mark>");
  });

  test("hits with some of the words are marked at these words", async () => {
    await audio(ids["Harbour Engine"]!, axis(128, 0));
    const { data } = await hybrid(server, { q: "harbour lights" });
    expect(data.map(({ highlights }: Json) => highlights.name)).toEqual([
      "<mark>Harbour</mark> <mark>Lights</mark>",
      "<mark>Harbour</mark> Engine",
      "Salt &amp; &lt;Water&gt;",
    ]);
  });
});

describe("pages of a generated catalogue", () => {
  let server: TestServer;
  beforeAll(async () => {
    const catalogue = await withVectors(await makeCatalogue(3_000));
    server = await startServer(GENERATING, { database: copyOf(catalogue) });
    await popularityKnown(server);
  });
  afterAll(() => server.stop());

  test.each([3, 17, 100])("of %i neither repeat nor skip, in descending order of score", async (limit) => {
    const q = limit === 3 ? "love night" : "the";
    const hits = await walk(server, { q, limit });
    expect(new Set(hits.map(({ id }) => id)).size).toBe(hits.length);
    const whole = await walk(server, { q, limit: 50 });
    expect(hits.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
    const scores = hits.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(hits.some((hit) => marked(hit)) && hits.some((hit) => !marked(hit))).toBe(true);
  });

  test("contain every text hit unless bounded", async () => {
    for (const q of ["love", "the", "night OR day"]) {
      const found = new Set((await walk(server, { q, limit: 100 })).map(({ id }) => id));
      const { bounded } = await hybrid(server, { q });
      const text = (await get(server, `/v1/search?${query({ q, limit: 100 })}`)).json;
      if (!bounded) for (const id of idsOf(text)) expect(found).toContain(id);
    }
  });

  test("a cursor of text mode is refused", async () => {
    const { next } = (await get(server, `/v1/search?${query({ q: "the", limit: 1 })}`)).json;
    const answer = await get(server, `/v1/search?${query({ q: "the", mode: "hybrid", cursor: next })}`);
    expect(answer.status).toBe(400);
  });
});

describe.skipIf(sample === undefined)(
  "the sample (skipped without CHINOOK_SAMPLE, the path of an upstream file)",
  () => {
    let server: TestServer;
    beforeAll(async () => {
      const database = copyOf(await withVectors(await importedSample()));
      server = await startServer(GENERATING, { database });
    });
    afterAll(() => server.stop());

    test.each([
      ["stairway to heaven", (track: Json) => track.artist_name === "Led Zeppelin"],
      ["requiem", (track: Json) => track.genre_name === "Classical"],
      ["god of thunder", (track: Json) => track.artist_name === "Kiss"],
      ["samba de orly", (track: Json) => track.genre_name === "Latin"],
      ["master of puppets", (track: Json) => track.genre_name === "Metal"],
    ])("%j: the text hit comes first, then similar tracks without its words", async (q, like) => {
      const { data, fused } = await hybrid(server, { q, limit: 15 });
      expect(fused).toEqual(["text", "lyric", "metadata"]);
      expect(marked(data[0])).toBe(true);
      const related = data.filter((track: Json) => !marked(track));
      expect(related.length).toBeGreaterThanOrEqual(5);
      expect(related.filter(like).length / related.length).toBeGreaterThanOrEqual(0.8);
    });
  },
);
