import { z } from "zod";
import { AppError } from "../../../../shared/errors.ts";
import { Answers } from "../../../engine/reads/answers.ts";
import { change, type Writes } from "../../../http/command-route.ts";
import { idText } from "../../../http/fields.ts";
import { pathOf } from "../../../http/input.ts";
import { pageSchema } from "../../../http/page-schema.ts";
import { readRoute } from "../../../http/read-route.ts";
import { type Route, route } from "../../../http/route.ts";
import { ALL_KINDS } from "../../../model/kinds.ts";
import { askerOf } from "../playlists/access.ts";
import { BIN_COMMANDS } from "./commands.ts";
import { BIN_READS, binSchema } from "./reads.ts";

const idParameter = z.strictObject({ id: idText });
const restored = z.union(ALL_KINDS.map(({ schema }) => schema));
const page = { description: "A page.", body: pageSchema(binSchema) };

export const binRoutes = (answers: Answers, writes: Writes): Route[] => [
  readRoute({
    path: "/v1/bin",
    access: "catalogue:write",
    tag: "bin",
    operationId: "listBin",
    summary: "Deleted entities, latest first",
    description: "Those that belonged to nobody. They can be restored for thirty days.",
    read: BIN_READS.ALL,
    answers,
    response: page,
  }),
  readRoute({
    path: "/v1/me/bin",
    access: "library",
    tag: "bin",
    operationId: "listOwnBin",
    summary: "One's own deleted playlists, latest first",
    read: BIN_READS.OWN,
    answers,
    response: page,
  }),
  route({
    method: "POST",
    path: "/v1/bin/{id}/restore",
    access: "library",
    tag: "bin",
    operationId: "restore",
    summary: "Restore a deleted entity",
    description:
      "With its id and its relations (entries of playlists, tags, metadata, favourites, ratings, comments), as far as what they refer to exists. What it refers to itself must exist: restore an album before its tracks. What belonged to nobody needs `catalogue:write`.",
    parameters: idParameter,
    responses: { 200: { description: "The entity.", body: restored } },
    failures: ["already_exists", "reference_unknown"],
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, idParameter);
      const found = await answers.fetch(BIN_READS.ONE, { id }, Answers.key(BIN_READS.ONE, { id }));
      if (found === null) throw new AppError("not_found");
      const { kind, entity_id } = JSON.parse(found.entry.body);
      const input = { asker: askerOf(call.principal), id, kind, entity: entity_id };
      return change(writes, call, BIN_COMMANDS.restore, input);
    },
  }),
];
