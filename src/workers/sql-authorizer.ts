import { constants } from "node:sqlite";
import { SECRET_COLUMNS } from "../shared/sql-request.ts";

const { SQLITE_OK, SQLITE_DENY, SQLITE_IGNORE } = constants;

/** Pragmas that only report; some of them change something if given a value. */
const READ_ONLY_PRAGMAS = new Set([
  ...["table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"],
  ...["foreign_key_list", "collation_list", "compile_options", "function_list", "module_list"],
]);
const TELLING_WITHOUT_VALUE = new Set([
  ...["page_count", "page_size", "freelist_count", "user_version", "schema_version", "application_id"],
  // Used by FTS5.
  ...["encoding", "journal_mode", "data_version"],
]);

/** Functions with access to anything outside the database, whether this build has them or not. */
const EXTERNAL_FUNCTIONS = new Set([
  ...["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "sqlite_log", "vec_npy_file"],
]);

/** Tables that hold other tables' rows as bytes or samples. */
const HIDDEN_TABLES = new Set([
  "sqlite_dbpage",
  "sqlite_stat4",
  "sqlite_stat3",
  "sqlite_memstat",
  "sqlite_stmt",
]);

/**
 * SQLite calls this for each action of a statement before it runs. Only reading is allowed. A secret column
 * is read as NULL wherever the statement uses it: in the result, in a condition or in an order.
 */
export function authorize(action: number, first: string | null, second: string | null): number {
  switch (action) {
    case constants.SQLITE_SELECT:
    case constants.SQLITE_RECURSIVE:
      return SQLITE_OK;
    case constants.SQLITE_READ:
      return readOf(String(first).toLowerCase(), String(second).toLowerCase());
    case constants.SQLITE_FUNCTION:
      return EXTERNAL_FUNCTIONS.has(String(second).toLowerCase()) ? SQLITE_DENY : SQLITE_OK;
    case constants.SQLITE_PRAGMA:
      return pragmaOf(String(first).toLowerCase(), second);
    default:
      return SQLITE_DENY;
  }
}

function readOf(table: string, column: string): number {
  if (HIDDEN_TABLES.has(table)) return SQLITE_DENY;
  return SECRET_COLUMNS.has(`${table}.${column}`) ? SQLITE_IGNORE : SQLITE_OK;
}

function pragmaOf(name: string, value: string | null): number {
  if (READ_ONLY_PRAGMAS.has(name)) return SQLITE_OK;
  return TELLING_WITHOUT_VALUE.has(name) && value === null ? SQLITE_OK : SQLITE_DENY;
}

const SECRET_TABLES = new RegExp(
  `\\b(${[...new Set([...SECRET_COLUMNS].map((column) => column.split(".")[0]))].join("|")})\\b`,
  "i",
);

/**
 * The only gap: SQLite does not ask about the columns that USING and NATURAL compare. So a statement that
 * names a table with secrets must not contain either word.
 */
export const comparesUnasked = (sql: string): boolean =>
  SECRET_TABLES.test(sql) && /\b(using|natural)\b/i.test(sql);
