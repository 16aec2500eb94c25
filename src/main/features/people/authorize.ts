import type { IncomingMessage } from "node:http";
import { AppError } from "../../../shared/errors.ts";
import {
  type AccessRule,
  type Admission,
  ANONYMOUS,
  ANONYMOUS_READER,
  type Authorize,
  EVERYBODY,
  neededFor,
  type Permitted,
  type Principal,
  permits,
} from "../../http/access.ts";
import type { Credential, Credentials } from "./credentials.ts";
import { type Limits, strangerOf } from "./limits/limits.ts";
import { OPERATOR_PREFIX } from "./operator-token.ts";
import { cookieToken } from "./sessions/cookie.ts";

export interface AuthorizeOptions {
  readonly mode: "open" | "required";
  readonly anonymous: "none" | "read";
  readonly credentials: Credentials;
  /** Undefined where nothing is limited. */
  readonly limits: Limits | undefined;
  readonly addressOf: (incoming: IncomingMessage) => string;
  /** Which cookie holds the token of a session. */
  readonly cookieName: (incoming: IncomingMessage) => string;
  /** Who showed the token of the local operator. */
  readonly operator: (token: string) => Principal | undefined;
  readonly onDenied: (denial: Denial) => void;
}

export interface Denial {
  readonly incoming: IncomingMessage;
  readonly requestId: string;
  readonly principal: Principal;
  readonly rule: AccessRule;
  readonly code: string;
}

/** Who asks, and the rate of the key that was shown: a credential is one. */
type Identity = Pick<Credential, "id" | "principal" | "rate">;

/** Who asks, where nothing is asked of them: what a route that is open may want to know. */
export type Identify = (incoming: IncomingMessage) => Identity | Promise<Identity>;

/**
 * From a request's headers to its principal, in one function and, for a credential that was seen of late, in one
 * synchronous step: `Authorization: Bearer`, or else the session's cookie, or else a stranger.
 *
 * A bearer token that is none, or no longer, is refused wherever it is shown. A cookie that has ended makes a
 * stranger of the browser, which cannot help sending it.
 */
export function createAuthorize(options: AuthorizeOptions): {
  authorize: Authorize;
  permitted: Permitted;
  identify: Identify;
} {
  const stranger = strangerIn(options);
  const open = options.mode === "open";

  const identify: Identify = (incoming) => {
    const { authorization } = incoming.headers;
    if (authorization !== undefined) return ofBearer(incoming, bearerOf(authorization));
    const token = cookieToken(incoming, options.cookieName);
    return token === undefined ? stranger : ofCookie(token);
  };
  const ofBearer = (incoming: IncomingMessage, token: string | undefined): Identity | Promise<Identity> => {
    const operator = token?.startsWith(OPERATOR_PREFIX) ? options.operator(token) : undefined;
    if (operator !== undefined) return nobodys(operator);
    const found = token === undefined ? undefined : options.credentials.resolve(token);
    if (found instanceof Promise) return found.then((known) => identified(incoming, known));
    return identified(incoming, found);
  };
  const identified = (incoming: IncomingMessage, credential: Credential | undefined): Identity => {
    if (credential !== undefined) return identityOf(credential, open);
    // Guesses count as writes of the address that they come from.
    options.limits?.take("write", strangerOf(options.addressOf(incoming)));
    throw tokenInvalid();
  };
  const ofCookie = (token: string): Identity | Promise<Identity> => {
    const found = options.credentials.resolve(token);
    if (found instanceof Promise) return found.then((known) => (known ? identityOf(known, open) : stranger));
    return found === undefined ? stranger : identityOf(found, open);
  };

  const judge = (incoming: IncomingMessage, rule: AccessRule, identity: Identity): Admission => {
    const { principal, rate } = identity;
    if (!permits(principal, rule.access)) throw denied(principal, rule);
    const { limits } = options;
    if (limits === undefined || principal.id === "operator") return identity;
    if (rate !== null) limits.takeOfKey(identity.id, rate);
    const who = principal.user === null ? strangerOf(options.addressOf(incoming)) : principal.id;
    const fields = limits.take(rule.load, who);
    if (rule.access === "batch") {
      const charge = (count: number) => {
        if (rate !== null) limits.takeOfKey(identity.id, rate, count);
        limits.take(rule.load, who, count);
      };
      return { principal, fields, charge };
    }
    return fields === undefined ? identity : { principal, fields };
  };
  const admit = (
    incoming: IncomingMessage,
    rule: AccessRule,
    requestId: string,
    identity: Identity,
  ): Admission => {
    try {
      return judge(incoming, rule, identity);
    } catch (error) {
      const { principal } = identity;
      if (error instanceof AppError && error.code !== "rate_limited")
        options.onDenied({ incoming, requestId, principal, rule, code: error.code });
      throw error;
    }
  };
  const authorize: Authorize = (incoming, rule, requestId) => {
    const identity = identify(incoming);
    return identity instanceof Promise
      ? identity.then((known) => admit(incoming, rule, requestId, known))
      : admit(incoming, rule, requestId, identity);
  };
  const permitted: Permitted = async (incoming, access) => {
    try {
      return permits((await identify(incoming)).principal, access);
    } catch {
      return false;
    }
  };
  return { authorize, permitted, identify };
}

function strangerIn({ mode, anonymous }: AuthorizeOptions): Identity {
  if (mode === "open") return nobodys(EVERYBODY);
  return nobodys(anonymous === "read" ? ANONYMOUS_READER : ANONYMOUS);
}

/** Of who showed neither key nor session. */
const nobodys = (principal: Principal): Identity => ({ id: 0, principal, rate: null });

/** On an open server a token says who asks, and takes nothing away. */
function identityOf(credential: Credential, open: boolean): Identity {
  if (!open) return credential;
  const { id, principal, rate } = credential;
  return { id, principal: { ...principal, permissions: EVERYBODY.permissions }, rate };
}

const BEARER = /^bearer +([\w~+/.=-]{1,512})$/i;

const bearerOf = (authorization: string): string | undefined =>
  authorization.startsWith("Bearer ") ? authorization.slice(7) : BEARER.exec(authorization)?.[1];

/** RFC 6750. */
const CHALLENGE = 'Bearer realm="chinook"';

const tokenInvalid = () =>
  new AppError("unauthenticated", {
    detail: "the token is none, or has expired or been revoked",
    headers: { "www-authenticate": `${CHALLENGE}, error="invalid_token"` },
  });

function denied({ credential, id }: Principal, { access }: AccessRule): AppError {
  if (credential === null && id === "anonymous") {
    return new AppError("unauthenticated", { headers: { "www-authenticate": CHALLENGE } });
  }
  const permission = neededFor(access);
  return new AppError("forbidden", {
    detail: `needs the permission ${permission}`,
    headers: { "www-authenticate": `${CHALLENGE}, error="insufficient_scope", scope="${permission}"` },
  });
}
