import type { Guard, Refusal, Statement } from "../../../shared/protocol.ts";

/**
 * Guards for an executor that runs SQL and nothing else, such as a replicated SQLite. A guard becomes an INSERT into a
 * table that takes no row: its trigger aborts with the refusal, as JSON text, for a message. The executor undoes the
 * command as for any statement that fails.
 */
export const REFUSALS_SCHEMA = `
  CREATE TABLE refusals (refusal TEXT NOT NULL) STRICT;
  CREATE TRIGGER refusals_refuse BEFORE INSERT ON refusals BEGIN SELECT RAISE(ABORT, new.refusal); END;`;

/** The refusal, as a row, when the guard is not met; `@refusal` is what it says beforehand. */
const UNMET: Readonly<Record<Guard["must"], (sql: string) => string>> = {
  change: () => "SELECT @refusal WHERE changes() = 0",
  find: (sql) => `SELECT @refusal WHERE NOT EXISTS (${sql})`,
  find_none: (sql) => `WITH found (pointer, detail) AS (${sql})
    SELECT json_insert(@refusal, '$.errors', json_group_array(json_object('pointer', pointer, 'detail', detail)))
    FROM found HAVING count(*) > 0`,
};

/** A statement as those that do the same without a guard. `refusal` must not be a parameter of its own. */
export function guardInSql({ sql, params, guard }: Statement): Statement[] {
  if (guard === undefined) return [{ sql, params }];
  const refusal = JSON.stringify(guard.otherwise);
  const insert = `INSERT INTO refusals ${UNMET[guard.must](sql)}`;
  if (guard.must !== "change") return [{ sql: insert, params: { ...params, refusal } }];
  return [
    { sql, params },
    { sql: insert, params: { refusal } },
  ];
}

/** What the trigger's message says. */
export const refusalIn = (message: string): Refusal => JSON.parse(message);
