import { ERRORS, type Failure } from "../shared/errors.ts";
import type { Guard, Rows } from "../shared/protocol.ts";

interface Result {
  readonly rows: Rows;
  readonly changes: number;
}

const MET: Readonly<Record<Guard["must"], (result: Result) => boolean>> = {
  find: ({ rows }) => rows.length > 0,
  find_none: ({ rows }) => rows.length === 0,
  change: ({ changes }) => changes > 0,
};

/** @returns the refusal if a statement does not meet its guard. */
export function refusalOf({ must, otherwise }: Guard, result: Result): Failure | undefined {
  if (MET[must](result)) return undefined;
  const found = result.rows.map(([pointer, detail]) => ({
    pointer: String(pointer),
    detail: String(detail),
  }));
  const { code, detail, errors = found } = otherwise;
  return { code, message: detail ?? ERRORS[code].title, ...(errors.length > 0 ? { errors } : {}) };
}
