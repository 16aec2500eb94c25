import { z } from "zod";
import { date, prose } from "../http/fields.ts";
import type { Filter } from "./filters.ts";

/** Keys and values that tracks may have beside their fields, and how tracks are found by them. */

export const METADATA_TYPES = ["text", "number", "boolean", "date"] as const;
export type MetadataType = (typeof METADATA_TYPES)[number];

const KEY = /^[a-z][a-z0-9_-]{0,63}$/;
export const metadataKey = z
  .string()
  .regex(KEY, "must be a small letter, then up to 63 small letters, digits, _ or -")
  .meta({ example: "mood" });

const textValue = prose(1_000);
const numberValue = z.number();

export interface MetadataBody {
  readonly value: string | number | boolean;
  readonly type?: MetadataType | undefined;
}

/** As it is stored. */
export interface TypedValue {
  readonly type: MetadataType;
  readonly value: string | number;
}

export const metadataBody = z
  .strictObject({
    value: z.union([textValue, numberValue, z.boolean()]).meta({ example: "calm" }),
    type: z
      .enum(METADATA_TYPES)
      .optional()
      .meta({ description: "Derived from the value by default; a text with the form of a date is a date." }),
  })
  .refine((body) => typed(body) !== undefined, "must be a value of the named type")
  .meta({ id: "NewMetadata" });

const isDate = (value: unknown): value is string => date.safeParse(value).success;

function typeOf(value: string | number | boolean): MetadataType {
  if (typeof value === "string") return isDate(value) ? "date" : "text";
  return typeof value as "number" | "boolean";
}

/** Undefined when the value is none of the type. */
export function typed({ value, type = typeOf(value) }: MetadataBody): TypedValue | undefined {
  const own = typeOf(value);
  if (type !== own && !(type === "text" && own === "date")) return undefined;
  return { type, value: typeof value === "boolean" ? Number(value) : value };
}

/** Shows a whole number as such, although numbers are bound as reals. */
const VALUE = `CASE m.type WHEN 'boolean' THEN json(iif(m.value, 'true', 'false'))
  WHEN 'number' THEN iif(m.value = CAST(m.value AS INTEGER), CAST(m.value AS INTEGER), m.value) ELSE m.value END`;
/** Fields of one key of `m` (track_metadata), an SQL expression each. */
export const METADATA_FIELDS = { key: "m.key", type: "m.type", value: VALUE, updated_at: "m.updated_at" };
export const METADATA_JSON = `json_object(${Object.entries(METADATA_FIELDS)
  .map(([name, expression]) => `'${name}', ${expression}`)
  .join(", ")})`;

/** Keys of one track. */
export const MAX_KEYS = 300;

/** A range of one type; what equals has both ends alike. `n` tells conditions apart: one may have several ranges. */
interface Range {
  readonly n: number;
  readonly key: string;
  readonly type: MetadataType;
  readonly from: string | number;
  readonly to: string | number;
}

const LAST = "\u{10ffff}";
const NUMBER = /^-?\d{1,15}(\.\d{1,15})?$/;
/** Below and above every date and number that is stored. */
const OPEN = { date: ["", LAST], number: [-Number.MAX_VALUE, Number.MAX_VALUE] } as const;

/** What a text in a query may stand for: `1` is a number and a text. */
function equal(text: string): Omit<Range, "n" | "key">[] {
  const at = (type: MetadataType, value: string | number) => ({ type, from: value, to: value });
  return [
    at("text", text),
    ...(NUMBER.test(text) ? [at("number", Number(text))] : []),
    ...(isDate(text) ? [at("date", text)] : []),
    ...(text === "true" || text === "false" ? [at("boolean", Number(text === "true"))] : []),
  ];
}

/** From `min` to `max`, either of which may be missing, of numbers or of dates. Undefined for what is neither. */
function between(min: string | undefined, max: string | undefined): Omit<Range, "n" | "key">[] | undefined {
  const given = [min, max].filter((end) => end !== undefined);
  const of = (type: "number" | "date", read: (text: string) => string | number) => {
    const [first, last] = OPEN[type];
    return [{ type, from: min === undefined ? first : read(min), to: max === undefined ? last : read(max) }];
  };
  if (given.every((end) => NUMBER.test(end))) return of("number", Number);
  return given.every(isDate) ? of("date", String) : undefined;
}

type Conditions = Readonly<Record<string, Readonly<Record<string, string | undefined>>>>;

