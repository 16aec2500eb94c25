import type { Guard, Statements } from "../../../shared/protocol.ts";
import type { Read } from "../reads/read.ts";
import { statement } from "./command.ts";

/** Guards that several commands share. A guard is made once and not for each command: it travels once a batch. */

/** On a SELECT of what the command is about. */
export const FOUND: Guard = { must: "find", otherwise: { code: "not_found" } };
/** On the change of what is only there if it was found. */
export const CHANGED: Guard = { must: "change", otherwise: { code: "not_found" } };
/** On the change of what was found, under the condition that `If-Match` makes. */
export const CHANGED_IF_MATCHED: Guard = { must: "change", otherwise: { code: "precondition_failed" } };
/** On a SELECT of (pointer, {@link UNKNOWN_ID}) for each id in the body that is of nothing. */
export const REFERENCES_KNOWN: Guard = { must: "find_none", otherwise: { code: "reference_unknown" } };

export const UNKNOWN_ID = "there is nothing with this id";

const UNCHANGED: Guard = { must: "find", otherwise: { code: "precondition_failed" } };

/** A read's answer must still be the text that was seen, where one was: for what has its ETag from its text. */
export function unchanged<P>(read: Read<P>, params: P, seen: string | undefined): Statements {
  if (seen === undefined) return [];
  const { sql, params: values } = read.statement(params, new Date(0));
  const current = `WITH answer (body, etag, tags) AS (${sql}) SELECT 1 FROM answer WHERE body = likely(@seen)`;
  return [statement(current, { ...values, seen }, UNCHANGED)];
}
