import { z } from "zod";
import type { Command } from "../../engine/commands/command.ts";
import type { Answers } from "../../engine/reads/answers.ts";
import { change, type Writes } from "../../http/command-route.ts";
import { idText } from "../../http/fields.ts";
import { bodyOf, pathOf } from "../../http/input.ts";
import { pageSchema } from "../../http/page-schema.ts";
import { readRoute } from "../../http/read-route.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import { listenerOf, type Subject, subject } from "./listener.ts";
import {
  favouriteSchema,
  MARK_COMMANDS,
  MARK_READS,
  type MarkInput,
  ratingSchema,
  starsBody,
} from "./marks.ts";

const parameters = z.strictObject({ kind: subject, id: idText });

const inputOf = (call: Call): MarkInput => ({
  me: listenerOf(call.principal),
  ...pathOf<{ kind: Subject; id: number }>(call, parameters),
});

/** @param path such as `/v1/favourites`. */
const removal = (
  writes: Writes,
  path: string,
  operationId: string,
  summary: string,
  command: Command<MarkInput>,
) =>
  route({
    method: "DELETE",
    batch: true,
    path: `${path}/{kind}/{id}`,
    access: "library",
    tag: "library",
    operationId,
    summary,
    description: "404 when there is none.",
    parameters,
    responses: { 204: { description: "Done." } },
    handle: (call) => change(writes, call, command, inputOf(call)),
  });

export const markRoutes = (answers: Answers, writes: Writes): Route[] => [
  readRoute({
    path: "/v1/favourites",
    access: "library",
    tag: "library",
    operationId: "listFavourites",
    summary: "One's favourites, latest first",
    read: MARK_READS.favourites,
    answers,
    response: { description: "A page.", body: pageSchema(favouriteSchema) },
  }),
  route({
    method: "PUT",
    batch: true,
    path: "/v1/favourites/{kind}/{id}",
    access: "library",
    tag: "library",
    operationId: "addFavourite",
    summary: "Make a track, an album or an artist a favourite",
    description: "Again changes nothing. Recommendations go by favourites.",
    parameters,
    responses: { 200: { description: "The favourite.", body: favouriteSchema } },
    handle: (call) => change(writes, call, MARK_COMMANDS.like, inputOf(call)),
  }),
  removal(writes, "/v1/favourites", "removeFavourite", "Make it no favourite", MARK_COMMANDS.unlike),
  readRoute({
    path: "/v1/ratings",
    access: "library",
    tag: "library",
    operationId: "listRatings",
    summary: "One's ratings, latest first",
    read: MARK_READS.ratings,
    answers,
    response: { description: "A page.", body: pageSchema(ratingSchema) },
  }),
  route({
    method: "PUT",
    batch: true,
    path: "/v1/ratings/{kind}/{id}",
    access: "library",
    tag: "library",
    operationId: "rate",
    summary: "Rate a track, an album or an artist",
    description:
      "With one to five stars, in the place of what one said before. Recommendations go by ratings.",
    parameters,
    body: starsBody,
    responses: { 200: { description: "The rating.", body: ratingSchema } },
    handle: async (call) => {
      const input = inputOf(call);
      const { body } = await bodyOf(call, starsBody);
      return change(writes, call, MARK_COMMANDS.rate, { ...input, body });
    },
  }),
  removal(writes, "/v1/ratings", "unrate", "Take a rating back", MARK_COMMANDS.unrate),
];
