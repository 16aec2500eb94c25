import { z } from "zod";
import { AppError } from "../../../../shared/errors.ts";
import { Answers } from "../../../engine/reads/answers.ts";
import type { Principal } from "../../../http/access.ts";
import { actorOf } from "../../../http/command-route.ts";
import { idText } from "../../../http/fields.ts";
import { bodyOf, noParameters, pathOf } from "../../../http/input.ts";
import { pageSchema } from "../../../http/page-schema.ts";
import { empty, json, type Reply } from "../../../http/reply.ts";
import { type Call, type Route, route } from "../../../http/route.ts";
import { email, password } from "../accounts/fields.ts";
import type { People } from "../context.ts";
import { SESSION_COMMANDS } from "./commands.ts";
import { setCookie } from "./cookie.ts";
import { logIn, type OpenedSession, openSession } from "./login.ts";
import { SESSIONS_READ } from "./reads.ts";

const loginBody = z.strictObject({ email: z.union([email, z.string().max(254)]), password });
const idParameter = z.strictObject({ id: idText });

const sessionSchema = z
  .object({
    id: z.int(),
    user_id: z.int(),
    device: z.string().nullable(),
    address: z.string().nullable(),
    created_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: "Session" });

const listedSchema = sessionSchema.extend({ current: z.boolean() }).meta({ id: "ListedSession" });

const openedSchema = sessionSchema.extend({ token: z.string() }).meta({ id: "OpenedSession" });

export const NO_STORE = { "cache-control": "no-store" };

/** The user of an account. An anonymous client of an open server has none. @throws AppError `unauthenticated`. */
export function userOf({ user }: Principal): number {
  if (user !== null) return user;
  throw new AppError("unauthenticated", { headers: { "www-authenticate": 'Bearer realm="chinook"' } });
}

/** The session of a request. */
export const sessionOf = ({ credential }: Principal): number | null =>
  credential?.startsWith("session:") ? Number(credential.slice("session:".length)) : null;

/**
 * The user of a session. Who can log in as a user, and with which keys, is not for a key to change: it would reach
 * beyond its scopes, or outlive its revocation.
 *
 * @throws AppError `unauthenticated`, `forbidden`.
 */
export function loggedInUserOf(principal: Principal): number {
  const user = userOf(principal);
  if (sessionOf(principal) !== null) return user;
  throw new AppError("forbidden", { detail: "needs a session, not a key: log in with POST /v1/sessions" });
}

/** The answer to a login: the token, sent only once, for programs, and the cookie for browsers. */
export function loggedIn(people: People, call: Call, { session, token, age }: OpenedSession): Reply {
  return json(201, JSON.stringify({ ...session, token }), {
    ...NO_STORE,
    location: `/v1/sessions/${session.id}`,
    "set-cookie": setCookie(people.cookieName(call.incoming), token, age),
  });
}

export const sessionRoutes = (people: People): Route[] => [
  route({
    method: "POST",
    path: "/v1/sessions",
    access: "open",
    tag: "sessions",
    summary: "Log in",
    description:
      "The token is shown only once: send it as `Authorization: Bearer …`. Browsers also get it as an HttpOnly cookie.",
    body: loginBody,
    responses: {
      201: { description: "Logged in.", body: openedSchema, headers: ["Location", "Set-Cookie"] },
    },
    failures: ["login_failed", "rate_limited"],
    handle: async (call) => {
      pathOf(call, noParameters);
      const { body } = await bodyOf(call, loginBody);
      const account = await logIn(people, call, body);
      return loggedIn(people, call, await openSession(people, call, account.id));
    },
  }),
  route({
    method: "GET",
    path: "/v1/sessions",
    access: "library",
    tag: "sessions",
    summary: "One's own sessions, latest first",
    description: "`current` is the session of this request.",
    responses: { 200: { description: "All of them.", body: pageSchema(listedSchema) } },
    handle: async (call) => {
      pathOf(call, noParameters);
      const now = new Date();
      const params = {
        user: userOf(call.principal),
        session: sessionOf(call.principal),
        now: now.toISOString(),
        idle_since: new Date(now.getTime() - people.settings.sessionIdle * 1_000).toISOString(),
      };
      const found = await people.answers.fetch(SESSIONS_READ, params, Answers.key(SESSIONS_READ, params));
      return json(200, found!.entry.body, NO_STORE);
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/sessions",
    access: "library",
    tag: "sessions",
    summary: "Log out everywhere",
    responses: { 204: { description: "No session is left." } },
    handle: async (call) => {
      pathOf(call, noParameters);
      const input = { user: userOf(call.principal) };
      await people.writes.commands.execute(SESSION_COMMANDS.removeAll, input, {
        actor: actorOf(people.writes, call),
      });
      return loggedOut(people, call);
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/sessions/{id}",
    access: "library",
    tag: "sessions",
    summary: "Log out",
    parameters: idParameter,
    responses: { 204: { description: "The session has ended." } },
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, idParameter);
      const input = { id, user: userOf(call.principal) };
      await people.writes.commands.execute(SESSION_COMMANDS.remove, input, {
        actor: actorOf(people.writes, call),
      });
      return sessionOf(call.principal) === id ? loggedOut(people, call) : empty(204, NO_STORE);
    },
  }),
];

const loggedOut = (people: People, call: Call): Reply =>
  empty(204, { ...NO_STORE, "set-cookie": setCookie(people.cookieName(call.incoming), "", 0) });
