import { z } from "zod";
import { type Read, read } from "../../engine/reads/read.ts";
import { date } from "../../http/fields.ts";
import { packedDay } from "./sales.ts";

/** Sort before and after every date. */
const [FIRST, LAST] = ["0", "~"];
const MOST_ROWS = 10_000;

/** Where the name of a group's key is read; null: the key is the name. */
const NAMES = {
  day: null,
  month: null,
  year: null,
  country: null,
  genre: ["genres", "n.name"],
  artist: ["artists", "n.name"],
  album: ["albums", "n.title"],
  track: ["tracks", "n.name"],
  employee: ["employees", "n.first_name || ' ' || n.last_name"],
  customer: ["customers", "n.first_name || ' ' || n.last_name"],
} as const satisfies Record<string, readonly [table: string, name: string] | null>;

export type ReportBy = keyof typeof NAMES;
export const REPORTS_BY = Object.keys(NAMES) as ReportBy[];
export const TIMES: ReadonlySet<ReportBy> = new Set(["day", "month", "year"]);

export interface Period {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly compare?: "previous" | "year" | undefined;
}
export interface RevenueParams extends Period {
  readonly by: ReportBy;
  readonly limit: number;
}

const period = {
  from: date.optional().meta({ description: "The first day, in UTC.", example: "2026-01-01" }),
  to: date.optional().meta({ description: "The last day, in UTC.", example: "2026-01-31" }),
  compare: z.enum(["previous", "year"]).optional().meta({
    description:
      "Adds the sums of another period: `previous`, as many days before; `year`, the same days a year before. Needs `from` and `to`; not by time.",
  }),
};

export const revenueParams = z.strictObject({
  by: z
    .enum(REPORTS_BY as [ReportBy, ...ReportBy[]])
    .default("month")
    .meta({ description: "The attribute to group by." }),
  ...period,
  limit: z
    .string()
    .regex(/^([1-9]\d{0,3}|10000)$/, `must be a whole number from 1 to ${MOST_ROWS}`)
    .transform(Number)
    .default(100)
    .meta({
      override: { type: "integer", minimum: 1, maximum: MOST_ROWS, default: 100 },
      description: "Maximum number of rows.",
    }),
});
export const summaryParams = z.strictObject(period);

const DAY_MS = 86_400_000;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The same day a year earlier; 29 February becomes the 28th. */
function yearBefore(day: string): string {
  const before = `${String(Number(day.slice(0, 4)) - 1).padStart(4, "0")}${day.slice(4)}`;
  return before.endsWith("-02-29") ? before.replace(/29$/, "28") : before;
}

/** The days of the period and of the one to compare with, which is empty if none is requested. */
export function daysOf({ from, to, compare }: Period): Record<string, string> {
  const own = { from: from ?? FIRST, to: to ?? LAST };
  if (compare === undefined || from === undefined || to === undefined) {
    return { ...own, from_before: LAST, to_before: FIRST };
  }
  if (compare === "year") return { ...own, from_before: yearBefore(from), to_before: yearBefore(to) };
  const [start, end] = [Date.parse(from), Date.parse(to)];
  return { ...own, from_before: dayOf(2 * start - end - DAY_MS), to_before: dayOf(start - DAY_MS) };
}

const WITHIN = (column: string): string =>
  `(${column} BETWEEN likely(@from) AND likely(@to) OR ${column} BETWEEN likely(@from_before) AND likely(@to_before))`;

/**
 * The days of both periods: stored packed days, and due days packed on reading. Then the sums of both, by
 * group.
 */
const TALLY = `
  parts (day, sales) AS (
    SELECT s.day, s.sales FROM sales_days s
    WHERE ${WITHIN("s.day")} AND within_deadline() AND NOT EXISTS (SELECT 1 FROM sales_due d WHERE d.day = s.day)
    UNION ALL
    SELECT d.day, ${packedDay("d.day")} FROM sales_due d WHERE ${WITHIN("d.day")}),
  periods (period, day, sales) AS (
    SELECT 0, day, sales FROM parts WHERE day BETWEEN likely(@from) AND likely(@to)
    UNION ALL
    SELECT 1, day, sales FROM parts WHERE day BETWEEN likely(@from_before) AND likely(@to_before)),
  tally (rows) AS MATERIALIZED (SELECT tally_sales(@by, @limit, period, day, sales) FROM periods)`;

const sums = (first: number, prefix = ""): string => `
  '${prefix}revenue', (r.value ->> ${first}) / 100.0, '${prefix}quantity', CAST(r.value ->> ${first + 1} AS INTEGER),
  '${prefix}invoices', CAST(r.value ->> ${first + 2} AS INTEGER)`;

function rowsSql(by: ReportBy, compared: boolean): string {
  const named = NAMES[by];
  const name = named === null ? "r.value ->> 0" : named[1];
  const join = named === null ? "" : `LEFT JOIN ${named[0]} n ON n.id = r.value ->> 0`;
  return `
    SELECT json_object('key', r.value ->> 0, 'name', ${name}, ${sums(1)}${compared ? `, ${sums(4, "previous_")}` : ""}) AS item
    FROM tally CROSS JOIN json_each(tally.rows) r ${join} ORDER BY r.key`;
}

/** Tags, besides sales, of the names that a report shows. */
const TAGS: Readonly<Record<ReportBy, readonly string[]>> = {
  day: [],
  month: [],
  year: [],
  country: [],
  track: ["tracks"],
  genre: ["genres", "tracks"],
  album: ["albums", "tracks"],
  artist: ["artists", "albums", "tracks"],
  employee: ["employees", "customers"],
  customer: ["customers"],
};

const CACHE = { table: "aggregations", lifetime: 1_800, joins: [], freshness: "coherent" } as const;

/** Revenue, tracks sold and invoices by group. */
export const REVENUE_READ: Read<RevenueParams> = read({
  name: "reports.revenue",
  lane: "scan",
  params: revenueParams as unknown as z.ZodType<RevenueParams>,
  statement: ({ by, limit, ...period }) => ({
    sql: `WITH ${TALLY}
      SELECT concat('{"data":[', (SELECT group_concat(item) FROM (${rowsSql(by, period.compare !== undefined)})), ']}'),
        NULL, NULL`,
    params: { by, limit, ...daysOf(period) },
  }),
  cache: { ...CACHE, tags: ({ by }) => ["invoices", ...TAGS[by]] },
});

const average = (cents: number, invoices: number): string =>
  `round((r.value ->> ${cents}) / 100.0 / nullif(r.value ->> ${invoices}, 0), 2)`;

/** Totals of the same, with the average invoice. */
export const SUMMARY_READ: Read<Period> = read({
  name: "reports.summary",
  lane: "scan",
  params: summaryParams as unknown as z.ZodType<Period>,
  statement: ({ compare, ...period }) => {
    const own = `${sums(1)}, 'average_invoice', ${average(1, 3)}`;
    const before = `${sums(4, "previous_")}, 'previous_average_invoice', ${average(4, 6)}`;
    return {
      // Without sales there is no group, but still an answer.
      sql: `WITH ${TALLY}
        SELECT json_object(${own}${compare === undefined ? "" : `, ${before}`}), NULL, NULL
        FROM tally CROSS JOIN json_each(iif(tally.rows = '[]', '[[null,0,0,0,0,0,0]]', tally.rows)) r`,
      params: { by: "all", limit: 1, ...daysOf({ compare, ...period }) },
    };
  },
  cache: { ...CACHE, tags: () => ["invoices"] },
});
