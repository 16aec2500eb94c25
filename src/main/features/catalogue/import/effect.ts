import type { Statement } from "../../../../shared/protocol.ts";
import { statement } from "../../../engine/commands/command.ts";

/** Notes how many rows the statement before it wrote: statements after it count as well. */
export const noteWritten: Statement = statement(
  "INSERT INTO meta VALUES ('changed', changes()) ON CONFLICT DO UPDATE SET value = excluded.value",
  {},
);

/** Whether the line wrote anything. */
export const WRITTEN = "(SELECT value FROM meta WHERE key = 'changed') <> '0'";

/** What became of a line, as JSON text. @param isNew SQL: whether the row, which was written, is new. */
export const effect = (isNew: string, params: Statement["params"]): Statement =>
  statement(
    `SELECT iif(${WRITTEN}, iif(${isNew}, '"created"', '"changed"'), '"unchanged"') AS body, NULL AS etag`,
    params,
  );
