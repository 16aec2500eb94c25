import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeness, editDistance } from "../../src/workers/closeness.ts";
import { get, type Json, startServer, type TestServer } from "../support/server.ts";
import { addSongs, namesOf, query } from "./support.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await addSongs(server, [
    { name: "Midnight Harbour", artist: "The Lanterns", album: "Seafaring" },
    { name: "Harbor Lights", artist: "Copper Fields", album: "Inland" },
    { name: "Lantern Song", artist: "Björk Sigurðsdóttir", album: "Ljós" },
    { name: "Ten Bells", artist: "Teenage Parade", album: "Loud" },
    { name: "Teen Dream", artist: "Nobody", album: "Loud" },
  ]);
  await learnt("dream");
}, 60_000);
afterAll(() => server.stop());

const fuzzy = async (q: string, more: object = {}): Promise<Json> => {
  const { status, json } = await get(server, `/v1/search?${query({ q, mode: "fuzzy", ...more })}`);
  expect(status).toBe(200);
  return json;
};

/** Words are learnt a moment after they are written, in their order: asks until one is known. */
async function learnt(word: string): Promise<void> {
  for (let n = 0; ; n++) {
    const misspelt = `${word}${"q".repeat(1 + (n % 2))}`;
    const { corrected } = await fuzzy(misspelt, { limit: 1 + (n % 100) });
    if (Object.values(corrected).includes(word)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

describe("corrections", () => {
  test.each([
    ["midnihgt harbourr", { midnihgt: "midnight", harbourr: "harbour" }, "Midnight Harbour"],
    ["lanturns", { lanturns: "lanterns" }, "Midnight Harbour"],
    ["cooper fieldz", { cooper: "copper", fieldz: "fields" }, "Harbor Lights"],
    ["bjork", {}, "Lantern Song"],
    ["midn", { midn: "midnight" }, "Midnight Harbour"],
    ["idnight", { idnight: "midnight" }, "Midnight Harbour"],
  ])("%j", async (q, corrected, first) => {
    const json = await fuzzy(q);
    expect(json.corrected).toEqual(corrected);
    expect(namesOf(json)[0]).toBe(first);
  });

  test("exact hits come before near ones", async () => {
    expect(namesOf(await fuzzy("ten"))[0]).toBe("Ten Bells");
    expect(namesOf(await fuzzy("ten")).length).toBeGreaterThan(1);
    expect(namesOf(await fuzzy("harbor")).toSorted()).toEqual(["Harbor Lights", "Midnight Harbour"]);
    expect(namesOf(await fuzzy("harbor"))[0]).toBe("Harbor Lights");
  });

  test("a word without near terms is ignored; only such words find nothing", async () => {
    expect(namesOf(await fuzzy("midnight xqzwv"))).toEqual(["Midnight Harbour"]);
    expect(namesOf(await fuzzy("xqzwv"))).toEqual([]);
    expect((await fuzzy("xqzwv")).next).toBeNull();
  });

  test("excluded words stay excluded", async () => {
    expect(namesOf(await fuzzy("harbuor NOT midnight"))).toEqual(["Harbor Lights"]);
  });

  test("more words than can be corrected are refused", async () => {
    const q = Array(13).fill("word").join(" ");
    expect((await get(server, `/v1/search?${query({ q, mode: "fuzzy" })}`)).status).toBe(422);
  });

  test("a new name becomes a correction", async () => {
    await addSongs(server, [{ name: "Xylograph" }]);
    await learnt("xylograph");
  });
});

test("the edit distance counts a transposition as one edit", () => {
  expect(editDistance("form", "from")).toBe(1);
  expect(editDistance("abcd", "badc")).not.toBe(1);
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("", "ab")).toBe(2);
  expect(editDistance("ab", "cd")).toBe(2);
});

test("closeness is highest for equal words and falls with each wrong letter", () => {
  const near = (text: string) => closeness(text, "Midnight Harbour", "The Lanterns", null, null);
  expect(near("midnight harbour")).toBeGreaterThan(near("midnight"));
  expect(near("midnight")).toBeGreaterThan(near("midnigt"));
  expect(near("midnigt")).toBeGreaterThan(near("mignigt"));
  expect(near("midnight")).toBeGreaterThan(near("lanterns"));
  expect(near("zzz")).toBe(0);
  expect(near("")).toBe(0);
});
