import { z } from "zod";
import type { Answers } from "../../engine/reads/answers.ts";
import { change, create, type Writes } from "../../http/command-route.ts";
import { idText } from "../../http/fields.ts";
import { bodyOf, noParameters, pathOf } from "../../http/input.ts";
import { pageSchema } from "../../http/page-schema.ts";
import { readRoute } from "../../http/read-route.ts";
import { type Route, route } from "../../http/route.ts";
import { ALL_KINDS, KINDS, type Kind } from "../../model/kinds.ts";
import { CATALOGUE_COMMANDS, entryBody, PLAYLIST_COMMANDS, patchBody } from "./commands.ts";
import { CATALOGUE_READS, NESTED_READS } from "./reads.ts";

const idParameter = z.strictObject({ id: idText });

const withArticle = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;

export const catalogueRoutes = (answers: Answers, writes: Writes): Route[] => [
  ...ALL_KINDS.flatMap((kind) => kindRoutes(kind, answers, writes)),
  ...nestedRoutes(answers),
  ...playlistEntryRoutes(writes),
];

function kindRoutes(kind: Kind, answers: Answers, writes: Writes): Route[] {
  const { entity, list, count } = CATALOGUE_READS[kind.path];
  const commands = CATALOGUE_COMMANDS[kind.path];
  const path = `/v1/${kind.path}`;
  const tag = kind.path;
  const entityDoc = { description: `The ${kind.noun}.`, body: kind.schema };
  return [
    readRoute({
      path,
      access: "catalogue:read",
      tag,
      summary: `List ${kind.path.replace("-", " ")}`,
      read: list,
      count,
      answers,
      response: { description: "A page.", body: pageSchema(kind.schema) },
    }),
    readRoute({
      path: `${path}/{id}`,
      access: "catalogue:read",
      tag,
      summary: `One ${kind.noun}`,
      read: entity,
      answers,
      response: entityDoc,
    }),
    route({
      method: "POST",
      path,
      access: "catalogue:write",
      tag,
      summary: `Add ${withArticle(kind.noun)}`,
      body: kind.input,
      headers: ["Idempotency-Key"],
      responses: { 201: { ...entityDoc, description: "Added." } },
      handle: async (call) => {
        pathOf(call, noParameters);
        const { body, text } = await bodyOf(call, commands.create.input);
        return create(writes, call, commands.create, body, text, (id) => `${path}/${id}`);
      },
    }),
    route({
      method: "PATCH",
      path: `${path}/{id}`,
      access: "catalogue:write",
      tag,
      summary: `Change ${withArticle(kind.noun)}`,
      parameters: idParameter,
      body: patchBody(kind),
      headers: ["If-Match"],
      responses: { 200: entityDoc },
      handle: async (call) => {
        const { id } = pathOf<{ id: number }>(call, idParameter);
        const { body } = await bodyOf(call, patchBody(kind));
        return change(writes, call, commands.patch, { id, body });
      },
    }),
    route({
      method: "DELETE",
      path: `${path}/{id}`,
      access: "catalogue:write",
      tag,
      summary: `Delete ${withArticle(kind.noun)}`,
      parameters: idParameter,
      headers: ["If-Match"],
      responses: { 204: { description: "Deleted." } },
      handle: (call) => change(writes, call, commands.remove, pathOf<{ id: number }>(call, idParameter)),
    }),
  ];
}

const nestedRoutes = (answers: Answers): Route[] => [
  readRoute({
    path: "/v1/artists/{id}/albums",
    access: "catalogue:read",
    tag: "artists",
    summary: "An artist's albums",
    read: NESTED_READS.artistAlbums,
    answers,
    response: { description: "A page.", body: pageSchema(KINDS.albums.schema) },
  }),
  readRoute({
    path: "/v1/albums/{id}/tracks",
    access: "catalogue:read",
    tag: "albums",
    summary: "An album's tracks",
    read: NESTED_READS.albumTracks,
    answers,
    response: { description: "A page.", body: pageSchema(KINDS.tracks.schema) },
  }),
  readRoute({
    path: "/v1/playlists/{id}/tracks",
    access: "catalogue:read",
    tag: "playlists",
    summary: "A playlist's tracks",
    read: NESTED_READS.playlistTracks,
    answers,
    response: { description: "A page.", body: pageSchema(KINDS.tracks.schema) },
  }),
];

const entryParameters = z.strictObject({ id: idText, track_id: idText });
const entrySchema = z.object({ playlist_id: z.int(), track_id: z.int(), added_at: z.iso.datetime() });

const playlistEntryRoutes = (writes: Writes): Route[] => [
  route({
    method: "POST",
    path: "/v1/playlists/{id}/tracks",
    access: "catalogue:write",
    tag: "playlists",
    summary: "Put a track into a playlist",
    parameters: idParameter,
    body: entryBody,
    headers: ["Idempotency-Key"],
    responses: { 201: { description: "Added.", body: entrySchema } },
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, idParameter);
      const { body, text } = await bodyOf(call, entryBody);
      return create(writes, call, PLAYLIST_COMMANDS.add, { id, body }, text);
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/playlists/{id}/tracks/{track_id}",
    access: "catalogue:write",
    tag: "playlists",
    summary: "Take a track out of a playlist",
    parameters: entryParameters,
    responses: { 204: { description: "Taken out." } },
    handle: (call) =>
      change(
        writes,
        call,
        PLAYLIST_COMMANDS.remove,
        pathOf<{ id: number; track_id: number }>(call, entryParameters),
      ),
  }),
];
