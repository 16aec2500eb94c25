import { expect, test } from "vitest";
import { tracksIn } from "../../bench/relevance/catalogue.ts";
import { draw } from "../../bench/relevance/drawn.ts";
import { figuresOf, HAND, judge, table } from "../../bench/relevance/measure.ts";
import { importedSample, sample } from "../support/sample.ts";
import { copyOf, makeCatalogue, startServer } from "../support/server.ts";

test.skipIf(sample === undefined)(
  "hand-made queries find the expected track first (skipped without CHINOOK_SAMPLE, the upstream sample file)",
  async () => {
    const database = copyOf(await importedSample());
    await using server = await startServer({}, { database });
    const ofKind = (misspelt: boolean) => HAND.filter(({ kind }) => kind.endsWith("misspelt") === misspelt);
    expect(figuresOf(await judge(server.url, ofKind(false), "text")).mrr).toBeGreaterThan(0.9);
    expect(figuresOf(await judge(server.url, ofKind(true), "fuzzy")).mrr).toBeGreaterThan(0.8);
  },
  60_000,
);

/** The least share of right first hits that a class may have on any catalogue. */
const LEAST: Readonly<Record<string, number>> = {
  "exact title": 0.995,
  "one-word title": 0.99,
  "title begun": 0.95,
  "signs left out": 0.98,
  "signs as blanks": 0.98,
  "short forms in full": 0.95,
  "accents left out": 0.95,
  "two words of a title": 0.95,
  artist: 0.99,
  "artist in one word": 0.98,
  album: 0.95,
  "title and artist": 0.95,
  exclusion: 0.99,
};

test.skipIf(sample === undefined)(
  "every class of queries drawn from the sample meets its least share of right first hits (skipped without CHINOOK_SAMPLE)",
  async () => {
    const database = copyOf(await importedSample());
    await using server = await startServer({}, { database });
    const outcomes = await judge(server.url, draw(tracksIn(database)));
    for (const [kind, least] of Object.entries(LEAST)) {
      const { first } = figuresOf(outcomes.filter((outcome) => outcome.kind === kind));
      expect.soft({ kind, first }).toEqual({ kind, first: expect.toSatisfy((share) => share >= least) });
    }
  },
  120_000,
);

test("drawn queries are the same for the same catalogue, in two halves per class", async () => {
  const database = copyOf(await makeCatalogue(500));
  const [queries, again] = [draw(tracksIn(database)), draw(tracksIn(database))];
  expect(again.map(({ kind, q }) => [kind, q])).toEqual(queries.map(({ kind, q }) => [kind, q]));
  await using server = await startServer({}, { database });
  const classes = table(await judge(server.url, queries));
  expect(Object.keys(classes).length).toBeGreaterThan(10);
  expect(classes["exact title"]!["held-out"]!.first).toBeGreaterThan(0.99);
}, 60_000);
