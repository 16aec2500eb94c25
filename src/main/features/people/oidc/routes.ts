import { z } from "zod";
import { AppError } from "../../../../shared/errors.ts";
import { Answers } from "../../../engine/reads/answers.ts";
import { actorOf } from "../../../http/command-route.ts";
import { noParameters, parseQuery, pathOf, validate } from "../../../http/input.ts";
import { pageSchema } from "../../../http/page-schema.ts";
import { empty, json } from "../../../http/reply.ts";
import { type Call, type Route, route } from "../../../http/route.ts";
import type { People } from "../context.ts";
import { cookieOf, setCookie } from "../sessions/cookie.ts";
import { openSession } from "../sessions/login.ts";
import { loggedInUserOf, NO_STORE, userOf } from "../sessions/routes.ts";
import { newSecret } from "../tokens.ts";
import { accountFor, linkTo } from "./accounts.ts";
import { type Attempt, Attempts } from "./attempts.ts";
import { IDENTITY_COMMANDS } from "./commands.ts";
import { failed, type Provider } from "./provider.ts";
import { IDENTITIES_READ } from "./reads.ts";

/** Seconds that the browser keeps what its login is held against. */
const COOKIE_AGE = 600;

const providerName = z
  .string()
  .regex(/^[a-z][a-z\d-]{0,31}$/)
  .meta({ example: "google" });
/** A path of this server and of no other: nothing that a browser could take for a host. */
const path = z.string().regex(/^\/(?!\/)[!-[\]-~]{0,200}$/, "must be a path of this server");

const nameParameter = z.strictObject({ provider: providerName });
const loginParameters = z.strictObject({
  provider: providerName,
  return_to: path.default("/").meta({ description: "Where the browser goes in the end." }),
});
/** Providers send what they like beside these. */
const answerParameters = z.looseObject({
  provider: providerName,
  state: z.string().max(200).optional(),
  code: z.string().max(4_000).optional(),
  error: z.string().max(200).optional(),
});

const providerSchema = z.object({ name: z.string(), login: z.string() }).meta({ id: "LoginProvider" });
const identitySchema = z
  .object({ provider: z.string(), created_at: z.iso.datetime() })
  .meta({ id: "Identity" });
const startedSchema = z
  .object({ url: z.url().meta({ description: "Where the browser must go next." }) })
  .meta({ id: "LinkStarted" });

interface Oidc {
  readonly people: People;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly attempts: Attempts;
}

/** @throws AppError `not_found`. */
function providerOf({ providers }: Oidc, name: string): Provider {
  const provider = providers.get(name);
  if (provider === undefined) throw new AppError("not_found", { detail: `no provider is called ${name}` });
  return provider;
}

const callbackOf = ({ people }: Oidc, name: string): string => `${people.origin()}/v1/oidc/${name}/callback`;

/** Sends the browser to the provider, and gives it a cookie that its way back is held against. */
async function begin(oidc: Oidc, call: Call, what: Pick<Attempt, "provider" | "user" | "returnTo">) {
  const { people, attempts } = oidc;
  const provider = providerOf(oidc, what.provider);
  people.logins.admit(call.addressOf(call.incoming));
  const { url, secrets } = await provider.begin(callbackOf(oidc, what.provider));
  const browser = newSecret();
  attempts.keep({ ...what, ...secrets }, browser);
  const cookie = setCookie(people.cookieName(call.incoming, "oidc"), browser, COOKIE_AGE);
  return { url: url.href, headers: { ...NO_STORE, "set-cookie": cookie } };
}

/** @throws AppError `oidc_failed`. */
function attemptOf({ people, attempts }: Oidc, call: Call, provider: string, state = ""): Attempt {
  const name = people.cookieName(call.incoming, "oidc");
  const browser = cookieOf(call.incoming.headers.cookie ?? "", name) ?? "";
  const attempt = attempts.take(state, browser);
  if (attempt?.provider === provider) return attempt;
  throw failed("this login was not begun in this browser, is over, or took more than ten minutes");
}

/** The provider's answer: logs in, or links. */
async function finish(oidc: Oidc, call: Call) {
  const { people } = oidc;
  const query = parseQuery(call.url);
  const given = { ...query, provider: call.param("provider") };
  const parsed = answerParameters.safeParse(given);
  if (!parsed.success) throw failed("the provider's answer is not valid");
  const provider = providerOf(oidc, parsed.data.provider);
  const attempt = attemptOf(oidc, call, provider.name, parsed.data.state);
  if (parsed.data.error !== undefined) throw failed(`the provider says ${JSON.stringify(parsed.data.error)}`);
  const answer = new URL(`${callbackOf(oidc, attempt.provider)}?${new URLSearchParams(query)}`);
  const claims = await provider.finish(attempt, answer);
  const headers = { ...NO_STORE, location: attempt.returnTo };
  if (attempt.user !== null) {
    await linkTo(people, call, attempt.user, { ...claims, provider: attempt.provider });
    return empty(303, headers);
  }
  const user = await accountFor(people, call, { ...claims, provider: attempt.provider });
  const { token, age } = await openSession(people, call, user);
  const cookie = setCookie(people.cookieName(call.incoming), token, age);
  return empty(303, { ...headers, "set-cookie": cookie });
}

