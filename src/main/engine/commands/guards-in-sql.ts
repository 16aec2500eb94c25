import type { Guard, Refusal, Statement } from "../../../shared/protocol.ts";

/**
 * Guards for an executor that runs only SQL, such as a replicated SQLite. A guard becomes an INSERT into a table
 * with a trigger that aborts every insert (`refusals`, of the migration `cluster`). The error message is the refusal, as
 * JSON. The executor rolls the command back as for any failed statement.
 */

/** A query for the refusal: one row if the guard is not met. `@refusal` is its fixed part. */
const UNMET: Readonly<Record<Guard["must"], (sql: string) => string>> = {
  change: () => "SELECT @refusal WHERE changes() = 0",
  find: (sql) => `SELECT @refusal WHERE NOT EXISTS (${sql})`,
  find_none: (sql) => `WITH found (pointer, detail) AS (${sql})
    SELECT json_insert(@refusal, '$.errors', json_group_array(json_object('pointer', pointer, 'detail', detail)))
    FROM found HAVING count(*) > 0`,
};

/** Equivalent statements without a guard. `refusal` is reserved: it must not be one of the statement's parameters. */
export function guardInSql({ sql, params, guard }: Statement): Statement[] {
  if (guard === undefined) return [{ sql, params }];
  const refusal = JSON.stringify(guard.otherwise);
  const insert = `INSERT INTO refusals (refusal) ${UNMET[guard.must](sql)}`;
  if (guard.must !== "change") return [{ sql: insert, params: { ...params, refusal } }];
  return [
    { sql, params },
    { sql: insert, params: { refusal } },
  ];
}

/** Parses the trigger's message. */
export const refusalIn = (message: string): Refusal => JSON.parse(message);
