import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { getLoadablePath } from "sqlite-vec";
import { AppError, type ErrorCode } from "../shared/errors.ts";
import { serveRequests } from "../shared/helper.ts";
import type { SqlRequest, SqlResult } from "../shared/sql-request.ts";
import { authorize, comparesUnasked } from "./sql-authorizer.ts";

/**
 * A process that runs an operator's SQL, one query at a time. Nothing in it can write:
 *
 * - The connection is read-only and defensive. SQLite's authorizer checks each action of a statement while it
 *   is compiled: only those listed in `sql-authorizer.ts` are allowed.
 * - It is a process because no query can be interrupted from within: its parent kills it at its deadline, and
 *   it kills itself at its memory limit. It is not the thread of a lane, because this is Node's own SQLite,
 *   which has an authorizer: two copies of SQLite in one process would release each other's locks.
 */

/** Maximum bytes of one value. */
const MAX_VALUE = 16 * 1_048_576;
const MAX_SQL = 100_000;
/** Maximum memory of this process in bytes; beyond it, it ends itself. */
const MAX_MEMORY = 384 * 1_048_576;

/** Checks the memory on a separate thread, since a query blocks this one. */
const WATCHDOG = `setInterval(() => {
  if (process.memoryUsage.rss() > ${MAX_MEMORY}) process.kill(process.pid, "SIGKILL");
}, 5)`;

function open(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true, allowExtension: true, timeout: 1_000 });
  // The types of this Node.js release lack it.
  const { limits } = db as unknown as { limits?: Record<string, number> };
  if (limits === undefined || typeof db.setAuthorizer !== "function") {
    db.close();
    throw new AppError("sql_unavailable", {
      detail: `Node.js ${process.versions.node} has no limits for SQL`,
    });
  }
  db.loadExtension(getLoadablePath());
  db.enableLoadExtension(false);
  db.enableDefensive(true);
  db.exec("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF");
  Object.assign(limits, {
    length: MAX_VALUE,
    sqlLength: MAX_SQL,
    attach: 0,
    exprDepth: 200,
    vdbeOp: 100_000,
  });
  db.setAuthorizer(authorize);
  return db;
}

function run(request: SqlRequest): SqlResult {
  const db = open(request.file);
  try {
    return read(db, request);
  } catch (error) {
    throw error instanceof AppError ? error : refused(error);
  } finally {
    db.close();
  }
}

/** SQLite's result codes for errors that the query did not cause. */
const SERVER_ERRORS: Readonly<Record<number, ErrorCode>> = {
  5: "busy",
  6: "busy",
  10: "io_failed",
  11: "corrupt",
  26: "corrupt",
};
const AUTH = 23;

/** SQLite's message about the query is passed on. */
function refused(error: unknown): AppError {
  const { errcode = 0, message } = error as Error & { errcode?: number };
  const other = SERVER_ERRORS[errcode & 0xff];
  if (other !== undefined) return new AppError(other, { cause: error });
  const detail = errcode === AUTH ? `${message}: only reading is allowed here` : message;
  return new AppError("sql_refused", { detail, cause: error });
}

function read(db: DatabaseSync, { sql, params, maxRows, maxBytes, format }: SqlRequest): SqlResult {
  if (comparesUnasked(sql)) {
    const detail = "USING and NATURAL are not allowed with a table that holds secrets: use ON";
    throw new AppError("sql_refused", { detail });
  }
  const started = performance.now();
  const statement = db.prepare(sql);
  if (!isEnd(sql.slice(statement.sourceSQL.length)))
    throw new AppError("sql_refused", { detail: "there is more than one statement" });
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  statement.setAllowUnknownNamedParameters(false);
  const columns = statement.columns().map(({ name }) => name ?? "");
  const given = Array.isArray(params) ? params : [params as Record<string, null>];
  const write = format === "json" ? jsonText : csvText;
  const texts: string[] = [];
  let [bytes, truncated] = [0, false];
  for (const row of statement.iterate(...(given as never[])) as unknown as Iterable<SQLOutputValue[]>) {
    const text = write(row.map(plain));
    bytes += Buffer.byteLength(text);
    truncated = texts.length === maxRows || bytes > maxBytes;
    if (truncated) break;
    texts.push(text);
  }
  const ms = performance.now() - started;
  const head = { columns, truncated, ms: Math.round(ms * 1_000) / 1_000 };
  const body =
    format === "csv"
      ? `${[csvText(columns), ...texts].join("\r\n")}\r\n`
      : `{${JSON.stringify(head).slice(1, -1)},"rows":[${texts.join(",")}]}`;
  return { body, rows: texts.length, truncated, ms };
}

/** Whether nothing but blanks, comments and semicolons follow. */
const isEnd = (rest: string): boolean =>
  rest.replaceAll(/--[^\n]*|\/\*[\s\S]*?(\*\/|$)/g, "").replaceAll(/[\s;]/g, "") === "";

/** Integers beyond the range of JSON numbers are texts; bytes are SQL literals. */
function plain(value: SQLOutputValue): string | number | null {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString("hex")}'`;
  return value;
}

/** Infinity, which JSON lacks, is a text. */
const jsonText = (row: readonly (string | number | null)[]): string =>
  JSON.stringify(row.map((value) => (value === Infinity || value === -Infinity ? String(value) : value)));

/** RFC 4180. NULL is an empty field, an empty text an empty field in quotes. */
const csvText = (row: readonly (string | number | null)[]): string =>
  row
    .map((value) => {
      if (value === null) return "";
      const text = String(value);
      return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(",");

new Worker(WATCHDOG, { eval: true }).unref();
serveRequests(run);
