import { z } from "zod";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { type Read, read } from "../../engine/reads/read.ts";

/** Days that are counted, and days that are stored. */
const WINDOW = 7;
const KEPT = 30;
const DAY_MS = 86_400_000;

const dayBefore = (now: Date, days: number): string =>
  new Date(now.getTime() - days * DAY_MS).toISOString().slice(0, 10);

export interface Searched {
  readonly query: string;
  readonly searches: number;
}

/**
 * Maximum texts counted per day; beyond it, the most frequent are kept. This bounds the table, and the time
 * to sum it.
 */
const MOST_A_DAY = 10_000;

/** Adds to the day's counts. Deletes old days, and the day's rarest texts beyond the limit. */
export const RECORD_SEARCHES: Command<readonly Searched[]> = command({
  name: "search.record",
  background: true,
  input: z.array(z.strictObject({ query: z.string(), searches: z.int() })).readonly(),
  statements: (searched, { now }) => [
    statement(
      `INSERT INTO search_statistics (day, query, searches)
       SELECT @day, value ->> 'query', value ->> 'searches' FROM json_each(@searched) WHERE true
       ON CONFLICT DO UPDATE SET searches = searches + excluded.searches`,
      { day: dayBefore(new Date(now), 0), searched: JSON.stringify(searched) },
    ),
    statement(
      `DELETE FROM search_statistics WHERE day = likely(@day) AND query IN (
         SELECT query FROM search_statistics WHERE day = likely(@day)
         ORDER BY searches DESC, query LIMIT -1 OFFSET ${MOST_A_DAY})`,
      { day: dayBefore(new Date(now), 0) },
    ),
    statement("DELETE FROM search_statistics WHERE day < likely(@oldest)", {
      oldest: dayBefore(new Date(now), KEPT),
    }),
  ],
  tags: () => ["popular-searches"],
});

/** The most frequent searches of the last seven days, among those that found something. */
export const POPULAR_READ: Read<{ readonly limit: number }> = read({
  name: "search.popular",
  lane: "scan",
  params: z.strictObject({
    limit: z
      .string()
      .regex(/^([1-9]\d?|100)$/, "must be a whole number from 1 to 100")
      .transform(Number)
      .default(20)
      .meta({ override: { type: "integer", minimum: 1, maximum: 100, default: 20 } }),
  }) as unknown as z.ZodType<{ readonly limit: number }>,
  statement: ({ limit }, now) => ({
    sql: `
      WITH popular AS MATERIALIZED (
        SELECT query, sum(searches) AS searches FROM search_statistics WHERE day > likely(@since)
        GROUP BY query ORDER BY 2 DESC, query LIMIT likely(@limit))
      SELECT json_object('data', json((SELECT json_group_array(json_object('query', query, 'searches', searches)) FROM popular)),
        'next', NULL), NULL, NULL`,
    params: { since: dayBefore(now, WINDOW), limit },
  }),
  cache: {
    table: "popular",
    lifetime: 3_600,
    tags: () => ["popular-searches"],
    joins: [],
    freshness: "lifetime",
  },
});
