import type { Connection } from "../shared/database/sqlite.ts";
import { AppError } from "../shared/errors.ts";

/**
 * The file of a cluster's node is rqlite's to write: a write here would reach no other node.
 *
 * @throws AppError `database_unusable`.
 */
export function assertOfOneMachine(db: Connection, file: string): void {
  const known = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'cluster_commits'").get();
  if (known === undefined || db.prepare("SELECT 1 FROM cluster_commits").get() === undefined) return;
  const detail = `${file} belongs to a cluster: name its nodes in CHINOOK_WRITER, or take its database out with \`chinook cluster export\``;
  throw new AppError("database_unusable", { detail });
}
