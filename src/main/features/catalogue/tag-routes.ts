import { z } from "zod";
import type { Answers } from "../../engine/reads/answers.ts";
import { change, create, seenText, type Writes } from "../../http/command-route.ts";
import { idText } from "../../http/fields.ts";
import { bodyOf, pathOf } from "../../http/input.ts";
import { pageSchema } from "../../http/page-schema.ts";
import { readRoute } from "../../http/read-route.ts";
import { type Route, route } from "../../http/route.ts";
import { KINDS } from "../../model/kinds.ts";
import { TAG_COMMANDS, TRACK_TAGS_READ, tagBody, tagPath, trackTagSchema } from "./tags.ts";
import { type MergeInput, mergeBody, TAXONOMY_COMMANDS } from "./taxonomy.ts";

const idParameter = z.strictObject({ id: idText });
const tagParameters = z.strictObject({ id: idText, tag: tagPath });

export const tagRoutes = (answers: Answers, writes: Writes): Route[] => [
  readRoute({
    path: "/v1/tracks/{id}/tags",
    access: "catalogue:read",
    tag: "tags",
    operationId: "listTrackTags",
    summary: "A track's tags",
    description: "All of them, in the order in which the tags were made.",
    read: TRACK_TAGS_READ,
    answers,
    response: { description: "All of them.", body: pageSchema(trackTagSchema) },
  }),
  route({
    method: "POST",
    batch: true,
    path: "/v1/tracks/{id}/tags",
    access: "catalogue:write",
    tag: "tags",
    operationId: "tagTrack",
    summary: "Tag a track",
    description:
      "By a name or a synonym. Makes the tag where it is new, a plain one unless a type is given. Again for a track that has it: 409 `already_exists`.",
    parameters: idParameter,
    body: tagBody,
    headers: ["Idempotency-Key"],
    responses: { 201: { description: "Tagged.", body: trackTagSchema, headers: ["Idempotency-Replayed"] } },
    failures: ["already_exists"],
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, idParameter);
      const { body, text } = await bodyOf(call, tagBody);
      return create(writes, call, TAG_COMMANDS.add, { id, body }, text);
    },
  }),
  route({
    method: "DELETE",
    batch: true,
    path: "/v1/tracks/{id}/tags/{tag}",
    access: "catalogue:write",
    tag: "tags",
    operationId: "untagTrack",
    summary: "Take a tag off a track",
    description:
      "By a name or a synonym, perhaps with its type (`mood:calm`). A plain tag that no track has any more goes, too. `If-Match` takes the ETag of the track's tags, `/v1/tracks/{id}/tags`.",
    parameters: tagParameters,
    headers: ["If-Match", "If-None-Match"],
    responses: { 204: { description: "Taken off." } },
    handle: async (call) => {
      const { id, tag } = pathOf<Pick<Parameters<typeof TAG_COMMANDS.remove.tags>[0], "id" | "tag">>(
        call,
        tagParameters,
      );
      const seen = await seenText(answers, call, TRACK_TAGS_READ, { id });
      return change(writes, call, TAG_COMMANDS.remove, { id, tag, seen });
    },
  }),
  route({
    method: "POST",
    batch: true,
    path: "/v1/tags/{id}/merge",
    access: "catalogue:write",
    tag: "tags",
    operationId: "mergeTag",
    summary: "Merge a tag into another",
    description:
      "Its tracks and its narrower tags go to the other one, its name and synonyms become synonyms there. Then it is deleted, for good.",
    parameters: idParameter,
    body: mergeBody,
    responses: { 200: { description: "The tag that stays.", body: KINDS.tags.schema } },
    failures: ["reference_unknown", "limit_reached"],
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, idParameter);
      const { body } = await bodyOf(call, mergeBody);
      return change<MergeInput>(writes, call, TAXONOMY_COMMANDS.merge, { id, body });
    },
  }),
];
