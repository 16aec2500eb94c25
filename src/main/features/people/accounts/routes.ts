import { z } from "zod";
import { AppError } from "../../../../shared/errors.ts";
import type { Param } from "../../../../shared/protocol.ts";
import { Answers } from "../../../engine/reads/answers.ts";
import { actorOf, change } from "../../../http/command-route.ts";
import { id, idText } from "../../../http/fields.ts";
import { bodyOf, noParameters, pathOf } from "../../../http/input.ts";
import { pageSchema } from "../../../http/page-schema.ts";
import { readRoute } from "../../../http/read-route.ts";
import { json, type Reply } from "../../../http/reply.ts";
import { type Call, type Route, route } from "../../../http/route.ts";
import { actorAs, type People } from "../context.ts";
import { checkPassword } from "../passwords/rules.ts";
import { find } from "../sessions/login.ts";
import { loggedInUserOf, NO_STORE, sessionOf, userOf } from "../sessions/routes.ts";
import { ACCOUNT_COMMANDS } from "./commands.ts";
import { ERASE_COMMANDS } from "./erase.ts";
import { EXPORT_READ } from "./export.ts";
import { email, emailKey, name, password, role, userSchema } from "./fields.ts";
import { PASSWORD_READ, USER_READ, USERS_READ } from "./reads.ts";

const idParameter = z.strictObject({ id: idText });

const registerBody = z.strictObject({
  email,
  password,
  name: name.optional(),
  role: role.optional().meta({ description: "For admins only; otherwise the role is listener." }),
});

const OWN = {
  name: name.nullable().optional(),
  email: email.optional(),
  password: password.optional().meta({ description: "A new password. It ends all other sessions." }),
  current_password: password
    .optional()
    .meta({ description: "Required to change the address or the password." }),
};
const ownBody = z
  .strictObject(OWN)
  .refine((body) => Object.keys(body).length > 0, "expected a field to change");
const patchBody = z
  .strictObject({
    ...OWN,
    role: role.optional(),
    status: z.enum(["active", "disabled"]).optional(),
    customer_id: id.nullable().optional(),
  })
  .refine((body) => Object.keys(body).length > 0, "expected a field to change");
type Patch = z.infer<typeof patchBody>;

/** Some fields only an admin may change, of other accounts all. @throws AppError `forbidden`. */
function checkMayChange(call: Call, id: number, body: Patch): void {
  if (call.principal.permissions.has("people:write")) return;
  const others = call.principal.user !== id;
  if (others || "role" in body || "status" in body || "customer_id" in body) {
    throw new AppError("forbidden", { detail: "needs the permission people:write" });
  }
}

async function register(people: People, call: Call): Promise<Reply> {
  pathOf(call, noParameters);
  const { body } = await bodyOf(call, registerBody);
  const { principal } = await people.identify(call.incoming);
  const admin = principal.permissions.has("people:write");
  if (!admin && people.settings.registration === "closed") throw new AppError("registration_closed");
  if (!admin && body.role !== undefined && body.role !== "listener") {
    throw new AppError("forbidden", { detail: "needs the permission people:write" });
  }
  checkPassword(body.password);
  people.logins.admit(call.addressOf(call.incoming));
  const account = {
    email: body.email,
    email_key: emailKey(body.email),
    name: body.name ?? null,
    role: body.role ?? "listener",
    password: await people.passwords.hash(body.password),
    verified: false,
  } as const;
  const actor = people.writes.audited ? actorAs(call, principal.id, principal.credential) : undefined;
  const { body: made } = await people.writes.commands.execute(ACCOUNT_COMMANDS.create, account, { actor });
  const user = JSON.parse(made!) as { id: number };
  return json(201, made!, { ...NO_STORE, location: `/v1/users/${user.id}` });
}

/** @throws AppError `forbidden` unless the request for one's own account is in a session, with the current password. */
async function checkPresent(people: People, call: Call, id: number, body: Patch): Promise<void> {
  const sensitive = body.password !== undefined || body.email !== undefined;
  if (!sensitive || call.principal.user !== id) return;
  loggedInUserOf(call.principal);
  const account = await find(people.answers, PASSWORD_READ, { id });
  if (account?.password == null) return;
  people.logins.admit(call.addressOf(call.incoming), `user:${id}`);
  if (await people.passwords.matches(body.current_password ?? "", account.password)) return;
  people.logins.failed(call.addressOf(call.incoming), `user:${id}`);
  throw new AppError("forbidden", { detail: "current_password is not the account's password" });
}

async function patch(people: People, call: Call, id: number, body: Patch): Promise<Reply> {
  checkMayChange(call, id, body);
  await checkPresent(people, call, id, body);
  const { password, current_password: _, ...columns } = body;
  if (password !== undefined) await setPassword(people, call, id, password);
  const set: Record<string, Param> = Object.fromEntries(
    Object.entries(columns).filter(([, value]) => value !== undefined) as [string, Param][],
  );
  if (body.email !== undefined)
    Object.assign(set, { email_key: emailKey(body.email), email_verified_at: null });
  if (Object.keys(set).length > 0) return change(people.writes, call, ACCOUNT_COMMANDS.change, { id, set });
  return show(people, id);
}

