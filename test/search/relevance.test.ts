import { join } from "node:path";
import { expect, test } from "vitest";
import { tracksIn } from "../../bench/relevance/catalogue.ts";
import { draw } from "../../bench/relevance/drawn.ts";
import { figuresOf, HAND, judge, table } from "../../bench/relevance/measure.ts";
import { chinook, copyOf, makeCatalogue, startServer, temporaryFolder } from "../support/server.ts";

const sample = process.env.CHINOOK_SAMPLE;

test.skipIf(sample === undefined)(
  "the first hits are the right ones (skipped without CHINOOK_SAMPLE, the upstream sample file)",
  async () => {
    const database = join(temporaryFolder(), "sample.sqlite");
    expect((await chinook(["import", sample!, "--database", database])).code).toBe(0);
    await using server = await startServer({}, { database });
    const ofKind = (misspelt: boolean) => HAND.filter(({ kind }) => kind.endsWith("misspelt") === misspelt);
    expect(figuresOf(await judge(server.url, ofKind(false), "text")).mrr).toBeGreaterThan(0.9);
    expect(figuresOf(await judge(server.url, ofKind(true), "fuzzy")).mrr).toBeGreaterThan(0.8);
  },
  60_000,
);

test("drawn queries: the same catalogue gives the same ones, in two halves a class", async () => {
  const database = copyOf(await makeCatalogue(500));
  const [queries, again] = [draw(tracksIn(database)), draw(tracksIn(database))];
  expect(again.map(({ kind, q }) => [kind, q])).toEqual(queries.map(({ kind, q }) => [kind, q]));
  await using server = await startServer({}, { database });
  const classes = table(await judge(server.url, queries));
  expect(Object.keys(classes).length).toBeGreaterThan(10);
  expect(classes["exact title"]!.tuning!.first).toBeGreaterThan(0.9);
}, 60_000);
