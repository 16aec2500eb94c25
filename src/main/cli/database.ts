import { existsSync } from "node:fs";
import { type Holder, readHolder, WriterLock } from "../../shared/database/lock.ts";
import { readOperatorToken } from "../../shared/database/operator.ts";
import { databaseExists, finishReplacement } from "../../shared/database/replacement.ts";
import { AppError, fromFailure } from "../../shared/errors.ts";
import type { Settings } from "../../shared/settings.ts";
import { createLog, type Logger } from "../engine/log.ts";
import { createMetrics } from "../engine/metrics.ts";
import { WriteSide } from "../engine/write-side.ts";

/**
 * A database that a command writes to: through the server that holds it, or with a writer of its own. Whichever
 * it is, there is one writer, and it is the same code.
 */
export interface Connected {
  /** What it is, for a person: the file, and the server that holds it. */
  readonly name: string;
  readonly through: { readonly server: string } | { readonly writes: WriteSide };
  close(): Promise<void>;
}

/** What is done before the schema of a database that holds something is changed: the feature of backups knows. */
export type BeforeMigration = (settings: Settings, log: Logger) => Promise<unknown>;

/** How a command opens a database: nobody reads beside it, and nobody watches. */
export function unwatched(settings: Settings, beforeMigration: BeforeMigration) {
  const log = createLog("silent");
  const whileScansHeld = <T>(action: () => Promise<T>): Promise<T> => action();
  return {
    ...{ settings, log, metrics: createMetrics(), invalidate: () => {}, whileScansHeld },
    beforeMigration: () => beforeMigration(settings, log),
  };
}

/**
 * @param create whether a database is made where there is none: for the commands that fill one.
 * @throws AppError `locked` when somebody holds it who does not answer requests; `database_unusable`.
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

/** @throws AppError `locked` when somebody holds it, server or not. */
export async function openLocal(settings: Settings, beforeMigration: BeforeMigration): Promise<Connected> {
  const writes = await WriteSide.open(unwatched(settings, beforeMigration));
  return { name: settings.database, through: { writes }, close: () => writes.close() };
}

/**
 * For those who ask about a database: a path that was mistyped makes none. An exchange that was cut off is finished,
 * unless somebody holds the database, who has done so.
 *
 * @throws AppError `database_unusable`.
 */
export function assertDatabase(file: string): void {
  if (existsSync(file)) return;
  if (!databaseExists(file)) {
    throw new AppError("database_unusable", { detail: `there is no ${file}; \`chinook setup\` makes one` });
  }
  const lock = new WriterLock(file);
  try {
    finishReplacement(file);
  } finally {
    lock.release();
  }
}

/** By the server's URL: what makes this command known to it as the operator's, where it asks. */
const tokens = new Map<string, string | undefined>();

export function authorization(server: string): Record<string, string> {
  const token = tokens.get(server);
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The URL of the server that holds the database, if one does and answers. */
export async function runningServer(file: string): Promise<string | undefined> {
  const holder: Holder | undefined = readHolder(file);
  if (holder?.url == null) return undefined;
  try {
    const response = await fetch(new URL("/livez", holder.url), { signal: AbortSignal.timeout(2_000) });
    if (!response.ok) return undefined;
    tokens.set(holder.url, readOperatorToken(file));
    return holder.url;
  } catch {
    return undefined;
  }
}

/** @throws AppError with the code that the server answered. @returns the body. */
export async function request(server: string, method: string, path: string, body?: unknown): Promise<string> {
  const headers = {
    ...authorization(server),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(new URL(path, server), { method, headers, ...content }).catch((cause) => {
    throw new AppError("server_failed", { detail: `${server} gave no answer: it may have ended`, cause });
  });
  const text = await response.text();
  if (response.ok) return text;
  const problem = parseProblem(text);
  if (problem === undefined)
    throw new AppError("server_failed", { detail: `${response.status}: ${text.slice(0, 200)}` });
  throw fromFailure({ code: problem.code, message: problem.detail });
}

function parseProblem(text: string): { code: string; detail: string } | undefined {
  try {
    const { code, detail } = JSON.parse(text);
    return typeof code === "string" ? { code, detail: String(detail) } : undefined;
  } catch {
    return undefined;
  }
}
