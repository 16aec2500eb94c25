import type { Guard, Statements } from "../../../shared/protocol.ts";
import type { Read } from "../reads/read.ts";
import { statement } from "./command.ts";

/** Guards that several commands share. Each guard is one object: a batch then sends it once, not once per command. */

/** For a SELECT of the command's entity. */
export const FOUND: Guard = { must: "find", otherwise: { code: "not_found" } };
/** For a change that affects a row only if the entity exists. */
export const CHANGED: Guard = { must: "change", otherwise: { code: "not_found" } };
/** For a change of an entity known to exist, under the condition of `If-Match`. */
export const CHANGED_IF_MATCHED: Guard = { must: "change", otherwise: { code: "precondition_failed" } };
/** For a SELECT of (pointer, {@link UNKNOWN_ID}), one row for each unknown id in the body. */
export const REFERENCES_KNOWN: Guard = { must: "find_none", otherwise: { code: "reference_unknown" } };

export const UNKNOWN_ID = "there is nothing with this id";

const UNCHANGED: Guard = { must: "find", otherwise: { code: "precondition_failed" } };

/**
 * Refuses unless a read's answer is still the text that the client saw, if it saw one. For reads whose ETag is
 * derived from their text.
 */
export function unchanged<P>(read: Read<P>, params: P, seen: string | undefined): Statements {
  if (seen === undefined) return [];
  const { sql, params: values } = read.statement(params, new Date(0));
  const current = `WITH answer (body, etag, tags) AS (${sql}) SELECT 1 FROM answer WHERE body = likely(@seen)`;
  return [statement(current, { ...values, seen }, UNCHANGED)];
}
