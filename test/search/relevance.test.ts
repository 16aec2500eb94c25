import { join } from "node:path";
import { expect, test } from "vitest";
import { judge, mrr } from "../../bench/relevance/measure.ts";
import { chinook, startServer, temporaryFolder } from "../support/server.ts";

const sample = process.env.CHINOOK_SAMPLE;

test.skipIf(sample === undefined)(
  "the first hits are the right ones (skipped without CHINOOK_SAMPLE, the upstream sample file)",
  async () => {
    const database = join(temporaryFolder(), "sample.sqlite");
    expect((await chinook(["import", sample!, "--database", database])).code).toBe(0);
    await using server = await startServer({}, { database });
    const judged = await judge(server.url);
    const missed = judged.filter(({ rank }) => rank === null).map(({ q }) => q);
    expect({ missed, text: mrr(judged, "text") }).toEqual({
      missed,
      text: expect.toSatisfy((x) => x >= 0.9),
    });
    expect({ missed, fuzzy: mrr(judged, "fuzzy") }).toEqual({
      missed,
      fuzzy: expect.toSatisfy((x) => x >= 0.8),
    });
  },
  60_000,
);