async function setPassword(people: People, call: Call, id: number, password: string): Promise<void> {
  checkPassword(password);
  const own = call.principal.user === id;
  const input = {
    id,
    password: await people.passwords.hash(password),
    keep: own ? sessionOf(call.principal) : null,
  };
  const actor = actorOf(people.writes, call);
  await people.writes.commands.execute(ACCOUNT_COMMANDS.setPassword, input, { actor });
}

/** @throws AppError `not_found`. */
async function show({ answers }: People, id: number): Promise<Reply> {
  const found = await answers.fetch(USER_READ, { id }, Answers.key(USER_READ, { id }));
  if (found === null) throw new AppError("not_found");
  return json(200, found.entry.body, { ...NO_STORE, etag: found.entry.etag });
}

async function erase(people: People, call: Call, id: number): Promise<Reply> {
  if (call.principal.user === id) loggedInUserOf(call.principal);
  else if (!call.principal.permissions.has("people:write")) {
    throw new AppError("forbidden", { detail: "needs the permission people:write" });
  }
  const reply = await change(people.writes, call, ERASE_COMMANDS.erase, { id });
  // The WAL still contains the old pages. It is emptied as far as readers and a replicator allow.
  await people.checkpoint().catch(() => {});
  return reply;
}

const idOf = (call: Call): number => pathOf<{ id: number }>(call, idParameter).id;
const user = { description: "The user.", body: userSchema };

/** No Idempotency-Key: its stored answer would be another copy of personal data. */
const exportSchema = z.looseObject({ user: userSchema }).meta({ id: "Export" });

export const accountRoutes = (people: People): Route[] => [
  route({
    method: "POST",
    path: "/v1/users",
    access: "open",
    tag: "users",
    summary: "Register, or create an account as an admin",
    body: registerBody,
    responses: { 201: user },
    failures: ["already_exists", "password_refused", "registration_closed", "forbidden", "rate_limited"],
    handle: (call) => register(people, call),
  }),
  readRoute({
    path: "/v1/users",
    access: "people:read",
    tag: "users",
    summary: "List users",
    read: USERS_READ,
    answers: people.answers,
    response: { description: "A page.", body: pageSchema(userSchema) },
  }),
  readRoute({
    path: "/v1/users/{id}",
    access: "own",
    tag: "users",
    summary: "A user",
    read: USER_READ,
    answers: people.answers,
    response: user,
  }),
  route({
    method: "PATCH",
    path: "/v1/users/{id}",
    access: "own",
    tag: "users",
    summary: "Change a user; role and status are for admins",
    parameters: idParameter,
    body: patchBody,
    headers: ["If-Match"],
    responses: { 200: user },
    failures: ["already_exists", "password_refused"],
    handle: async (call) => patch(people, call, idOf(call), (await bodyOf(call, patchBody)).body),
  }),
  route({
    method: "DELETE",
    path: "/v1/users/{id}",
    access: "own",
    tag: "users",
    summary: "Delete a user and all personal data; plays are kept without a user",
    parameters: idParameter,
    headers: ["If-Match"],
    responses: { 204: { description: "Deleted." } },
    handle: (call) => erase(people, call, idOf(call)),
  }),
  ...meRoutes(people),
];

const meRoutes = (people: People): Route[] => [
  route({
    method: "GET",
    path: "/v1/me",
    access: "library",
    tag: "users",
    summary: "Your account",
    responses: { 200: user },
    handle: (call) => {
      pathOf(call, noParameters);
      return show(people, userOf(call.principal));
    },
  }),
  route({
    method: "PATCH",
    path: "/v1/me",
    access: "library",
    tag: "users",
    summary: "Change your name; in a session also your address or password",
    body: ownBody,
    headers: ["If-Match"],
    responses: { 200: user },
    failures: ["already_exists", "password_refused"],
    handle: async (call) => {
      pathOf(call, noParameters);
      return patch(people, call, userOf(call.principal), (await bodyOf(call, ownBody)).body);
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/me",
    access: "library",
    tag: "users",
    summary: "Delete your account and all personal data; needs a session",
    headers: ["If-Match"],
    responses: { 204: { description: "Deleted." } },
    handle: (call) => {
      pathOf(call, noParameters);
      return erase(people, call, userOf(call.principal));
    },
  }),
  route({
    method: "GET",
    path: "/v1/me/export",
    access: "library",
    load: "search",
    tag: "users",
    summary: "Export all data about you as one document",
    responses: { 200: { description: "The document.", body: exportSchema } },
    handle: async (call) => {
      pathOf(call, noParameters);
      const params = { id: userOf(call.principal) };
      const found = await people.answers.fetch(EXPORT_READ, params, Answers.key(EXPORT_READ, params));
      if (found === null) throw new AppError("not_found");
      const headers = { ...NO_STORE, "content-disposition": 'attachment; filename="chinook-export.json"' };
      return json(200, found.entry.body, headers);
    },
  }),
];
