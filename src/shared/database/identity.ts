import { existsSync } from "node:fs";
import { fromFailure, toFailure } from "../errors.ts";
import { type Connection, openForReading } from "./sqlite.ts";

/** The database's identity, in SQL. It is drawn at random at creation and does not depend on the file's path. */
export const IDENTITY_SQL = "SELECT value FROM identity";

/** Null if no migration of this release was applied. */
export function identityIn(db: Connection): string | null {
  const there = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'identity'").get();
  if (there === undefined) return null;
  return (db.prepare(IDENTITY_SQL).pluck().get() as string | undefined) ?? null;
}

/**
 * Null if there is no such file.
 *
 * @throws AppError `corrupt` if it is no database.
 */
export function identityOf(file: string): string | null {
  if (!existsSync(file)) return null;
  try {
    using db = disposable(openForReading(file));
    return identityIn(db.connection);
  } catch (error) {
    throw fromFailure(toFailure(error));
  }
}

const disposable = (connection: Connection) => ({
  connection,
  [Symbol.dispose]: () => void connection.close(),
});
