import type { Guard } from "../../../shared/protocol.ts";

/** Guards that several commands share. A guard is made once and not for each command: it travels once a batch. */

/** On a SELECT of what the command is about. */
export const FOUND: Guard = { must: "find", otherwise: { code: "not_found" } };
/** On the change of what is only there if it was found. */
export const CHANGED: Guard = { must: "change", otherwise: { code: "not_found" } };
/** On a SELECT, or on the change itself, under the condition that `If-Match` makes. */
export const MATCHED: Guard = { must: "find", otherwise: { code: "precondition_failed" } };
export const CHANGED_IF_MATCHED: Guard = { must: "change", otherwise: { code: "precondition_failed" } };
/** On a SELECT of (pointer, {@link UNKNOWN_ID}) for each id in the body that is of nothing. */
export const REFERENCES_KNOWN: Guard = { must: "find_none", otherwise: { code: "reference_unknown" } };

export const UNKNOWN_ID = "there is nothing with this id";
