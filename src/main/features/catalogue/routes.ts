import { z } from "zod";
import type { Answers } from "../../engine/reads/answers.ts";
import { change, create, type Writes } from "../../http/command-route.ts";
import { idText } from "../../http/fields.ts";
import { bodyOf, noParameters, pathOf } from "../../http/input.ts";
import { pageSchema } from "../../http/page-schema.ts";
import { readRoute } from "../../http/read-route.ts";
import { type Route, route } from "../../http/route.ts";
import { KINDS } from "../../model/kinds.ts";
import { CATALOGUE_COMMANDS, PLAIN_KINDS, type PlainKind, patchBody } from "./commands.ts";
import { CATALOGUE_READS, listRead, NESTED_READS } from "./reads.ts";

const idParameter = z.strictObject({ id: idText });

const withArticle = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;

export const catalogueRoutes = (answers: Answers, writes: Writes): Route[] => [
  ...PLAIN_KINDS.flatMap((kind) => kindRoutes(kind, answers, writes)),
  ...nestedRoutes(answers),
];

function kindRoutes(kind: PlainKind, answers: Answers, writes: Writes): Route[] {
  const { entity, list } = CATALOGUE_READS[kind.path];
  const commands = CATALOGUE_COMMANDS[kind.path];
  const path = `/v1/${kind.path}`;
  const tag = kind.path;
  const plural = kind.path.replace("-", " ");
  const entityDoc = { description: `The ${kind.noun}.`, body: kind.schema, headers: ENTITY_HEADERS };
  return [
    readRoute({
      path,
      access: "catalogue:read",
      tag,
      operationId: `list${kind.type}s`,
      summary: `List ${plural}`,
      description: `All ${plural}, or those that the filters leave; filters narrow each other. \`ids\` alone: all of them in one page, in their order, and those that nothing has as \`missing\`.`,
      read: list,
      choose: (params) => listRead(kind, params),
      ...(kind.gather === undefined ? {} : { gather: kind.gather }),
      answers,
      response: { description: "A page.", body: pageSchema(kind.schema) },
    }),
    readRoute({
      path: `${path}/{id}`,
      access: "catalogue:read",
      tag,
      operationId: `get${kind.type}`,
      summary: `One ${kind.noun}`,
      description: `The ${kind.noun}, as it is after every write that was answered.`,
      read: entity,
      answers,
      response: entityDoc,
    }),
    route({
      method: "POST",
      batch: true,
      path,
      access: "catalogue:write",
      tag,
      operationId: `add${kind.type}`,
      summary: `Add ${withArticle(kind.noun)}`,
      description: "Answered when it is on disk.",
      body: kind.input,
      headers: ["Idempotency-Key"],
      responses: {
        201: {
          ...entityDoc,
          description: "Added.",
          headers: ["Location", "Idempotency-Replayed", ...ENTITY_HEADERS],
        },
      },
      handle: async (call) => {
        pathOf(call, noParameters);
        const { body, text } = await bodyOf(call, commands.create.input);
        return create(writes, call, commands.create, body, text, (id) => `${path}/${id}`);
      },
    }),
    route({
      method: "PATCH",
      batch: true,
      path: `${path}/{id}`,
      access: "catalogue:write",
      tag,
      operationId: `change${kind.type}`,
      summary: `Change ${withArticle(kind.noun)}`,
      description: "A merge patch (RFC 7386): fields that are left out stay, null empties what may be empty.",
      parameters: idParameter,
      body: patchBody(kind),
      headers: ["If-Match", "If-None-Match"],
      responses: { 200: entityDoc },
      handle: async (call) => {
        const { id } = pathOf<{ id: number }>(call, idParameter);
        const { body } = await bodyOf(call, patchBody(kind));
        return change(writes, call, commands.patch, { id, body });
      },
    }),
    route({
      method: "DELETE",
      batch: true,
      path: `${path}/{id}`,
      access: "catalogue:write",
      tag,
      operationId: `delete${kind.type}`,
      summary: `Delete ${withArticle(kind.noun)}`,
      description: "What something else refers to stays: 409 `in_use`.",
      parameters: idParameter,
      headers: ["If-Match", "If-None-Match"],
      responses: { 204: { description: "Deleted." } },
      handle: (call) => change(writes, call, commands.remove, pathOf<{ id: number }>(call, idParameter)),
    }),
  ];
}

const ENTITY_HEADERS = ["ETag", "Cache-Control"] as const;

const nestedRoutes = (answers: Answers): Route[] => [
  readRoute({
    path: "/v1/artists/{id}/albums",
    access: "catalogue:read",
    tag: "artists",
    operationId: "listArtistAlbums",
    summary: "An artist's albums",
    description: "404 when there is no such artist.",
    read: NESTED_READS.artistAlbums,
    answers,
    response: { description: "A page.", body: pageSchema(KINDS.albums.schema) },
  }),
  readRoute({
    path: "/v1/albums/{id}/tracks",
    access: "catalogue:read",
    tag: "albums",
    operationId: "listAlbumTracks",
    summary: "An album's tracks",
    description: "404 when there is no such album.",
    read: NESTED_READS.albumTracks,
    answers,
    response: { description: "A page.", body: pageSchema(KINDS.tracks.schema) },
  }),
];
