import type { Param } from "./protocol.ts";

/** An operator's query, as it goes to the process that runs it. */
export interface SqlRequest {
  readonly file: string;
  readonly sql: string;
  readonly params: readonly Param[] | Readonly<Record<string, Param>>;
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly format: "json" | "csv";
}

/** What it gave, as the text of an answer. */
export interface SqlResult {
  readonly body: string;
  readonly rows: number;
  /** Whether there were more rows than were asked for, or than fit. */
  readonly truncated: boolean;
  /** Milliseconds in SQLite. */
  readonly ms: number;
}

/**
 * Columns that are read as NULL: secrets, what they are derived from, and answers that were given once and may hold
 * one. A test holds this list against the schema.
 */
export const SECRET_COLUMNS: ReadonlySet<string> = new Set([
  "users.password",
  "sessions.token_hash",
  "api_keys.secret_hash",
  "one_time_tokens.token_hash",
  "idempotency_keys.body",
  "idempotency_keys.fingerprint",
]);
