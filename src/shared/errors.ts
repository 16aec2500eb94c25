/**
 * The registry of errors. Every failure that leaves this server, over HTTP or at a terminal, has one of these
 * codes. A test compares them with `docs/errors.md`.
 *
 * `retry` says whether the same request may succeed later, and after how many seconds to retry. It is sent as
 * Retry-After unless the error has its own value. `false`: a retry can't help, or may do harm.
 */
export const ERRORS = {
  bad_request: {
    status: 400,
    title: "Malformed request",
    retry: false,
    hint: "Check the request line, headers and URL encoding.",
  },
  body_malformed: {
    status: 400,
    title: "Body is not valid JSON",
    retry: false,
    hint: "Send one JSON value encoded as UTF-8.",
  },
  cursor_invalid: {
    status: 400,
    title: "Invalid cursor",
    retry: false,
    hint: "Send `next` of the previous page unchanged, with the same sort; or start again without a cursor.",
  },
  unauthenticated: {
    status: 401,
    title: "Not authenticated",
    retry: false,
    hint: "Send a key or a session's token as `Authorization: Bearer …`, or log in with POST /v1/sessions.",
  },
  login_failed: {
    status: 401,
    title: "E-mail and password do not match",
    retry: false,
    hint: "Check both. POST /v1/password-resets sends a link to choose a new password.",
  },
  forbidden: {
    status: 403,
    title: "Not permitted",
    retry: false,
    hint: "The detail names the missing permission: use another key, or ask an admin.",
  },
  registration_closed: {
    status: 403,
    title: "Registration is closed",
    retry: false,
    hint: "Ask an admin to create the account: POST /v1/users, or `chinook user create`.",
  },
  host_not_allowed: {
    status: 403,
    title: "Host not allowed",
    retry: false,
    hint: "Use an address or localhost, or add this host to CHINOOK_ALLOWED_HOSTS.",
  },
  cross_origin: {
    status: 403,
    title: "Request from another site",
    retry: false,
    hint: "Send writes from the server's own pages, or add the page's origin to CHINOOK_CORS_ORIGINS.",
  },
  not_found: {
    status: 404,
    title: "Not found",
    retry: false,
    hint: "Check the id; the resource may have been deleted.",
  },
  route_unknown: {
    status: 404,
    title: "No such route",
    retry: false,
    hint: "See /openapi.json for every route.",
  },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    retry: false,
    hint: "The Allow header lists the methods of this route.",
  },
  request_timeout: {
    status: 408,
    title: "Request took too long to arrive",
    retry: 1,
    hint: "Send the whole request without pausing.",
  },
  in_use: {
    status: 409,
    title: "Still in use",
    retry: false,
    hint: "First delete or change what refers to it.",
  },
  already_exists: {
    status: 409,
    title: "Already exists",
    retry: false,
    hint: "Nothing to do; or use another key.",
  },
  limit_reached: {
    status: 409,
    title: "Limit reached",
    retry: false,
    hint: "Delete some first. docs/limits.md lists the limits.",
  },
  backup_unknown: {
    status: 404,
    title: "No such backup",
    retry: false,
    hint: "List the backups with `chinook backup list` or GET /admin/backups.",
  },
  backup_running: {
    status: 409,
    title: "Another backup job is running",
    retry: 10,
    hint: "Only one backup job runs at a time: wait until it is done, then retry.",
  },
  not_cancellable: {
    status: 409,
    title: "Cannot be cancelled",
    retry: false,
    hint: "The job has ended, or it is not safe to stop it: its `cancellable` says whether it can be cancelled.",
  },
  idempotency_in_progress: {
    status: 409,
    title: "Same Idempotency-Key in progress",
    retry: 1,
    hint: "Wait for the first request's answer, then retry.",
  },
  changes_gone: {
    status: 410,
    title: "Changes no longer available",
    retry: false,
    hint: "Get /v1/changes without `since`, read everything again, and continue from the returned position.",
  },
  precondition_failed: {
    status: 412,
    title: "Changed since you read it",
    retry: false,
    hint: "Read it again, reapply your change and send the new ETag in If-Match.",
  },
  body_too_large: {
    status: 413,
    title: "Body too large",
    retry: false,
    hint: "Send at most 1 MiB and 10,000 values, nested 32 deep; split long arrays.",
  },
  media_type_unsupported: {
    status: 415,
    title: "Unsupported content type",
    retry: false,
    hint: "Send Content-Type: application/json, in UTF-8 and uncompressed.",
  },
  invalid: {
    status: 422,
    title: "Invalid input",
    retry: false,
    hint: "`errors` names each field or parameter and what was expected.",
  },
  reference_unknown: {
    status: 422,
    title: "Refers to something that does not exist",
    retry: false,
    hint: "`errors` names the field; create what it refers to first.",
  },
  idempotency_mismatch: {
    status: 422,
    title: "Idempotency-Key was used for another request",
    retry: false,
    hint: "Use a new key for a new request.",
  },
  oidc_failed: {
    status: 422,
    title: "Login at the provider failed",
    retry: false,
    hint: "Begin again with GET /v1/oidc/{provider}/login.",
  },
  link_invalid: {
    status: 422,
    title: "Link expired or used",
    retry: false,
    hint: "A link works once, for a limited time: request a new one.",
  },
  password_refused: {
    status: 422,
    title: "Password not accepted",
    retry: false,
    hint: "Choose one of 8 to 256 characters that is not among the most common ones.",
  },
  sql_refused: {
    status: 422,
    title: "SQL not run",
    retry: false,
    hint: "One statement that reads: the detail says what is wrong with this one.",
  },
  sql_too_expensive: {
    status: 422,
    title: "SQL took too much",
    retry: false,
    hint: "Ask for less: a query may take 5 seconds and 384 MiB of memory, and must not hold the WAL back.",
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    retry: 1,
    hint: "Wait for the time in Retry-After, then retry. RateLimit-Policy states the limit.",
  },
  headers_too_large: {
    status: 431,
    title: "Headers too large",
    retry: false,
    hint: "Keep the request line and headers under 16 KiB.",
  },
  internal: {
    status: 500,
    title: "Internal error",
    retry: false,
    hint: "This is a defect of the server: report the request_id.",
  },
  method_unknown: {
    status: 501,
    title: "No such method",
    retry: false,
    hint: "Send OPTIONS to a path for its methods.",
  },
  sql_unavailable: {
    status: 501,
    title: "SQL cannot be run safely here",
    retry: false,
    hint: "Run the server with Node.js 24.21 or newer.",
  },
  provider_unavailable: {
    status: 503,
    title: "Login provider not available",
    retry: 10,
    hint: "Log in with a password, or try again later.",
  },
  overloaded: {
    status: 503,
    title: "Overloaded",
    retry: 1,
    hint: "Wait for the time in Retry-After, then retry.",
  },
  read_timeout: {
    status: 503,
    title: "Read took too long",
    retry: 1,
    hint: "Retry later, or request less.",
  },
  write_timeout: {
    status: 503,
    title: "Write waited too long and was not sent",
    retry: 1,
    hint: "Nothing was written: retry.",
  },
  wal_full: {
    status: 503,
    title: "WAL past its limit",
    retry: 1,
    hint: "Nothing was written: retry. If it persists, end the long read of another process that blocks the checkpoint.",
  },
  busy: {
    status: 503,
    title: "Database busy",
    retry: 1,
    hint: "Another process locks the database file: stop it, or retry later.",
  },
  closing: {
    status: 503,
    title: "Shutting down",
    retry: 2,
    hint: "Connect again: another instance may be running.",
  },
  not_ready: {
    status: 503,
    title: "Not ready",
    retry: 1,
    hint: "See /health for the reason, then retry.",
  },
  reader_lost: {
    status: 503,
    title: "Reader thread lost",
    retry: 1,
    hint: "It is being replaced: retry.",
  },
  writer_lost: {
    status: 503,
    title: "Writer thread lost",
    retry: 1,
    hint: "It is being replaced, and nothing was written: retry.",
  },
  behind: {
    status: 503,
    title: "This server has not come as far",
    retry: 1,
    hint: "It does not yet show what the request's Chinook-Position asks for: retry, or ask another server.",
  },
  outcome_unknown: {
    status: 503,
    title: "Write outcome unknown",
    retry: false,
    hint: "It may have been applied. Retry with the same Idempotency-Key, or read before you retry.",
  },
  read_only: {
    status: 503,
    title: "Database not writable",
    retry: false,
    hint: "Check the permissions of the database file, its folder and the file system.",
  },
  database_moved: {
    status: 503,
    title: "Database file or its lock moved or deleted",
    retry: 5,
    hint: "Nothing was written. Put the file back: the server then continues by itself. Or restore a backup and restart it.",
  },
  io_failed: {
    status: 503,
    title: "Disk input or output failed",
    retry: 5,
    hint: "Check the disk and the system log.",
  },
  corrupt: {
    status: 503,
    title: "Database file damaged",
    retry: false,
    hint: "Stop the server and restore a backup.",
  },
  backup_failed: {
    status: 503,
    title: "Backup failed",
    retry: 60,
    hint: "Check the backup folder, its permissions and its disk.",
  },
  bucket_failed: {
    status: 503,
    title: "Object storage failed",
    retry: 60,
    hint: "Check bucket, endpoint, region and credentials. Backups in the folder are not affected.",
  },
  s3_client_missing: {
    status: 503,
    title: "S3 library not installed",
    retry: false,
    hint: "Install it: `npm install @aws-sdk/client-s3 @aws-sdk/lib-storage`.",
  },
  disk_full: {
    status: 507,
    title: "Disk full",
    retry: 10,
    hint: "Free some space: the server then continues by itself.",
  },

  import_refused: {
    status: 409,
    title: "Import refused",
    retry: false,
    hint: "Use another file with --database, or replace the catalogue with --replace; a backup is made first.",
  },
  import_running: {
    status: 409,
    title: "Another import is running",
    retry: false,
    hint: "Nothing was changed. Wait until it is done, then check whether yours is still needed.",
  },

  // At a terminal only. These are never sent over HTTP.
  usage: { status: 0, title: "Wrong usage", retry: false, hint: "Run with --help." },
  node_too_old: {
    status: 0,
    title: "Node.js is too old",
    retry: false,
    hint: "Install Node.js 24 or newer.",
  },
  sqlite_too_old: {
    status: 0,
    title: "SQLite is too old",
    retry: false,
    hint: "Reinstall the dependencies with `npm ci`.",
  },
  vectors_unavailable: {
    status: 0,
    title: "Vector extension not usable",
    retry: false,
    hint: "Reinstall the dependencies with `npm ci` on this machine; see `chinook verify-vector-extension`.",
  },
  model_unusable: {
    status: 0,
    title: "Sentence model not usable",
    retry: false,
    hint: "See CHINOOK_LYRIC_MODEL in docs/settings.md for the files that the folder needs and the package that runs the model.",
  },
  backup_damaged: {
    status: 0,
    title: "Backup damaged",
    retry: false,
    hint: "Use another one: `chinook backup list` lists them. Check the disk.",
  },
  backup_too_new: {
    status: 0,
    title: "Backup of a newer release",
    retry: false,
    hint: "Restore it with the release that made it, or a newer one.",
  },
  locked: {
    status: 0,
    title: "Another server is using the database",
    retry: false,
    hint: "Stop it, or use another file with --database.",
  },
  database_unusable: {
    status: 0,
    title: "Database cannot be opened",
    retry: false,
    hint: "Check the path and its permissions.",
  },
  migration_refused: {
    status: 0,
    title: "Migrations refused",
    retry: false,
    hint: "Restore the migration files of this release; never edit an applied one.",
  },
  import_unreadable: {
    status: 0,
    title: "Not an importable file",
    retry: false,
    hint: "Give an SQLite file with the eleven tables of the Chinook sample.",
  },
  listen_failed: {
    status: 0,
    title: "Cannot listen",
    retry: false,
    hint: "Choose another port with --port (0 = any free one).",
  },
  server_missing: {
    status: 0,
    title: "No server runs",
    retry: false,
    hint: "Start one with `chinook serve`, or give the served file with --database.",
  },
  server_failed: {
    status: 0,
    title: "Unexpected answer from the server",
    retry: false,
    hint: "Check its log.",
  },
} as const satisfies Record<string, ErrorKind>;

