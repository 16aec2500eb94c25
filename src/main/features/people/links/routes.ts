import { z } from "zod";
import { AppError } from "../../../../shared/errors.ts";
import { actorOf } from "../../../http/command-route.ts";
import { bodyOf, noParameters, pathOf } from "../../../http/input.ts";
import { empty, json } from "../../../http/reply.ts";
import { type Route, route } from "../../../http/route.ts";
import { email, emailKey, name, password, userSchema } from "../accounts/fields.ts";
import { LOGIN_READ, PASSWORD_READ } from "../accounts/reads.ts";
import { actorAs, type People } from "../context.ts";
import { checkPassword } from "../passwords/rules.ts";
import { find, openSession } from "../sessions/login.ts";
import { loggedIn, NO_STORE, userOf } from "../sessions/routes.ts";
import { LINK_COMMANDS } from "./commands.ts";
import { issueLink, linkUrl, openLink } from "./links.ts";

const token = z.string().max(200);
const resetBody = z.strictObject({ email });
const chosenBody = z.strictObject({ token, password });
const tokenBody = z.strictObject({ token });
const setupBody = z.strictObject({ token, email, password, name: name.optional() });

/** The same answer whether the account exists or not, and before the mail is sent. */
const requestReset = (people: People): Route =>
  route({
    method: "POST",
    path: "/v1/password-resets",
    access: "open",
    tag: "sessions",
    summary: "Ask for a link to choose a new password",
    description:
      "It is sent by mail. Without a mail server an admin creates it with `chinook user reset-password`.",
    body: resetBody,
    responses: { 202: { description: "If there is such an account, a mail is on its way." } },
    failures: ["rate_limited"],
    handle: async (call) => {
      pathOf(call, noParameters);
      const { body } = await bodyOf(call, resetBody);
      people.logins.admit(call.addressOf(call.incoming), emailKey(body.email));
      void sendReset(people, emailKey(body.email), actorAs(call, "anonymous"));
      return empty(202, NO_STORE);
    },
  });

async function sendReset(
  people: People,
  email_key: string,
  actor: ReturnType<typeof actorAs>,
): Promise<void> {
  if (!people.mailer.enabled) return;
  const account = await find(people.answers, LOGIN_READ, { email_key });
  if (account?.email == null) return;
  const audited = people.writes.audited ? actor : undefined;
  const link = await issueLink(people.writes.commands, "reset", account, audited);
  people.mailer.sendLink("reset", account.email, linkUrl(people.origin(), "reset", link));
}

const setUpSchema = z.looseObject({ token: z.string() }).meta({ id: "FirstSession" });

export const linkRoutes = (people: People): Route[] => [
  requestReset(people),
  route({
    method: "POST",
    path: "/v1/password-resets/confirm",
    access: "open",
    tag: "sessions",
    summary: "Choose a new password with the link's token; all sessions end",
    body: chosenBody,
    responses: { 204: { description: "Changed." } },
    failures: ["link_invalid", "password_refused", "rate_limited"],
    handle: async (call) => {
      pathOf(call, noParameters);
      const { body } = await bodyOf(call, chosenBody);
      people.logins.admit(call.addressOf(call.incoming));
      checkPassword(body.password);
      const { token_hash, user } = await openLink(people.writes.commands, "reset", body.token);
      if (user === null) throw new AppError("link_invalid");
      const input = { token_hash, user, password: await people.passwords.hash(body.password) };
      const actor = people.writes.audited ? actorAs(call, `user:${user}`) : undefined;
      await people.writes.commands.execute(LINK_COMMANDS.resetPassword, input, { actor });
      return empty(204, NO_STORE);
    },
  }),
  route({
    method: "POST",
    path: "/v1/email-verifications",
    access: "library",
    tag: "users",
    summary: "Ask for a link that confirms one's address",
    responses: { 202: { description: "A mail is on its way, where there is a mail server." } },
    handle: async (call) => {
      pathOf(call, noParameters);
      const account = await find(people.answers, PASSWORD_READ, { id: userOf(call.principal) });
      if (account?.email == null) throw new AppError("not_found");
      const link = await issueLink(people.writes.commands, "verify", account, actorOf(people.writes, call));
      people.mailer.sendLink("verify", account.email, linkUrl(people.origin(), "verify", link));
      return empty(202, NO_STORE);
    },
  }),
  route({
    method: "POST",
    path: "/v1/email-verifications/confirm",
    access: "open",
    tag: "users",
    summary: "Confirm an address with the link's token",
    body: tokenBody,
    responses: { 200: { description: "The user.", body: userSchema } },
    failures: ["link_invalid", "rate_limited"],
    handle: async (call) => {
      pathOf(call, noParameters);
      const { body } = await bodyOf(call, tokenBody);
      people.logins.admit(call.addressOf(call.incoming));
      const { token_hash, user } = await openLink(people.writes.commands, "verify", body.token);
      if (user === null) throw new AppError("link_invalid");
      const actor = people.writes.audited ? actorAs(call, `user:${user}`) : undefined;
      const { body: answer } = await people.writes.commands.execute(
        LINK_COMMANDS.verifyEmail,
        { token_hash, user },
        { actor },
      );
      return json(200, answer!, NO_STORE);
    },
  }),
  route({
    method: "POST",
    path: "/v1/setup",
    access: "open",
    tag: "users",
    summary: "Make the first admin, with the link that the first start prints",
    body: setupBody,
    responses: {
      201: { description: "Made, and logged in.", body: setUpSchema, headers: ["Location", "Set-Cookie"] },
    },
    failures: ["link_invalid", "password_refused", "already_exists", "rate_limited"],
    handle: async (call) => {
      pathOf(call, noParameters);
      const { body } = await bodyOf(call, setupBody);
      people.logins.admit(call.addressOf(call.incoming));
      checkPassword(body.password);
      const { token_hash } = await openLink(people.writes.commands, "setup", body.token);
      const account = {
        email: body.email,
        email_key: emailKey(body.email),
        name: body.name ?? null,
        role: "admin",
        password: await people.passwords.hash(body.password),
        verified: false,
      } as const;
      const { body: made } = await people.writes.commands.execute(
        LINK_COMMANDS.setUp,
        { token_hash, account },
        { actor: people.writes.audited ? actorAs(call, "anonymous") : undefined },
      );
      const { id } = JSON.parse(made!) as { id: number };
      return loggedIn(people, call, await openSession(people, call, id));
    },
  }),
];
