import type { IncomingMessage } from "node:http";
import type { Commands } from "../../engine/commands/command-bus.ts";
import type { Call } from "../../http/route.ts";
import { type FeatureContext, feature } from "../feature.ts";
import { ACCOUNT_COMMANDS } from "./accounts/commands.ts";
import { ERASE_COMMANDS } from "./accounts/erase.ts";
import { EXPORT_READ } from "./accounts/export.ts";
import { ACCOUNT_READS } from "./accounts/reads.ts";
import { accountRoutes } from "./accounts/routes.ts";
import { NOTE_COMMANDS, Notes } from "./audit/notes.ts";
import { AUDIT_READ } from "./audit/reads.ts";
import { auditRoutes } from "./audit/routes.ts";
import { createAuthorize, type Denial } from "./authorize.ts";
import { peopleCommands, runOn } from "./command-line.ts";
import { actorAs, type People } from "./context.ts";
import { type Credential, Credentials, KEY_READ, SESSION_READ } from "./credentials.ts";
import { House, RETENTION } from "./housekeeping.ts";
import { KEY_COMMANDS } from "./keys/commands.ts";
import { KEYS_READ } from "./keys/reads.ts";
import { keyRoutes } from "./keys/routes.ts";
import { Limits } from "./limits/limits.ts";
import { LoginLimits } from "./limits/login-limits.ts";
import { LINK_COMMANDS } from "./links/commands.ts";
import { offerSetup } from "./links/first-admin.ts";
import { accountPage } from "./links/page.ts";
import { linkRoutes } from "./links/routes.ts";
import { Mailer } from "./mail/mailer.ts";
import { IDENTITY_COMMANDS } from "./oidc/commands.ts";
import { Provider } from "./oidc/provider.ts";
import { IDENTITIES_READ, PERSON_READ } from "./oidc/reads.ts";
import { oidcRoutes } from "./oidc/routes.ts";
import { operatorRoutes } from "./operator-routes.ts";
import { OperatorToken } from "./operator-token.ts";
import { OPERATOR_COMMANDS } from "./operators.ts";
import { PasswordPool } from "./passwords/pool.ts";
import { SESSION_COMMANDS } from "./sessions/commands.ts";
import { cookieNameFor } from "./sessions/cookie.ts";
import { SESSIONS_READ } from "./sessions/reads.ts";
import { sessionRoutes } from "./sessions/routes.ts";

const value = feature({
  name: "people",
  reads: [
    SESSION_READ,
    KEY_READ,
    SESSIONS_READ,
    KEYS_READ,
    AUDIT_READ,
    EXPORT_READ,
    PERSON_READ,
    IDENTITIES_READ,
    ...Object.values(ACCOUNT_READS),
  ],
  commands: [
    ...Object.values(ACCOUNT_COMMANDS),
    ...Object.values(ERASE_COMMANDS),
    ...Object.values(SESSION_COMMANDS),
    ...Object.values(KEY_COMMANDS),
    ...Object.values(LINK_COMMANDS),
    ...Object.values(IDENTITY_COMMANDS),
    ...Object.values(OPERATOR_COMMANDS),
    ...Object.values(NOTE_COMMANDS),
    RETENTION,
  ],
  open(context) {
    const { engine, settings } = context;
    const required = settings.auth === "required";
    const notes = new Notes(engine.commands);
    const operator = required ? new OperatorToken(settings.database) : undefined;
    const judge = createAuthorize({
      mode: settings.auth,
      anonymous: settings.anonymous,
      credentials: credentialsOf(context),
      limits: required ? new Limits(settings) : undefined,
      addressOf: context.clients.addressOf,
      cookieName: cookieNameOf(context),
      operator: (token) => operator?.principal(token),
      onDenied: noteDenial(context, notes),
    });
    const parts: People = {
      answers: engine.answers,
      writes: context.writes,
      settings,
      passwords: new PasswordPool(),
      logins: new LoginLimits(required ? settings.rateLogin : 0),
      notes,
      mailer: new Mailer(settings, engine.log),
      identify: judge.identify,
      cookieName: cookieNameOf(context),
      checkpoint: () => engine.storage.checkpoint(),
      origin: () => originOf(context),
    };
    const house = new House(engine.commands, settings, engine.log);
    return {
      mailer: parts.mailer,
      routes: [
        ...accountRoutes(parts),
        ...sessionRoutes(parts),
        ...keyRoutes(parts),
        ...linkRoutes(parts),
        ...oidcRoutes(
          parts,
          settings.oidc.map((provider) => new Provider(provider, engine.log)),
        ),
        ...auditRoutes(engine.answers),
        ...operatorRoutes(parts),
        accountPage(),
      ],
      authorize: judge.authorize,
      permitted: judge.permitted,
      ...(required ? { onOperated: noteOperated(notes) } : {}),
      start: () => {
        house.start();
        if (required) void offerSetup(parts, engine.log);
      },
      close: async () => {
        house.stop();
        operator?.close();
        await parts.mailer.close();
        await parts.passwords.close();
      },
    };
  },
  commandLine: peopleCommands,
});

/** Who asks, what they may do, how often, and what was done by whom. */
export const people = Object.freeze({ ...value, act: runOn });

function credentialsOf({ engine, settings }: FeatureContext): Credentials {
  return new Credentials({
    answers: engine.answers,
    cache: engine.cache,
    idleMs: settings.sessionIdle * 1_000,
    onUsed: (credential, now) => touch(engine.commands, credential, now),
  });
}

/** What cannot be written is counted among the failed writes; the next use tries again. */
function touch(commands: Commands, { kind, id }: Credential, now: number): void {
  const { touch } = kind === "session" ? SESSION_COMMANDS : KEY_COMMANDS;
  commands.execute(touch, { id, now: new Date(now).toISOString() }).catch(() => {});
}

const originOf = ({ settings, url }: FeatureContext): string =>
  (settings.publicUrl === "" ? url() : settings.publicUrl).replace(/\/+$/, "");

function cookieNameOf({ settings, clients }: FeatureContext): People["cookieName"] {
  const https = settings.publicUrl.startsWith("https:");
  return (incoming, kind) => cookieNameFor(incoming, https ? "https" : clients.schemeOf(incoming), kind);
}

const noteDenial =
  ({ clients, writes }: FeatureContext, notes: Notes) =>
  ({ incoming, requestId, principal, rule, code }: Denial): void => {
    if (!writes.audited) return;
    const actor = {
      principal: principal.id,
      credential: principal.credential,
      address: clients.addressOf(incoming),
      requestId,
    };
    notes.refused(actor, "access.denied", null, {
      request: lineOf(incoming),
      needs: rule.access,
      code,
    });
  };

/** Backups, loads, maintenance: an operator's requests that are no command, once they are done. */
const noteOperated =
  (notes: Notes) =>
  (call: Call): void => {
    const { id, credential } = call.principal;
    notes.done(actorAs(call, id, credential), "operate", null, { request: lineOf(call.incoming) });
  };

/** Characters of a path that the audit keeps. */
const PATH_LENGTH = 200;

const lineOf = ({ method, url = "" }: IncomingMessage): string =>
  `${method} ${url.split("?", 1)[0]!.slice(0, PATH_LENGTH)}`;