interface ErrorKind {
  readonly status: number;
  readonly title: string;
  readonly retry: false | number;
  readonly hint: string;
}

export type ErrorCode = keyof typeof ERRORS;

/** One problem of the input: where (a JSON pointer into the body, or a parameter's name) and what was expected. */
export type InputError =
  | { readonly pointer: string; readonly detail: string }
  | { readonly parameter: string; readonly detail: string };

interface AppErrorOptions {
  /** What happened in this case. The registry's title is the general description. */
  readonly detail?: string | undefined;
  readonly errors?: readonly InputError[] | undefined;
  /** Seconds for the Retry-After header, if different from the registry's. */
  readonly retryAfter?: number | undefined;
  /** Headers that the response must have, such as WWW-Authenticate. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly cause?: unknown;
}

/** An expected failure with a code of the registry. Any other thrown error is a defect (`internal`). */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly errors: readonly InputError[] | undefined;
  readonly retryAfter: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.detail ?? ERRORS[code].title, { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
    this.headers = options.headers;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/**
 * A thread's failure as plain data. It survives structured cloning, and the main thread rebuilds the error from it.
 */
export interface Failure {
  /** SQLite's extended result code, such as `SQLITE_CONSTRAINT_FOREIGNKEY`, or an {@link ErrorCode}. */
  readonly code: string;
  readonly message: string;
  readonly errors?: readonly InputError[];
}

export function toFailure(error: unknown): Failure {
  if (error instanceof Error) {
    return { code: "code" in error ? String(error.code) : "internal", message: error.message };
  }
  return { code: "internal", message: String(error) };
}

/**
 * SQLite's result codes for environmental errors, mapped to codes of the registry. The first prefix that matches
 * counts, so an extended code precedes its family. Codes not listed (`SQLITE_ERROR`, `SQLITE_MISUSE`, …) are
 * defects of the server: `internal`. docs/errors.md has the same table, and a test compares them.
 */
export const SQLITE_CODES: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ["SQLITE_CONSTRAINT_FOREIGNKEY", "in_use"],
  ["SQLITE_CONSTRAINT_PRIMARYKEY", "already_exists"],
  ["SQLITE_CONSTRAINT_UNIQUE", "already_exists"],
  ["SQLITE_CONSTRAINT", "invalid"],
  ["SQLITE_MISMATCH", "invalid"],
  ["SQLITE_TOOBIG", "body_too_large"],
  ["SQLITE_BUSY", "busy"],
  ["SQLITE_LOCKED", "busy"],
  ["SQLITE_PROTOCOL", "busy"],
  ["SQLITE_NOMEM", "overloaded"],
  ["SQLITE_FULL", "disk_full"],
  ["SQLITE_READONLY", "read_only"],
  ["SQLITE_PERM", "read_only"],
  ["SQLITE_IOERR_CORRUPTFS", "corrupt"],
  ["SQLITE_IOERR_DATA", "corrupt"],
  ["SQLITE_IOERR_NOMEM", "overloaded"],
  ["SQLITE_IOERR", "io_failed"],
  ["SQLITE_CANTOPEN", "io_failed"],
  ["SQLITE_CORRUPT", "corrupt"],
  ["SQLITE_NOTADB", "corrupt"],
];

/** Maps a thread's failure to the registry. SQLite's own code and message are kept in `cause`. */
export function fromFailure(failure: Failure): AppError {
  const cause = Object.assign(new Error(failure.message), { code: failure.code });
  if (failure.code in ERRORS) {
    return new AppError(failure.code as ErrorCode, { detail: failure.message, errors: failure.errors });
  }
  const known = SQLITE_CODES.find(([prefix]) => failure.code.startsWith(prefix));
  return new AppError(known?.[1] ?? "internal", { cause });
}
