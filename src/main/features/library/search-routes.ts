import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { Answers } from "../../engine/reads/answers.ts";
import { change, create, type Writes } from "../../http/command-route.ts";
import { entryReply } from "../../http/entry-reply.ts";
import { idText } from "../../http/fields.ts";
import { bodyOf, noParameters, parseQuery, pathOf, validate } from "../../http/input.ts";
import { pageSchema } from "../../http/page-schema.ts";
import { readRoute } from "../../http/read-route.ts";
import type { Reply } from "../../http/reply.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import { KINDS } from "../../model/kinds.ts";
import { listenerOf } from "./listener.ts";
import { RUN_READ, type RunParams, runParams } from "./search-run.ts";
import {
  SEARCH_COMMANDS,
  SEARCH_READS,
  savedBody,
  savedChange,
  savedSchema,
  type TrackSearch,
} from "./searches.ts";

const PATH = "/v1/saved-searches";
const idParameter = z.strictObject({ id: idText });
const one = {
  description: "The saved search.",
  body: savedSchema,
  headers: ["ETag", "Cache-Control"],
} as const;

const inputOf = (call: Call) => ({
  me: listenerOf(call.principal),
  ...pathOf<{ id: number }>(call, idParameter),
});

export const searchRoutes = (answers: Answers, writes: Writes): Route[] => [
  readRoute({
    path: PATH,
    access: "library",
    tag: "library",
    operationId: "listSavedSearches",
    summary: "One's saved searches",
    read: SEARCH_READS.LIST,
    answers,
    response: { description: "A page.", body: pageSchema(savedSchema) },
  }),
  readRoute({
    path: `${PATH}/{id}`,
    access: "library",
    tag: "library",
    operationId: "getSavedSearch",
    summary: "One saved search",
    description: "One's own, or another's public one.",
    read: SEARCH_READS.ONE,
    answers,
    response: one,
  }),
  running(answers),
  ...changing(writes),
];

const running = (answers: Answers): Route =>
  route({
    method: "GET",
    path: `${PATH}/{id}/tracks`,
    access: "library",
    load: "search",
    tag: "library",
    operationId: "runSavedSearch",
    summary: "What a saved search finds now",
    description:
      "A collection that fills itself. What it says of plays, favourites and ratings is about whoever looks. `total` is always there.",
    parameters: runParams as unknown as z.ZodObject,
    headers: ["If-None-Match", "If-Match"],
    responses: {
      200: {
        description: "A page.",
        body: pageSchema(KINDS.tracks.schema),
        headers: ["ETag", "Cache-Control", "Cache-Status", "Link"],
      },
    },
    handle: (call) => run(answers, call),
  });

/** The search is a part of what is asked for, so an answer is of the search as it was read. */
async function run(answers: Answers, call: Call): Promise<Reply> {
  const given = { ...parseQuery(call.url), id: call.param("id") };
  const params = validate<RunParams>(runParams, given, "parameter");
  const principal = call.principal.id;
  const { search, looked_at } = await saved(answers, params.id, principal);
  const asked = { ...params, principal, search, looked_at };
  const key = Answers.key(RUN_READ, asked);
  const cached = answers.cached(RUN_READ, key);
  const sending = { personal: true, aged: false, paged: true };
  if (cached !== undefined) return entryReply(sending, cached, "hit", call);
  const found = await answers.fetch(RUN_READ, asked, key);
  return entryReply(sending, found!.entry, found!.from, call);
}

/** @throws AppError `not_found`. */
async function saved(answers: Answers, id: number, principal: string) {
  const params = { id, principal };
  const key = Answers.key(SEARCH_READS.ONE, params);
  const entry =
    answers.cached(SEARCH_READS.ONE, key) ?? (await answers.fetch(SEARCH_READS.ONE, params, key))?.entry;
  if (entry === undefined) throw new AppError("not_found");
  return JSON.parse(entry.body) as { search: TrackSearch; looked_at: string | null };
}

const changing = (writes: Writes): Route[] => [
  route({
    method: "POST",
    batch: true,
    path: PATH,
    access: "library",
    tag: "library",
    operationId: "saveSearch",
    summary: "Save a search by name",
    body: savedBody,
    headers: ["Idempotency-Key"],
    responses: {
      201: { ...one, description: "Saved.", headers: ["Location", "Idempotency-Replayed", ...one.headers] },
    },
    failures: ["limit_reached"],
    handle: async (call) => {
      pathOf(call, noParameters);
      const { body, text } = await bodyOf(call, savedBody);
      const input = { me: listenerOf(call.principal), body };
      return create(writes, call, SEARCH_COMMANDS.create, input, text, (id) => `${PATH}/${id}`);
    },
  }),
  route({
    method: "PATCH",
    batch: true,
    path: `${PATH}/{id}`,
    access: "library",
    tag: "library",
    operationId: "changeSavedSearch",
    summary: "Rename a saved search, or look for something else",
    parameters: idParameter,
    body: savedChange,
    headers: ["If-Match", "If-None-Match"],
    responses: { 200: one },
    handle: async (call) => {
      const input = inputOf(call);
      const { body } = await bodyOf(call, savedChange);
      return change(writes, call, SEARCH_COMMANDS.patch, { ...input, body });
    },
  }),
  route({
    method: "POST",
    batch: true,
    path: `${PATH}/{id}/look`,
    access: "library",
    tag: "library",
    operationId: "lookAtSavedSearch",
    summary: "Say that one has looked",
    description: "With `new=1` its tracks are from then on those that were added since.",
    parameters: idParameter,
    responses: { 200: one },
    handle: (call) => change(writes, call, SEARCH_COMMANDS.look, inputOf(call)),
  }),
  route({
    method: "DELETE",
    batch: true,
    path: `${PATH}/{id}`,
    access: "library",
    tag: "library",
    operationId: "deleteSavedSearch",
    summary: "Delete a saved search",
    parameters: idParameter,
    headers: ["If-Match", "If-None-Match"],
    responses: { 204: { description: "Deleted." } },
    handle: (call) => change(writes, call, SEARCH_COMMANDS.remove, inputOf(call)),
  }),
];
