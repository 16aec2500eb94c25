import { z } from "zod";
import type { Param } from "../../shared/protocol.ts";
import { date, idText, MAX_ID, text, timestamp, toCents, toUtc } from "../http/fields.ts";

/** A filter of a list. The first given filter that may drive chooses the index; the others narrow its result. */
export interface Filter {
  /** Its optional query parameters: a range has two. */
  readonly parameters: Readonly<Record<string, z.ZodType<Param>>>;
  /** Values bound for the open ends of a range, so that all forms of a range use the same statement. */
  readonly open?: Readonly<Record<string, Param>>;
  /** An indexed column or expression. */
  readonly column: string;
  /**
   * The condition; parameters are bound by their names. @param column as above, or hidden from the planner by a
   * plus.
   */
  readonly condition: (column: string) => string;
  /** Whether its index may drive the list. False for columns of few values: walking the sort's index is faster. */
  readonly drives: boolean;
  /**
   * The cache tag of what it looks through beside the list's own rows. It may leave many, so the list runs on the scan
   * lane.
   */
  readonly scans?: string;
  /** The sort with which a range uses its own index. With any other sort, that sort's index is walked. */
  readonly sort?: string;
}

/** Greater than any stored text. */
const LAST = "\u{10ffff}";
const MAX_IDS = 100;

export const equals = (
  parameter: string,
  schema: z.ZodType<Param>,
  { column = `t.${parameter}`, test = `= likely(@${parameter})`, drives = true } = {},
): Filter => ({
  parameters: { [parameter]: schema },
  column,
  condition: (column) => `${column} ${test}`,
  drives,
});

const idList = z
  .string()
  .regex(/^[1-9]\d{0,15}(,[1-9]\d{0,15}){0,99}$/, `must be up to ${MAX_IDS} ids, separated by commas`)
  .refine((list) => list.split(",").every((id) => Number(id) <= MAX_ID), "contains an id that is too large")
  .transform((list) => `[${list}]`)
  .meta({
    override: { type: "string", pattern: "^[1-9]\\d{0,14}(,[1-9]\\d{0,14}){0,99}$" },
    description: `Only these: up to ${MAX_IDS} comma-separated ids.`,
    example: "1,2,3",
  });

export const ids: Filter = equals("ids", idList, {
  column: "t.id",
  test: "IN (SELECT value FROM json_each(@ids))",
});

/** Texts with this prefix. ASCII case is ignored, as in the sort. */
export const prefix = (field: string): Filter => ({
  parameters: {
    [`${field}_prefix`]: text(200).meta({
      description: `Only those whose ${field} has this prefix, ignoring case.`,
    }),
  },
  column: `t.${field}`,
  condition: (column) =>
    `${column} >= likely(@${field}_prefix) AND ${column} < likely(@${field}_prefix || '${LAST}')`,
  drives: false,
  sort: field,
});

interface RangeOptions {
  readonly column?: string;
  readonly schema: z.ZodType<Param>;
  readonly ends: readonly [from: string, to: string];
  readonly open: readonly [from: Param, to: Param];
}

function range(field: string, { column = `t.${field}`, schema, ends, open }: RangeOptions): Filter {
  const [from, to] = ends.map((end) => `${field}_${end}`) as [string, string];
  const described = (which: string) => schema.meta({ ...schema.meta(), description: `Only ${which}.` });
  return {
    parameters: { [from]: described("from this on"), [to]: described("up to this") },
    open: { [from]: open[0], [to]: open[1] },
    column,
    condition: (column) => `${column} BETWEEN likely(@${from}) AND likely(@${to})`,
    drives: false,
    sort: field,
  };
}

const countText = z
  .string()
  .regex(/^(0|[1-9]\d{0,9})$/, "must be a whole number from 0 to 9999999999")
  .transform(Number)
  .meta({ override: { type: "integer", minimum: 0, maximum: 9_999_999_999 } });

const moneyText = z
  .string()
  .regex(/^(0|[1-9]\d{0,6})(\.\d{1,2})?$/, "must be an amount with at most two decimals")
  .transform((value) => toCents(Number(value)))
  .meta({ override: { type: "number", minimum: 0, maximum: 1_000_000, multipleOf: 0.01 }, example: 0.99 });

const timeText = timestamp.transform(toUtc).meta({
  override: { type: "string", format: "date-time" },
  example: "2026-01-31T12:00:00Z",
});

const NUMBERS = { ends: ["min", "max"], open: [0, Number.MAX_SAFE_INTEGER] } as const;
/** Dates begin at "0"; a missing date is the empty text. */
const DATES = { ends: ["from", "to"], open: ["0", LAST] } as const;

export const counts = (field: string): Filter => range(field, { ...NUMBERS, schema: countText });
export const prices = (field: string, column: string): Filter =>
  range(field, { ...NUMBERS, column, schema: moneyText });
export const dates = (field: string, column: string): Filter =>
  range(field, { ...DATES, column, schema: date });
export const times = (field: string): Filter => range(field, { ...DATES, schema: timeText });

/** Filters of all kinds. */
export const LOOKUPS: readonly Filter[] = [
  ids,
  equals("public_id", z.uuid()),
  equals("slug", z.string().min(1).max(80)),
];

export const byId = (parameter: string, options: Parameters<typeof equals>[2] = {}): Filter =>
  equals(parameter, idText, options);
