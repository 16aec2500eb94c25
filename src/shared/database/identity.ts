import { existsSync } from "node:fs";
import { fromFailure, toFailure } from "../errors.ts";
import { type Connection, openForReading } from "./sqlite.ts";

/** What tells a database from others, wherever its file is: drawn when it was made. In SQL. */
export const IDENTITY_SQL = "SELECT value FROM identity";

/** Null for one that no migration, or none of this release, has been applied to. */
export function identityIn(db: Connection): string | null {
  const there = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'identity'").get();
  if (there === undefined) return null;
  return (db.prepare(IDENTITY_SQL).pluck().get() as string | undefined) ?? null;
}

/**
 * Null also where there is no such file.
 *
 * @throws AppError `corrupt` when it is no database.
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
