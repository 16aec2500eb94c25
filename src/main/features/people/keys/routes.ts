import { z } from "zod";
import { AppError } from "../../../../shared/errors.ts";
import { Answers } from "../../../engine/reads/answers.ts";
import type { Principal } from "../../../http/access.ts";
import { actorOf } from "../../../http/command-route.ts";
import { idText, timestamp, toUtc } from "../../../http/fields.ts";
import { bodyOf, noParameters, pathOf } from "../../../http/input.ts";
import { pageSchema } from "../../../http/page-schema.ts";
import { empty, json } from "../../../http/reply.ts";
import { type Route, route } from "../../../http/route.ts";
import { name } from "../accounts/fields.ts";
import type { People } from "../context.ts";
import { createKey, ratePerMinute, scopes } from "../operators.ts";
import { loggedInUserOf, NO_STORE, userOf } from "../sessions/routes.ts";
import { KEY_COMMANDS } from "./commands.ts";
import { KEYS_READ } from "./reads.ts";

const keyBody = z.strictObject({
  name,
  scopes: scopes.meta({ description: "The key's permissions: a subset of yours." }),
  expires_at: timestamp.optional().meta({ description: "Never expires by default." }),
  rate_per_minute: ratePerMinute
    .optional()
    .meta({ description: "The key's own limit, in addition to yours." }),
});
const idParameter = z.strictObject({ id: idText });

const keySchema = z
  .object({
    id: z.int(),
    user_id: z.int(),
    name: z.string(),
    scopes: z.array(z.string()),
    rate_per_minute: z.int().nullable(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "Key" });

const newKeySchema = keySchema.extend({ key: z.string() }).meta({ id: "MadeKey" });

/** Nobody may grant a permission that they lack. @throws AppError `forbidden`. */
function checkScopes({ permissions }: Principal, wanted: readonly string[]): void {
  const missing = wanted.find((scope) => !(permissions as ReadonlySet<string>).has(scope));
  if (missing !== undefined) throw new AppError("forbidden", { detail: `needs the permission ${missing}` });
}

/** No Idempotency-Key: the stored answer would contain the key. */
export const keyRoutes = (people: People): Route[] => [
  route({
    method: "POST",
    path: "/v1/keys",
    access: "library",
    tag: "keys",
    summary: "Create an API key, in a session; it is shown only once",
    body: keyBody,
    responses: { 201: { description: "Made.", body: newKeySchema } },
    handle: async (call) => {
      pathOf(call, noParameters);
      const { body } = await bodyOf(call, keyBody);
      const user = loggedInUserOf(call.principal);
      checkScopes(call.principal, body.scopes);
      const key = await createKey(
        { commands: people.writes.commands, actor: actorOf(people.writes, call) },
        {
          user,
          name: body.name,
          scopes: body.scopes,
          rate_per_minute: body.rate_per_minute ?? null,
          expires_at: body.expires_at === undefined ? null : toUtc(body.expires_at),
        },
      );
      return json(201, JSON.stringify(key), { ...NO_STORE, location: `/v1/keys/${key.id}` });
    },
  }),
  route({
    method: "GET",
    path: "/v1/keys",
    access: "library",
    tag: "keys",
    summary: "Your API keys",
    responses: { 200: { description: "All keys, without their secrets.", body: pageSchema(keySchema) } },
    handle: async (call) => {
      pathOf(call, noParameters);
      const params = { user: userOf(call.principal) };
      const found = await people.answers.fetch(KEYS_READ, params, Answers.key(KEYS_READ, params));
      return json(200, found!.entry.body, NO_STORE);
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/keys/{id}",
    access: "library",
    tag: "keys",
    summary: "Revoke an API key",
    parameters: idParameter,
    responses: { 204: { description: "No request passes with it any more." } },
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, idParameter);
      const user = userOf(call.principal);
      await people.writes.commands.execute(
        KEY_COMMANDS.revoke,
        { id, user, owner: user },
        { actor: actorOf(people.writes, call) },
      );
      return empty(204, NO_STORE);
    },
  }),
];
