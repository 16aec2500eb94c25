import { z } from "zod";
import type { Command } from "../../engine/commands/command.ts";
import type { Commands } from "../../engine/commands/command-bus.ts";
import type { Answers } from "../../engine/reads/answers.ts";
import { readJson, validate } from "../../http/input.ts";
import { readRoute } from "../../http/read-route.ts";
import { empty, json, type Reply } from "../../http/reply.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import { BULK_COMMANDS } from "../bulk/commands.ts";
import { SOURCE_READ } from "../bulk/source.ts";
import { noParameters, pathOf } from "../catalogue/routes.ts";
import { statsOf } from "../discover/coverage.ts";
import type { VectorGeneration } from "../discover/generation.ts";
import { SPREAD_COMMANDS } from "../discover/spread-commands.ts";
import { FTS_ACTIONS } from "../search/upkeep.ts";

/** Bytes: a chunk of a bulk load is larger than what a client may send elsewhere. */
const MAX_CHUNK = 16 * 1_048_576;

export interface AdminOptions {
  readonly answers: Answers;
  readonly commands: Commands;
  readonly optimize: () => Promise<{ ms: number }>;
  readonly checkpoint: () => Promise<{ complete: boolean; ms: number }>;
  readonly cacheStats: () => unknown;
  readonly clearCache: () => void;
  readonly generation: Pick<VectorGeneration, "poke">;
}
const DONE = { 204: { description: "Done." } };
const anObject = { 200: { description: "The figures.", body: z.looseObject({}) } };

/** What the commands of a terminal need of a running server. */
export const adminRoutes = (options: AdminOptions): Route[] => [
  bulkRoute("/admin/bulk", "Load rows of one table", BULK_COMMANDS.load, options.commands),
  bulkRoute("/admin/bulk/clear", "Delete the whole catalogue", BULK_COMMANDS.clear, options.commands),
  bulkRoute(
    "/admin/bulk/source",
    "Note where the catalogue came from",
    BULK_COMMANDS.source,
    options.commands,
  ),
  readRoute({
    path: "/admin/bulk/source",
    tag: "admin",
    summary: "Where the catalogue came from",
    read: SOURCE_READ,
    answers: options.answers,
    response: {
      description: "The source.",
      body: z.object({ source: z.string().nullable(), empty: z.boolean() }),
    },
  }),
  actionRoute("POST", "/admin/optimize", "Refresh what the query planner knows", options.optimize),
  actionRoute("POST", "/admin/checkpoint", "Move the WAL into the database file", options.checkpoint),
  actionRoute("POST", "/admin/fts/rebuild", "Make the text index anew", () =>
    FTS_ACTIONS.rebuild(options.commands),
  ),
  actionRoute("POST", "/admin/fts/optimize", "Join the parts of the text index", () =>
    FTS_ACTIONS.optimize(options.commands),
  ),
  actionRoute("POST", "/admin/fts/validate", "Compare text index and catalogue", () =>
    FTS_ACTIONS.validate(options.commands),
  ),
  actionRoute("GET", "/admin/fts/stats", "What the text index holds", () =>
    FTS_ACTIONS.stats(options.commands),
  ),
  actionRoute("GET", "/admin/vectors", "How far the vectors are", () => statsOf(options.answers)),
  actionRoute(
    "POST",
    "/admin/vectors/generate",
    "Compute whatever vectors are missing or failed",
    async () => {
      await options.commands.execute(SPREAD_COMMANDS.request, {});
      options.generation.poke();
      return statsOf(options.answers);
    },
  ),
  actionRoute("GET", "/admin/cache", "What is cached", options.cacheStats),
  route({
    method: "DELETE",
    path: "/admin/cache",
    tag: "admin",
    summary: "Empty the cache",
    responses: DONE,
    handle: (call) => {
      pathOf(call, noParameters);
      options.clearCache();
      return empty(204);
    },
  }),
];

function bulkRoute<I>(path: string, summary: string, command: Command<I>, commands: Commands): Route {
  return route({
    method: "POST",
    path,
    tag: "admin",
    summary,
    body: command.input,
    responses: command.answer === undefined ? DONE : anObject,
    handle: async (call: Call): Promise<Reply> => {
      pathOf(call, noParameters);
      const { value } = await readJson(call.incoming, MAX_CHUNK);
      const { body } = await commands.execute(command, validate(command.input, value, "pointer"));
      return body === null ? empty(204) : json(200, body, { "cache-control": "no-store" });
    },
  });
}

function actionRoute(method: "GET" | "POST", path: string, summary: string, action: () => unknown): Route {
  return route({
    method,
    path,
    tag: "admin",
    summary,
    responses: anObject,
    handle: async (call) => {
      pathOf(call, noParameters);
      return json(200, JSON.stringify(await action()), { "cache-control": "no-store" });
    },
  });
}
