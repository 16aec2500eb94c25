import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import type { Answers } from "../../engine/reads/answers.ts";
import type { Principal } from "../../http/access.ts";
import { create, type Writes } from "../../http/command-route.ts";
import { BODY_BOUNDS, noParameters, pathOf, readJson, validate } from "../../http/input.ts";
import { pageSchema } from "../../http/page-schema.ts";
import { readRoute } from "../../http/read-route.ts";
import { type Route, route } from "../../http/route.ts";
import { KINDS, type Kind } from "../../model/kinds.ts";
import { PLAY_COMMANDS, type PlayInput, playsBody, playsSchemaOf } from "./commands.ts";
import { CHART_READS, HISTORY_READ } from "./reads.ts";

const playSchema = z
  .object({
    id: z.int(),
    track_id: z.int(),
    user_id: z.int().nullable(),
    played_at: z.iso.datetime(),
  })
  .meta({ id: "Play" });
const playsSchema = z.object({ data: z.array(playSchema) }).meta({ id: "Plays" });

const chartEntry = ({ type, schema }: Kind) =>
  z.object({ rank: z.int().min(1), plays: z.int().min(1), ...schema.shape }).meta({ id: `Charted${type}` });

/** One's own, unless it says otherwise: nobody's, or for operators another's. @throws AppError `forbidden`. */
function playOf({ user, permissions }: Principal, play: PlayInput): PlayInput {
  const { user_id = user } = play;
  if (user_id !== user && user_id !== null && !permissions.has("operate")) {
    throw new AppError("forbidden", { detail: "needs the permission operate to record another's play" });
  }
  return { ...play, user_id };
}

export const listeningRoutes = (answers: Answers, writes: Writes): Route[] => [
  route({
    method: "POST",
    batch: true,
    path: "/v1/plays",
    access: "plays:write",
    tag: "plays",
    operationId: "recordPlays",
    summary: "Record one play or up to 1,000",
    description: "An array is recorded whole or not at all.",
    body: playsBody,
    headers: ["Idempotency-Key"],
    responses: {
      201: {
        description: "Recorded: the play, or all of them in the order in which they were given.",
        body: z.union([playSchema, playsSchema]),
        headers: ["Idempotency-Replayed"],
      },
    },
    handle: async (call) => {
      pathOf(call, noParameters);
      const { value, text } = await readJson(call, BODY_BOUNDS);
      const body = validate<PlayInput | PlayInput[]>(playsSchemaOf(value), value, "pointer");
      return Array.isArray(body)
        ? create(
            writes,
            call,
            PLAY_COMMANDS.many,
            body.map((play) => playOf(call.principal, play)),
            text,
          )
        : create(writes, call, PLAY_COMMANDS.one, playOf(call.principal, body), text);
    },
  }),
  readRoute({
    path: "/v1/users/{id}/plays",
    access: "own",
    tag: "users",
    operationId: "listUserPlays",
    summary: "What a listener played, latest first",
    description: "Empty for a listener who never played anything. Plays stay when their track is deleted.",
    read: HISTORY_READ,
    answers,
    response: { description: "A page.", body: pageSchema(playSchema) },
  }),
  ...(["tracks", "albums", "artists", "genres"] as const).map((path) =>
    readRoute({
      path: `/v1/charts/${path}`,
      access: "catalogue:read",
      tag: "charts",
      operationId: `chart${KINDS[path].type}s`,
      summary: `The most played ${path} of a window of time`,
      description: "May be up to half an hour old; Age says how old.",
      read: CHART_READS[path],
      answers,
      response: {
        description: "Best first.",
        body: pageSchema(chartEntry(KINDS[path])),
      },
    }),
  ),
];
