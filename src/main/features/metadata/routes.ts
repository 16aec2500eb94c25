import { z } from "zod";
import type { Answers } from "../../engine/reads/answers.ts";
import { change, seenText, type Writes } from "../../http/command-route.ts";
import { idText } from "../../http/fields.ts";
import { bodyOf, pathOf } from "../../http/input.ts";
import { pageSchema } from "../../http/page-schema.ts";
import { readRoute } from "../../http/read-route.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import { metadataBody, metadataKey } from "../../model/metadata.ts";
import { METADATA_COMMANDS, metadataSetBody } from "./commands.ts";
import { keySchema, METADATA_READS, metadataSchema, TRACK_METADATA_READ } from "./reads.ts";

const PATH = "/v1/tracks/{id}/metadata";
const idParameter = z.strictObject({ id: idText });
const keyParameters = z.strictObject({ id: idText, key: metadataKey });
const OF_ALL = "`If-Match` takes the ETag of all of the track's metadata.";
const PRECONDITIONS = ["If-Match", "If-None-Match"] as const;

const all = { description: "All of it, by key.", body: pageSchema(metadataSchema) };
const one = { description: "Its value.", body: metadataSchema };

export const metadataRoutes = (answers: Answers, writes: Writes): Route[] => {
  /** The command's input, with the text against which the preconditions were checked. */
  const seenBy = async <T extends { id: number }>(call: Call, parameters: z.ZodObject) => {
    const input = pathOf<T>(call, parameters);
    return { ...input, seen: await seenText(answers, call, TRACK_METADATA_READ, { id: input.id }) };
  };
  return [
    readRoute({
      path: PATH,
      access: "catalogue:read",
      tag: "metadata",
      operationId: "listTrackMetadata",
      summary: "A track's metadata",
      read: TRACK_METADATA_READ,
      answers,
      response: all,
    }),
    route({
      method: "PUT",
      batch: true,
      path: PATH,
      access: "catalogue:write",
      tag: "metadata",
      operationId: "replaceTrackMetadata",
      summary: "Replace all metadata of a track",
      description: `Keys left out are deleted. ${OF_ALL}`,
      parameters: idParameter,
      body: metadataSetBody,
      headers: PRECONDITIONS,
      responses: { 200: all },
      handle: async (call) => {
        const input = await seenBy<{ id: number }>(call, idParameter);
        const { body } = await bodyOf(call, metadataSetBody);
        return change(writes, call, METADATA_COMMANDS.replace, { ...input, body });
      },
    }),
    route({
      method: "DELETE",
      batch: true,
      path: PATH,
      access: "catalogue:write",
      tag: "metadata",
      operationId: "clearTrackMetadata",
      summary: "Delete all metadata of a track",
      description: OF_ALL,
      parameters: idParameter,
      headers: PRECONDITIONS,
      responses: { 204: { description: "Deleted." } },
      handle: async (call) =>
        change(writes, call, METADATA_COMMANDS.clear, await seenBy<{ id: number }>(call, idParameter)),
    }),
    readRoute({
      path: `${PATH}/{key}`,
      access: "catalogue:read",
      tag: "metadata",
      operationId: "getTrackMetadata",
      summary: "The value of one key of a track",
      read: METADATA_READS.ONE,
      answers,
      response: one,
    }),
    route({
      method: "PUT",
      batch: true,
      path: `${PATH}/{key}`,
      access: "catalogue:write",
      tag: "metadata",
      operationId: "putTrackMetadata",
      summary: "Set one key of a track",
      description: `Its type is that of the value: a text, a number, true or false, a date (YYYY-MM-DD). ${OF_ALL}`,
      parameters: keyParameters,
      body: metadataBody,
      headers: PRECONDITIONS,
      responses: { 200: one },
      failures: ["limit_reached"],
      handle: async (call) => {
        const input = await seenBy<{ id: number; key: string }>(call, keyParameters);
        const { body } = await bodyOf(call, metadataBody);
        return change(writes, call, METADATA_COMMANDS.put, { ...input, body });
      },
    }),
    route({
      method: "DELETE",
      batch: true,
      path: `${PATH}/{key}`,
      access: "catalogue:write",
      tag: "metadata",
      operationId: "deleteTrackMetadata",
      summary: "Delete one key of a track",
      description: OF_ALL,
      parameters: keyParameters,
      headers: PRECONDITIONS,
      responses: { 204: { description: "Deleted." } },
      handle: async (call) =>
        change(
          writes,
          call,
          METADATA_COMMANDS.remove,
          await seenBy<{ id: number; key: string }>(call, keyParameters),
        ),
    }),
    readRoute({
      path: "/v1/metadata/keys",
      access: "catalogue:read",
      tag: "metadata",
      operationId: "listMetadataKeys",
      summary: "The keys in use, with their number of tracks",
      description: "A key used with several types is listed once per type.",
      read: METADATA_READS.KEYS,
      answers,
      response: { description: "A page.", body: pageSchema(keySchema) },
    }),
  ];
};
