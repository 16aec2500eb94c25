import type { z } from "zod";
import type { InputError } from "../../shared/errors.ts";

/** Where input is invalid: in a parameter, or at a JSON pointer into the body. */
export type Place = "parameter" | "pointer";

type Issue = z.core.$ZodIssue;

/** Errors reported at once. More would not help. */
const MAX_ERRORS = 20;
/** Characters of a given value that an error repeats. */
const MAX_GIVEN = 60;

/**
 * A schema's issues as errors for the client: where, what was expected, and what was given.
 *
 * @param input the validated value: an issue holds only a path into it.
 * @param known the names that the outermost object may have.
 */
export function inputErrors(
  issues: readonly Issue[],
  input: unknown,
  known: readonly string[],
  at: Place,
): InputError[] {
  const describe = (issue: Issue): InputError[] => {
    if (issue.code === "unrecognized_keys") return unknownKeys(issue, known, at);
    const branch = issue.code === "invalid_union" ? meant(issue) : undefined;
    return branch === undefined
      ? [locate(issue.path, detailOf(issue, valueAt(input, issue.path)), at)]
      : branch.slice(0, MAX_ERRORS).flatMap(describe);
  };
  return issues.slice(0, MAX_ERRORS).flatMap(describe).slice(0, MAX_ERRORS);
}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, known: readonly string[], at: Place) {
  const hint =
    issue.path.length === 0 && known.length > 0
      ? `; expected ${known.length > 1 ? "one of " : ""}${known.join(", ")}`
      : "";
  return issue.keys.slice(0, MAX_ERRORS).map((key) => locate([...issue.path, key], `is unknown${hint}`, at));
}

/** The branch of a union that the client meant: the one with the right type, although its content is invalid. */
const meant = ({ errors }: z.core.$ZodIssueInvalidUnion): Issue[] | undefined =>
  errors.find((branch) => !branch.some(isWrongType));

const isWrongType = ({ code, path }: Issue): boolean => code === "invalid_type" && path.length === 0;

function detailOf(issue: Issue, value: unknown): string {
  const expected = expectation(issue);
  return value === undefined ? `is missing: it ${expected}` : `${expected}, got ${given(value)}`;
}

/** "must be …"; a schema's own message is used unchanged. */
function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "too_small":
      return `must ${VERBS[issue.origin] ?? "be"} at least ${amount(issue.minimum, issue.origin)}`;
    case "too_big":
      return `must ${VERBS[issue.origin] ?? "be"} at most ${amount(issue.maximum, issue.origin)}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "invalid_format":
      return FORMATS[issue.format] ?? issue.message;
    case "invalid_union":
      return issue.errors.map((branch) => expectation(branch[0]!)).join(" or ");
    default:
      return issue.message;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  array: "an array",
};

const FORMATS: Readonly<Record<string, string>> = {
  uuid: "must be a UUID",
  date: "must be a date such as 2026-01-31",
  datetime: "must be a time with its offset, such as 2026-01-31T12:00:00Z",
};

const VERBS: Readonly<Record<string, string>> = { string: "have", array: "have" };

function amount(limit: number | bigint, origin: string): string {
  if (origin !== "string" && origin !== "array") return String(limit);
  const noun = origin === "string" ? "character" : "item";
  return `${limit} ${noun}${Number(limit) === 1 ? "" : "s"}`;
}

function given(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function quoted(value: string): string {
  const start = value.slice(0, MAX_GIVEN).toWellFormed();
  const rest = value.length > MAX_GIVEN ? `… (${value.length} characters)` : "";
  return `${JSON.stringify(start)}${rest}`;
}

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);

export function locate(path: readonly PropertyKey[], detail: string, at: Place): InputError {
  const parts = path.map((part) => String(part).toWellFormed());
  if (at === "parameter") return { parameter: parts.join("."), detail };
  // RFC 6901
  const escaped = parts.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  return { pointer: escaped.join(""), detail };
}
