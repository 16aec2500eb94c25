import { z } from "zod";
import { CHUNK_ROWS } from "../../../shared/tables.ts";
import type { Command } from "../../engine/commands/command.ts";
import type { Commands } from "../../engine/commands/command-bus.ts";
import type { Answers } from "../../engine/reads/answers.ts";
import { noParameters, pathOf, readJson, validate } from "../../http/input.ts";
import { readRoute } from "../../http/read-route.ts";
import { empty, json, type Reply } from "../../http/reply.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import { BULK_COMMANDS } from "./commands.ts";
import { type LoadingOptions, loadingRoutes } from "./loading-routes.ts";
import { SOURCE_READ } from "./source.ts";

/** A chunk may be larger than other requests: a thousand rows of up to twenty values. */
const CHUNK_BOUNDS = { bytes: 4 * 1_048_576, values: 20 * CHUNK_ROWS };

/** Routes for `chinook import` and `chinook generate` with a running server. */
export const bulkRoutes = (answers: Answers, commands: Commands, loading: LoadingOptions): Route[] => [
  ...loadingRoutes(loading),
  bulkRoute("/admin/bulk", "Load rows of one table", BULK_COMMANDS.load, commands),
  bulkRoute("/admin/bulk/source", "Record the catalogue's source", BULK_COMMANDS.source, commands),
  readRoute({
    path: "/admin/bulk/source",
    access: "operate:read",
    tag: "admin",
    summary: "The catalogue's source",
    read: SOURCE_READ,
    answers,
    response: {
      description: "The source.",
      body: z.object({ source: z.string().nullable(), empty: z.boolean(), changed: z.boolean() }),
    },
  }),
];

function bulkRoute<I>(path: string, summary: string, command: Command<I>, commands: Commands): Route {
  return route({
    method: "POST",
    path,
    access: "operate",
    // One of the many requests of one load.
    told: false,
    tag: "admin",
    summary,
    body: command.input,
    responses:
      command.answer === undefined
        ? { 204: { description: "Done." } }
        : { 200: { description: "The figures.", body: z.looseObject({}) } },
    handle: async (call: Call): Promise<Reply> => {
      pathOf(call, noParameters);
      const { value } = await readJson(call, CHUNK_BOUNDS);
      const { body } = await commands.execute(command, validate(command.input, value, "pointer"));
      return body === null ? empty(204) : json(200, body, { "cache-control": "no-store" });
    },
  });
}
