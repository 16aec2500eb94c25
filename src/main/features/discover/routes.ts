import { hash } from "node:crypto";
import { z } from "zod";
import { VECTOR_KINDS } from "../../../shared/embedders/embedder.ts";
import type { Answers } from "../../engine/reads/answers.ts";
import { change, seenText, type Writes } from "../../http/command-route.ts";
import { idText } from "../../http/fields.ts";
import { bodyOf, noParameters, pathOf } from "../../http/input.ts";
import { readRoute } from "../../http/read-route.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { KINDS } from "../../model/kinds.ts";
import { RECOMMENDATIONS_READ } from "./recommendations.ts";
import {
  MAX_QUERIES,
  NEAREST_READ,
  type NearestBody,
  nearestBody,
  paramsOf,
  SIMILAR_READ,
} from "./similar.ts";
import { VECTOR_COMMANDS, type VectorsBody, vectorsBody } from "./vector-commands.ts";
import { TRACK_VECTORS_READ } from "./vector-reads.ts";

const trackPath = z.strictObject({ id: idText });

const similarTrack = z
  .object({ ...KINDS.tracks.schema.shape, similarity: z.number().min(-1).max(1) })
  .meta({ id: "SimilarTrack" });
const similarTracks = z.object({ data: z.array(similarTrack), next: z.null() }).meta({ id: "NearestTracks" });
const recommendation = z
  .object({
    score: z.number(),
    strategy: z.enum(["audio", "lyrics", "genre", "collaborative", "popular"]),
    reason: z.string(),
    because_track_id: z.int().nullable(),
    ...KINDS.tracks.schema.shape,
  })
  .meta({ id: "Recommendation" });
const recommendations = z
  .object({
    data: z.array(recommendation),
    next: z.null(),
    diversity: z.object({
      genres: z.number().min(0).max(1).meta({
        description:
          "Gini-Simpson index: the probability that two of the tracks differ in genre. 0 when all share one, near 1 when all differ.",
      }),
    }),
  })
  .meta({ id: "Recommendations" });
const trackVectors = z
  .object({
    track_id: z.int(),
    ...Object.fromEntries(VECTOR_KINDS.map((kind) => [kind, z.array(z.number()).nullable()])),
  })
  .meta({ id: "TrackVectors" });

export const discoverRoutes = (answers: Answers, writes: Writes): Route[] => [
  readRoute({
    path: "/v1/tracks/{id}/similar",
    access: "catalogue:read",
    load: "search",
    tag: "discover",
    operationId: "listSimilarTracks",
    summary: "Tracks like this one, nearest first",
    description:
      "`similarity` is the cosine of the two vectors. A track without a vector of the kind answers an empty list with a `reason`: vectors of new and changed tracks are computed in the background.",
    read: SIMILAR_READ,
    answers,
    response: {
      description: "The nearest.",
      body: similarTracks.extend({ reason: z.string().optional() }).meta({ id: "SimilarTracks" }),
    },
  }),
  ...vectorRoutes(answers, writes),
  nearestRoute(answers),
  readRoute({
    path: "/v1/users/{id}/recommendations",
    access: "own",
    load: "search",
    tag: "discover",
    operationId: "listRecommendations",
    summary: "Recommendations for a listener",
    description:
      "Tracks the listener never played, each with its strongest strategy and a reason; at most two of an artist in ten, and genres are spread. Popular tracks for listeners without plays. May be up to an hour old; Age says how old.",
    read: RECOMMENDATIONS_READ,
    answers,
    response: { description: "Best first.", body: recommendations },
  }),
];

const vectorRoutes = (answers: Answers, writes: Writes): Route[] => [
  readRoute({
    path: "/v1/tracks/{id}/vectors",
    access: "catalogue:read",
    tag: "discover",
    operationId: "getTrackVectors",
    summary: "A track's vectors, normalised",
    description: "The input of similarity. Vectors of new and changed tracks are computed in the background.",
    read: TRACK_VECTORS_READ,
    answers,
    response: { description: "The vectors; null for a missing one.", body: trackVectors },
  }),
  route({
    method: "PUT",
    batch: true,
    path: "/v1/tracks/{id}/vectors",
    access: "catalogue:write",
    tag: "discover",
    operationId: "putTrackVectors",
    summary: "Set a track's vectors",
    description:
      "They are normalised and kept until they are deleted or set again: a change of the track does not replace them. Kinds left out are not changed.",
    parameters: trackPath,
    body: vectorsBody,
    headers: ["If-Match", "If-None-Match"],
    responses: { 204: { description: "Stored." } },
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, trackPath);
      const { body } = await bodyOf(call, vectorsBody as unknown as z.ZodType<VectorsBody>);
      const seen = await seenText(answers, call, TRACK_VECTORS_READ, { id });
      return change(writes, call, VECTOR_COMMANDS.put, { id, body, seen });
    },
  }),
  route({
    method: "DELETE",
    batch: true,
    path: "/v1/tracks/{id}/vectors",
    access: "catalogue:write",
    tag: "discover",
    operationId: "deleteTrackVectors",
    summary: "Delete a track's vectors",
    description: "They are not computed again until the track changes or `chinook vectors generate` runs.",
    parameters: trackPath,
    headers: ["If-Match", "If-None-Match"],
    responses: { 204: { description: "Deleted." } },
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, trackPath);
      const seen = await seenText(answers, call, TRACK_VECTORS_READ, { id });
      return change(writes, call, VECTOR_COMMANDS.remove, { id, seen });
    },
  }),
];

/** The vectors are searched concurrently. Each is cached by its hash, which is shorter than the vector. */
const nearestRoute = (answers: Answers): Route =>
  route({
    method: "POST",
    path: "/v1/vectors/search",
    access: "catalogue:read",
    load: "search",
    tag: "discover",
    operationId: "searchVectors",
    summary: "The tracks nearest to a vector",
    description: `With \`vectors\` (up to ${MAX_QUERIES}): \`results\` has one list per vector, in order.`,
    body: nearestBody,
    responses: {
      200: {
        description: "The nearest.",
        body: z.union([
          similarTracks,
          z.object({ results: z.array(similarTracks) }).meta({ id: "NearestTrackLists" }),
        ]),
      },
    },
    handle: async (call) => {
      pathOf(call, noParameters);
      const { body } = await bodyOf(call, nearestBody as unknown as z.ZodType<NearestBody>);
      const lists = await Promise.all((body.vectors ?? [body.vector!]).map((vector) => find(vector)));
      const text = body.vectors === undefined ? lists[0]! : `{"results":[${lists.join(",")}]}`;
      return json(200, text, { "cache-control": "no-store" });

      async function find(vector: readonly number[]): Promise<string> {
        const params = paramsOf(body, vector);
        const key = `${NEAREST_READ.name} ${hash("sha256", JSON.stringify(params), "base64url")}`;
        const entry = answers.cached(NEAREST_READ, key);
        return (entry ?? (await answers.fetch(NEAREST_READ, params, key))!.entry).body;
      }
    },
  });
