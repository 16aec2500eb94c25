import { afterAll, beforeAll, expect, test } from "vitest";
import { get, type Json, startServer, type TestServer } from "../support/server.ts";
import { addSongs, namesOf, query, until } from "./support.ts";

let server: TestServer;
const search = async (q: string, more: Readonly<Record<string, string | number>> = {}): Promise<Json> => {
  const { status, json } = await get(server, `/v1/search?${query({ q, ...more })}`);
  expect(status).toBe(200);
  return json;
};

beforeAll(async () => {
  server = await startServer();
  await addSongs(server, [
    { name: "Midnight Harbour", artist: "The Lanterns", album: "Seafaring" },
    { name: "Midnight Train", artist: "The Lanterns", album: "Seafaring" },
    { name: "Harbor Lights", artist: "Midday", album: "Inland", composer: "Midnigth" },
  ]);
  await until(async () => (await search("midnihgt", { mode: "fuzzy" })).data.length > 0);
}, 60_000);
afterAll(() => server.stop());

const shown = (json: Json) => json.data.map(({ name, match }: Json) => [name, match]);

test("auto is the default; it gives text's answer if text finds enough", async () => {
  const json = await search("midnight harbour");
  expect(shown(json)).toEqual([["Midnight Harbour", "exact"]]);
  expect(json).toMatchObject({ total: 1, bounded: false, next: null });
  expect(json).not.toHaveProperty("did_you_mean");
  expect(namesOf(json)).toEqual(namesOf(await search("midnight harbour", { mode: "text" })));
});

test("without text hits it gives fuzzy hits and the correction", async () => {
  const json = await search("midnihgt harbourr");
  expect(json.did_you_mean).toBe("midnight harbour");
  expect(shown(json)[0]).toEqual(["Midnight Harbour", "approximate"]);
  expect(json.data[0].highlights.name).toBe("<mark>Midnight</mark> <mark>Harbour</mark>");
  expect(namesOf(await search("midnihgt harbourr", { mode: "text" }))).toEqual([]);
  expect(namesOf(await search("midnihgt harbourr", { mode: "hybrid" }))[0]).toBe("Midnight Harbour");
});

test("few text hits come first, then fuzzy ones; pages neither repeat nor skip", async () => {
  const whole = await search("midnigth");
  expect(shown(whole)).toEqual([
    ["Harbor Lights", "exact"],
    ["Midnight Harbour", "approximate"],
    ["Midnight Train", "approximate"],
  ]);
  expect(whole.total).toBe(3);
  const names: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Json = await search("midnigth", { limit: 1, ...(cursor === "" ? {} : { cursor }) });
    expect(page.total).toBe(3);
    names.push(...namesOf(page));
    cursor = page.next;
  }
  expect(names).toEqual(namesOf(whole));
});

test("more words than can be corrected are still searched as text", async () => {
  expect((await search(`${"midnigth ".repeat(20)}`)).data.length).toBeGreaterThan(0);
});
