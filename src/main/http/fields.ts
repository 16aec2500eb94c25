import { z } from "zod";
import { hasControl } from "../../shared/text.ts";

/**
 * Building blocks of input schemas, so that each limit is defined once. Query and path parameters arrive as text;
 * the `…Text` schemas coerce them.
 */

export const MAX_ID = Number.MAX_SAFE_INTEGER;

/** The characters that `trim` removes, listed because `\s` differs between languages. */
const SPACE = "\\t\\n\\v\\f\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff";
const CONTROLS = "\\u0000-\\u001f\\u007f";

/** `text` as a pattern for the API description: at least one visible character, and no control characters inside. */
export const TEXT_PATTERN = `^[${SPACE}]*[^${SPACE}${CONTROLS}]([^${CONTROLS}]*[^${SPACE}${CONTROLS}])?[${SPACE}]*$`;

const printable = (schema: z.ZodString) =>
  schema
    .refine((value) => !hasControl(value), "must not contain control characters")
    .refine((value) => value.isWellFormed(), "must be well-formed Unicode")
    .meta({ pattern: TEXT_PATTERN });

/** Trimmed, non-empty text. @param max characters (UTF-16 code units). */
export const text = (max: number) => printable(z.string().trim().min(1).max(max));

/** Text whose leading and trailing blanks are kept. */
export const typed = (max: number) => printable(z.string().min(1).max(max));

/** Control characters except tab and line feed. */
const BREAKLESS = "\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f";
const PROSE_PATTERN = `^[${SPACE}]*[^${SPACE}${CONTROLS}]([^${BREAKLESS}]*[^${SPACE}${CONTROLS}])?[${SPACE}]*$`;

/** Non-empty text of any number of lines, trimmed. It is text, never HTML. */
export const prose = (max: number) =>
  z
    .string()
    .overwrite((value) => value.replaceAll(/\r\n?/g, "\n"))
    .trim()
    .min(1)
    .max(max)
    .refine((value) => !hasControl(value.replaceAll(/[\n\t]/g, "")), "must not contain control characters")
    .refine((value) => value.isWellFormed(), "must be well-formed Unicode")
    .meta({ pattern: PROSE_PATTERN });

/** Excludes invisible characters: two addresses that look the same would be two accounts. */
const NOT_IN_ADDRESS = String.raw`\s\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f@"<>()[\]\\,;:`;

/** Exactly one address: a mail library must not read it as two. */
export const email = z
  .email({ pattern: new RegExp(`^[^${NOT_IN_ADDRESS}]{1,64}@[^${NOT_IN_ADDRESS}]{1,190}$`, "u") })
  .max(254)
  .refine((value) => value.isWellFormed(), "must be well-formed Unicode")
  .meta({ example: "ada@example.com" });

export const id = z.int().min(1).max(MAX_ID).meta({ example: 1 });

export const idText = z
  .string()
  .regex(/^[1-9]\d{0,15}$/, "must be a whole number from 1 to 9007199254740991")
  .transform(Number)
  .refine((value) => value <= MAX_ID, "must be a whole number from 1 to 9007199254740991")
  .meta({ override: { type: "integer", minimum: 1, maximum: MAX_ID }, example: 1 });

export const limitText = z
  .string()
  .regex(/^([1-9]\d?|100)$/, "must be a whole number from 1 to 100")
  .transform(Number)
  .default(20)
  .meta({
    override: { type: "integer", minimum: 1, maximum: 100, default: 20 },
    description: "Maximum number of items.",
  });

export const cursorText = z
  .string()
  .max(2_000)
  .regex(/^([0-9A-F]{2})+$/, "must be `next` of the previous page")
  .optional()
  .meta({ description: "`next` of the previous page, unchanged." });

/** For a list with one sort. */
export const pageParameters = <const S extends string>(sort: S) => ({
  limit: limitText,
  cursor: cursorText,
  sort: z.enum([sort]).default(sort as never),
});

export const totalText = z
  .enum(["0", "1"])
  .default("0")
  .meta({ description: "1 adds `total`, the number of all rows that match." });

/** Decimal money, stored as integer cents. */
export const money = z
  .number()
  .min(0)
  .max(1_000_000)
  .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6, "must have at most two decimals")
  .meta({ multipleOf: 0.01, example: 0.99 });

export const toCents = (value: number): number => Math.round(value * 100);

/** Converts RFC 3339 with any offset to the one form that sorts as text: UTC with milliseconds. */
export const toUtc = (value: string): string => new Date(value).toISOString();

// An offset can move the first and last day of the four-digit years out of that range.
export const timestamp = z.iso
  .datetime({ offset: true, abort: true })
  .refine((value) => /^\d{4}-/.test(toUtc(value)), "must be in the years 0000 to 9999 in UTC")
  .meta({ example: "2026-01-31T12:00:00.000Z" });

export const date = z.iso.date().meta({ example: "1997-05-21" });
