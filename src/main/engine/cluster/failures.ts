import { ERRORS, type Failure } from "../../../shared/errors.ts";
import { refusalIn } from "../commands/guards-in-sql.ts";

/**
 * SQLite's result codes by the beginning of its messages. rqlite passes the message alone on, so there is nothing else
 * to go by; docs/cluster.md says so. A key's violation is told from another UNIQUE by nothing: both are `already_exists`.
 */
const MESSAGES: readonly (readonly [beginning: string, code: string])[] = [
  ["UNIQUE constraint failed", "SQLITE_CONSTRAINT_UNIQUE"],
  ["FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT_FOREIGNKEY"],
  ["CHECK constraint failed", "SQLITE_CONSTRAINT_CHECK"],
  ["NOT NULL constraint failed", "SQLITE_CONSTRAINT_NOTNULL"],
  ["cannot store", "SQLITE_CONSTRAINT_DATATYPE"],
  ["datatype mismatch", "SQLITE_MISMATCH"],
  ["string or blob too big", "SQLITE_TOOBIG"],
  ["database or disk is full", "SQLITE_FULL"],
  ["database is locked", "SQLITE_BUSY"],
  ["attempt to write a readonly database", "SQLITE_READONLY"],
  ["disk I/O error", "SQLITE_IOERR"],
  ["database disk image is malformed", "SQLITE_CORRUPT"],
];

/** The failure that rqlite's message of an error stands for. */
export function failureIn(message: string): Failure {
  const refusal = refusalOf(message);
  if (refusal !== undefined) return refusal;
  const code = MESSAGES.find(([beginning]) => message.startsWith(beginning))?.[1];
  return { code: code ?? "SQLITE_ERROR", message };
}

/** A guard's refusal is a message in JSON. */
function refusalOf(message: string): Failure | undefined {
  if (!message.startsWith("{")) return undefined;
  const { code, detail, errors = [] } = refusalIn(message);
  return { code, message: detail ?? ERRORS[code].title, ...(errors.length > 0 ? { errors } : {}) };
}