function rangesOf(conditions: Conditions, issue: (message: string) => void): Range[] {
  let n = 0;
  return Object.entries(conditions).flatMap(([key, { is, prefix, min, max }]) => {
    const of = (ranges: readonly Omit<Range, "n" | "key">[]): Range[] => {
      n++;
      return ranges.map((range) => ({ n, key, ...range }));
    };
    const span = min === undefined && max === undefined ? [] : between(min, max);
    if (span === undefined) issue(`metadata.${key}: min and max must be two numbers, or two dates`);
    return [
      ...(is === undefined ? [] : of(equal(is))),
      ...(prefix === undefined ? [] : of([{ type: "text", from: prefix, to: prefix + LAST }])),
      ...(span === undefined || span.length === 0 ? [] : of(span)),
    ];
  });
}

/** Keys that a filter may name. */
export const MOST_KEYS = 8;
const PARAMETER = /^metadata\.([^.]+)(?:\.(min|max|prefix))?$/;

const wished = prose(1_000);
/** What the value of a key must be, as texts: `{"is": "calm"}`, `{"min": "100"}`. */
export const metadataWish = z
  .strictObject({
    is: wished.optional(),
    prefix: wished.optional(),
    min: wished.optional(),
    max: wished.optional(),
  })
  .refine((wish) => Object.keys(wish).length > 0, "must say is, prefix, min or max")
  .refine(({ min, max }) => between(min, max) !== undefined, "min and max must be two numbers, or two dates")
  .meta({ id: "MetadataWish" });
export type MetadataWishes = Readonly<Record<string, z.infer<typeof metadataWish>>>;

/** What {@link metadataFilter} is given. */
export const metadataRanges = (wishes: MetadataWishes): string =>
  JSON.stringify(rangesOf(wishes as Conditions, () => {}));

/** Puts `metadata.KEY=VALUE` and its kin into the one parameter that the filter knows. */
export function gatherMetadata(query: Record<string, string>): Record<string, string> {
  const found = Object.keys(query).filter((name) => PARAMETER.test(name));
  if (found.length === 0 || query.metadata !== undefined) return query;
  const conditions: Record<string, Record<string, string>> = Object.create(null);
  const rest = { ...query };
  for (const name of found) {
    const [, key, how = "is"] = PARAMETER.exec(name)!;
    conditions[key!] = { ...conditions[key!], [how]: query[name]! };
    delete rest[name];
  }
  return { ...rest, metadata: JSON.stringify(conditions) };
}

/** `KEY:VALUE`, or what {@link gatherMetadata} made. */
function conditionsOf(text: string): Conditions {
  if (text.startsWith("{")) return JSON.parse(text) as Conditions;
  const at = text.indexOf(":");
  if (at === -1) throw new SyntaxError("no colon");
  return { [text.slice(0, at)]: { is: text.slice(at + 1) } };
}

const metadataText = z
  .string()
  .max(4_000)
  .transform((text, context) => {
    const issue = (message: string) => context.addIssue({ code: "custom", message });
    try {
      const conditions = conditionsOf(text);
      const keys = Object.keys(conditions);
      if (keys.length > MOST_KEYS) issue(`must have at most ${MOST_KEYS} keys`);
      for (const key of keys) if (!KEY.test(key)) issue(`${JSON.stringify(key)} is no key`);
      return JSON.stringify(rangesOf(conditions, issue));
    } catch {
      issue("must be KEY:VALUE");
      return z.NEVER;
    }
  })
  .meta({
    override: { type: "string", pattern: "^[a-z][a-z0-9_-]{0,63}:.*$", maxLength: 4_000 },
    description:
      "Only tracks with this metadata, `KEY:VALUE`. The same as `metadata.KEY=VALUE`, beside which there are `metadata.KEY.prefix`, and of numbers and dates `metadata.KEY.min` and `metadata.KEY.max`; together they narrow each other. Texts are alike in either case.",
    example: "mood:calm",
  });

/** By index, one range after the other: never by looking through the tracks. */
export const metadataFilter: Filter = {
  parameters: { metadata: metadataText },
  column: "t.id",
  condition: (column) => `${column} IN (
    SELECT m.track_id FROM json_each(@metadata) c
    CROSS JOIN track_metadata m ON m.key = c.value ->> 'key' AND m.type = c.value ->> 'type'
      AND m.value BETWEEN c.value ->> 'from' AND c.value ->> 'to'
    WHERE (m.track_id % 1024 <> 0 OR within_deadline())
    GROUP BY m.track_id HAVING count(DISTINCT c.value ->> 'n') = (SELECT max(value ->> 'n') FROM json_each(@metadata)))`,
  drives: true,
  scans: "metadata",
};
