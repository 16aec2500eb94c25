import { existsSync } from "node:fs";
import { type Holder, readHolder, WriterLock } from "../../shared/database/lock.ts";
import { readOperatorToken } from "../../shared/database/operator.ts";
import { databaseExists, finishReplacement } from "../../shared/database/replacement.ts";
import { AppError, fromFailure } from "../../shared/errors.ts";
import type { Settings } from "../../shared/settings.ts";
import { createLog, type Logger } from "../engine/log.ts";
import { createMetrics } from "../engine/metrics.ts";
import { WriteSide } from "../engine/write-side.ts";
import { ask } from "./local-server.ts";

/**
 * A database for commands that write: through the server that holds it, or with a writer of their own. Both use the
 * same code, and there is always one writer.
 */
export interface Connected {
  /** For messages: the file, and the server that holds it. */
  readonly name: string;
  readonly through: { readonly server: string } | { readonly writes: WriteSide };
  close(): Promise<void>;
}

/** Runs before the migration of a database with data. The backups feature implements it. */
export type BeforeMigration = (settings: Settings, log: Logger) => Promise<unknown>;

/** Options for a database that a command opens itself: it has no readers and no metrics. */
export function unwatched(settings: Settings, beforeMigration: BeforeMigration) {
  const log = createLog("silent");
  const whileScansHeld = <T>(action: () => Promise<T>): Promise<T> => action();
  return {
    ...{ settings, log, metrics: createMetrics(), invalidate: () => {}, whileScansHeld },
    beforeMigration: () => beforeMigration(settings, log),
  };
}

/**
 * @param create whether to create a missing database: for the commands that fill one.
 * @throws AppError `locked` if its holder does not answer requests; `database_unusable`.
 */
export async function connect(
  settings: Settings,
  beforeMigration: BeforeMigration,
  create = false,
): Promise<Connected> {
  const { database } = settings;
  if (!create) assertDatabase(database);
  const server = await runningServer(database);
  if (server === undefined) return openLocal(settings, beforeMigration);
  return { name: `${database}, through ${server}`, through: { server }, close: async () => {} };
}

/** @throws AppError `locked` if another process holds it, server or not. */
export async function openLocal(settings: Settings, beforeMigration: BeforeMigration): Promise<Connected> {
  const writes = await WriteSide.open(unwatched(settings, beforeMigration));
  return { name: settings.database, through: { writes }, close: () => writes.close() };
}

/**
 * For commands that inspect a database: a mistyped path must not create one. An interrupted exchange is finished,
 * unless another process holds the database and has finished it.
 *
 * @throws AppError `database_unusable`.
 */
export function assertDatabase(file: string): void {
  if (existsSync(file)) return;
  if (!databaseExists(file)) {
    throw new AppError("database_unusable", {
      detail: `${file} does not exist; \`chinook setup\` creates it`,
    });
  }
  const lock = new WriterLock(file);
  try {
    finishReplacement(file);
  } finally {
    lock.release();
  }
}

/** Operator tokens by the server's URL. A token authenticates this command as the operator's, if the server asks. */
const tokens = new Map<string, string | undefined>();

export function authorization(server: string): Record<string, string> {
  const token = tokens.get(server);
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** How long a running server may take to answer. Milliseconds. */
const PATIENCE_MS = 2_000;

/** The URL of the server that holds the database, if it answers. */
export async function runningServer(file: string): Promise<string | undefined> {
  const holder: Holder | undefined = readHolder(file);
  if (holder?.url == null) return undefined;
  try {
    const { status } = await ask(holder.url, "/livez", { timeoutMs: PATIENCE_MS });
    if (status !== 200) return undefined;
    tokens.set(holder.url, readOperatorToken(file));
    return holder.url;
  } catch {
    return undefined;
  }
}

/** @throws AppError with the code of the server's answer. @returns the body. */
export async function request(
  server: string,
  method: string,
  path: string,
  body?: unknown,
  accept = "*/*",
): Promise<string> {
  const headers = {
    ...authorization(server),
    accept,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const { status, text } = await ask(server, path, { method, headers, ...content }).catch(unanswered(server));
  if (status < 300) return text;
  throw refusalOf(status, text);
}

/** @throws AppError `server_failed`. */
export const unanswered =
  (server: string) =>
  (cause: unknown): never => {
    throw new AppError("server_failed", { detail: `${server} did not answer: it may have stopped`, cause });
  };

/** The error that an answer tells of. */
export function refusalOf(status: number, text: string): AppError {
  const problem = parseProblem(text);
  return problem === undefined
    ? new AppError("server_failed", { detail: `${status}: ${text.slice(0, 200)}` })
    : fromFailure({ code: problem.code, message: problem.detail });
}

function parseProblem(text: string): { code: string; detail: string } | undefined {
  try {
    const { code, detail } = JSON.parse(text);
    return typeof code === "string" ? { code, detail: String(detail) } : undefined;
  } catch {
    return undefined;
  }
}
