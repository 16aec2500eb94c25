import Database from "better-sqlite3";
import { KINDS } from "../../src/main/model/kinds.ts";
import { CHART_READS } from "../../src/main/reads/listening.ts";

const { fields, from } = KINDS.tracks;
const columns = Object.entries(fields).map(([name, expression]) => `${expression} AS ${name}`);

/** A track with the fields and joins of Chinook Server's own, as columns of a row. */
export const trackSql = (parameter: string): string =>
  `SELECT ${columns.join(", ")} FROM ${from} WHERE t.id = ${parameter}`;

/** The heaviest scan there is, in the very words that Chinook Server's scan lane runs. */
export const scanOf = (days: number) =>
  CHART_READS.artists.statement({ window: days * 24, limit: 20 }, new Date());

export function openDatabase(file: string, options: Database.Options = {}): Database.Database {
  const db = new Database(file, options);
  // The scan's statement asks for it; a baseline has no deadline.
  db.function("within_deadline", { directOnly: true, deterministic: false }, () => 1);
  return db;
}
