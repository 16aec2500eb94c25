import type { Param } from "./protocol.ts";

/** An operator's query, as sent to the process that runs it. */
export interface SqlRequest {
  readonly file: string;
  readonly sql: string;
  readonly params: readonly Param[] | Readonly<Record<string, Param>>;
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly format: "json" | "csv";
}

/** Its result, as the text of an answer. */
export interface SqlResult {
  readonly body: string;
  readonly rows: number;
  /** Whether there were more rows than requested, or than fit. */
  readonly truncated: boolean;
  /** Milliseconds in SQLite. */
  readonly ms: number;
}

/**
 * Columns that are read as NULL: secrets, data they are derived from, and stored answers that may contain
 * one. A test compares this list with the schema.
 */
export const SECRET_COLUMNS: ReadonlySet<string> = new Set([
  "users.password",
  "sessions.token_hash",
  "api_keys.secret_hash",
  "one_time_tokens.token_hash",
  "idempotency_keys.body",
  "idempotency_keys.fingerprint",
]);
