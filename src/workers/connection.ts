import { type Connection, openForReading } from "../shared/database/sqlite.ts";
import type { ConnectionMemory } from "../shared/tuning.ts";
import { closeness, editDistance } from "./closeness.ts";
import { registerFunctions } from "./functions.ts";

const PURE = { directOnly: true, deterministic: true };

/**
 * A read-only connection with all functions that reads call, so every read can be prepared on it.
 *
 * @param assertInTime called repeatedly by long reads; throws after their deadline.
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

/** Functions for reads that SQLite does not have. */
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
