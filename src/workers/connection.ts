import { type Connection, openForReading } from "../shared/database/sqlite.ts";
import type { ConnectionMemory } from "../shared/tuning.ts";
import { closeness, editDistance } from "./closeness.ts";
import { registerFunctions } from "./functions.ts";

const PURE = { directOnly: true, deterministic: true };

/**
 * A connection on which every read can be prepared: read-only, with all that reads call.
 *
 * @param assertInTime called now and then by reads that may be long; throws when their time is over.
 */
export function openForReads(
  file: string,
  assertInTime: () => void,
  memory?: ConnectionMemory | undefined,
): Connection {
  const db = openForReading(file, memory);
  addFunctions(db, assertInTime);
  return db;
}

/** What reads can call that SQLite does not have. */
export function addFunctions(db: Connection, assertInTime: () => void): void {
  db.function("within_deadline", { directOnly: true, deterministic: false }, () => {
    assertInTime();
    return 1;
  });
  db.function("edit_distance", PURE, (a, b) => editDistance(String(a), String(b)));
  db.function("closeness", { ...PURE, varargs: true }, (typed, ...fields) =>
    closeness(String(typed), ...(fields as (string | null)[])),
  );
  registerFunctions(db);
}