const LEADS_ON = { 303: { description: "Go on there.", headers: ["Location", "Set-Cookie"] } } as const;

export function oidcRoutes(people: People, given: readonly Provider[]): Route[] {
  const providers = new Map(given.map((provider) => [provider.name, provider]));
  const oidc: Oidc = { people, providers, attempts: new Attempts() };
  return [...loginRoutes(oidc), ...identityRoutes(oidc)];
}

const loginRoutes = (oidc: Oidc): Route[] => [
  route({
    method: "GET",
    path: "/v1/oidc",
    access: "open",
    tag: "sessions",
    summary: "The OpenID Connect providers to log in with",
    responses: { 200: { description: "All of them.", body: pageSchema(providerSchema) } },
    handle: (call) => {
      pathOf(call, noParameters);
      const data = [...oidc.providers.keys()].map((name) => ({ name, login: `/v1/oidc/${name}/login` }));
      return json(200, JSON.stringify({ data, next: null }), { "cache-control": "no-cache" });
    },
  }),
  route({
    method: "GET",
    path: "/v1/oidc/{provider}/login",
    access: "open",
    tag: "sessions",
    summary: "Log in at a provider: where to send a browser",
    description: "Who never was here gets an account, if the provider has verified the address.",
    parameters: loginParameters,
    responses: LEADS_ON,
    failures: ["rate_limited", "provider_unavailable"],
    handle: async (call) => {
      const given = { ...parseQuery(call.url), provider: call.param("provider") };
      const { provider, return_to } = validate(loginParameters, given, "parameter");
      const { url, headers } = await begin(oidc, call, { provider, user: null, returnTo: return_to });
      return empty(303, { ...headers, location: url });
    },
  }),
  route({
    method: "GET",
    path: "/v1/oidc/{provider}/callback",
    access: "open",
    tag: "sessions",
    summary: "Where a provider sends the browser back to",
    parameters: answerParameters,
    responses: LEADS_ON,
    failures: ["oidc_failed", "provider_unavailable", "already_exists", "registration_closed"],
    handle: (call) => finish(oidc, call),
  }),
];

const identityRoutes = (oidc: Oidc): Route[] => [
  route({
    method: "GET",
    path: "/v1/identities",
    access: "library",
    tag: "sessions",
    summary: "The providers that one can log in with",
    responses: { 200: { description: "All that are linked.", body: pageSchema(identitySchema) } },
    handle: async (call) => {
      pathOf(call, noParameters);
      const params = { user: userOf(call.principal) };
      const { answers } = oidc.people;
      const found = await answers.fetch(IDENTITIES_READ, params, Answers.key(IDENTITIES_READ, params));
      return json(200, found!.entry.body, NO_STORE);
    },
  }),
  route({
    method: "POST",
    path: "/v1/identities/{provider}",
    access: "library",
    tag: "sessions",
    summary: "Link an account of a provider to one's own",
    description: "Send the browser to `url`; when it is back, and logged in as it was, the two are linked.",
    parameters: nameParameter,
    responses: { 201: { description: "Begun.", body: startedSchema, headers: ["Set-Cookie"] } },
    failures: ["provider_unavailable"],
    handle: async (call) => {
      const { provider } = pathOf<{ provider: string }>(call, nameParameter);
      const what = { provider, user: loggedInUserOf(call.principal), returnTo: "/" };
      const { url, headers } = await begin(oidc, call, what);
      return json(201, JSON.stringify({ url }), headers);
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/identities/{provider}",
    access: "library",
    tag: "sessions",
    summary: "Unlink an account of a provider",
    parameters: nameParameter,
    responses: { 204: { description: "Nobody logs in with it any more." } },
    handle: async (call) => {
      const { provider } = pathOf<{ provider: string }>(call, nameParameter);
      const input = { provider, user: loggedInUserOf(call.principal) };
      const actor = actorOf(oidc.people.writes, call);
      await oidc.people.writes.commands.execute(IDENTITY_COMMANDS.unlink, input, { actor });
      return empty(204, NO_STORE);
    },
  }),
];
