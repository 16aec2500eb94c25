import { type Holder, readHolder } from "../../shared/database/lock.ts";
import { AppError, fromFailure } from "../../shared/errors.ts";
import type { Settings } from "../../shared/settings.ts";
import type { Chunk } from "../../shared/tables.ts";
import { createLog } from "../engine/log.ts";
import { createMetrics } from "../engine/metrics.ts";
import { WriteSide } from "../engine/storage/write-side.ts";
import { BULK_COMMANDS, type CatalogueSource } from "../features/bulk/commands.ts";
import { FTS_ACTIONS, type FtsAction } from "../features/search/upkeep.ts";
import { learnAll } from "../features/search/vocabulary.ts";

/**
 * A database that a command writes to: through the server that holds it, or with a writer of its own. Whichever
 * it is, there is one writer, and it is the same code.
 */
export interface Target {
  /** What it is, for a person: the file, and the server that holds it. */
  readonly name: string;
  /** @returns how many rows are new or changed. */
  load(chunk: Chunk): Promise<number>;
  clear(): Promise<void>;
  source(): Promise<{ readonly source: CatalogueSource | null; readonly empty: boolean }>;
  setSource(source: CatalogueSource): Promise<void>;
  optimize(): Promise<{ ms: number }>;
  fts(action: FtsAction): Promise<unknown>;
  close(): Promise<void>;
}

/** @throws AppError `locked` when somebody holds it who does not answer requests. */
export async function openTarget(settings: Settings): Promise<Target> {
  const server = await runningServer(settings.database);
  const { database } = settings;
  return server === undefined ? openLocal(settings) : remoteTarget(server, `${database}, through ${server}`);
}

/** The URL of the server that holds the database, if one does and answers. */
export async function runningServer(file: string): Promise<string | undefined> {
  const holder: Holder | undefined = readHolder(file);
  if (holder?.url == null) return undefined;
  try {
    const response = await fetch(new URL("/livez", holder.url), { signal: AbortSignal.timeout(2_000) });
    return response.ok ? holder.url : undefined;
  } catch {
    return undefined;
  }
}

async function openLocal(settings: Settings): Promise<Target> {
  const log = createLog("silent");
  const metrics = createMetrics();
  const whilePaused = <T>(action: () => Promise<T>): Promise<T> => action();
  const writes = await WriteSide.open({ settings, log, metrics, invalidate: () => {}, whilePaused });
  return localTarget(writes, settings.database);
}

/** The writer of this process as a target; the server fills its demo catalogue through the same. */
export function localTarget(writes: WriteSide, name: string): Target {
  const { commands } = writes;
  return {
    name,
    load: async (chunk) => changedOf((await commands.execute(BULK_COMMANDS.load, chunk)).body!),
    clear: async () => void (await commands.execute(BULK_COMMANDS.clear, {})),
    setSource: async (source) => void (await commands.execute(BULK_COMMANDS.source, { source })),
    source: async () => JSON.parse((await commands.execute(BULK_COMMANDS.inspect, {})).body!),
    optimize: async () => {
      await learnAll(commands);
      return writes.optimize();
    },
    fts: (action) => FTS_ACTIONS[action](commands),
    close: () => writes.close(),
  };
}

const changedOf = (body: string): number => (JSON.parse(body) as { changed: number }).changed;

function remoteTarget(server: string, name: string): Target {
  const call = (method: string, path: string, body?: unknown) => request(server, method, path, body);
  return {
    name,
    load: async (chunk) => changedOf(await call("POST", "/admin/bulk", chunk)),
    clear: async () => void (await call("POST", "/admin/bulk/clear", {})),
    setSource: async (source) => void (await call("POST", "/admin/bulk/source", { source })),
    source: async () => JSON.parse(await call("GET", "/admin/bulk/source")),
    optimize: async () => JSON.parse(await call("POST", "/admin/optimize")),
    fts: async (action) =>
      JSON.parse(await call(action === "stats" ? "GET" : "POST", `/admin/fts/${action}`)),
    close: async () => {},
  };
}

/** @throws AppError with the code that the server answered. @returns the body. */
export async function request(server: string, method: string, path: string, body?: unknown): Promise<string> {
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(new URL(path, server), { method, ...content });
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
