import { AppError } from "../../../shared/errors.ts";
import type { Together } from "../../../shared/protocol.ts";
import { MAX_ID } from "../fields.ts";
import type { Operation } from "./body.ts";

/** `0.id`: the id in the answer of the first operation. */
const REFERENCE = /^(0|[1-9]\d{0,2})\.id$/;
const IN_PATH = /\{([^{}]*)\}/g;

/** Operations without references, and the numbers that stand for the ids they refer to. */
export interface Resolved {
  readonly operations: readonly Operation[];
  readonly standIns: Together["standIns"];
}

/**
 * Puts a number in the place of each reference to an id that is not known yet: `{"$ref": "0.id"}` in a body, `{0.id}` in
 * a path. The number is a valid id that nothing has and that the request does not hold; the writer puts the real one in
 * its place (`Together`). So schemas, paths and commands need to know nothing of references.
 *
 * @param text the request's, in which the numbers must not stand.
 * @throws AppError `invalid` for a reference to itself, a later one, or to nothing.
 */
export function resolveReferences(operations: readonly Operation[], text: string): Resolved {
  const first = firstStandIn(text);
  const used = new Set<number>();
  const standInOf = (reference: unknown, index: number, pointer: string): number => {
    const [, digits] = REFERENCE.exec(String(reference)) ?? [];
    if (digits === undefined || Number(digits) >= index) throw refusal(index, pointer);
    used.add(Number(digits));
    return first - Number(digits);
  };
  const resolved = operations.map(({ path, body, ...rest }, index) => ({
    ...rest,
    path: path.replaceAll(IN_PATH, (_, reference) => String(standInOf(reference, index, "/path"))),
    ...(body === undefined ? {} : { body: withStandIns(body, (at) => standInOf(at, index, "/body")) }),
  }));
  return { operations: resolved, standIns: [...used].map((of) => [first - of, of]) };
}

/** A thousand numbers down from it are free of the text. */
function firstStandIn(text: string): number {
  for (let first = MAX_ID - 1; ; first -= 1_000_000) {
    if (!text.includes(String(first).slice(0, 10))) return first;
  }
}

function withStandIns(value: unknown, standInOf: (reference: unknown) => number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withStandIns(item, standInOf));
  if ("$ref" in value && Object.keys(value).length === 1) return standInOf(value.$ref);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withStandIns(item, standInOf)]),
  );
}

/** Whether an operation refers to another: only where all or none take effect is there one to refer to. */
export const refers = ({ path, body }: Operation): boolean =>
  path.includes("{") || JSON.stringify(body ?? null).includes('{"$ref":');

const refusal = (index: number, pointer: string) =>
  new AppError("invalid", {
    errors: [
      {
        pointer: `/operations/${index}${pointer}`,
        detail: 'refers to no operation before it: expected "0.id" for the id that the first one makes',
      },
    ],
  });
