import type { IncomingMessage } from "node:http";
import { AppError, type ErrorCode } from "../../shared/errors.ts";
import { type Logger, SLOW_MS } from "../engine/log.ts";
import { type AccessRule, type Admission, ANONYMOUS, type Authorize, type Principal } from "./access.ts";
import { BODIES } from "./body-budget.ts";
import type { Cors } from "./cors.ts";
import type { BrowserGuard } from "./origin.ts";
import { problem, type Reply, requestIdOf, toAppError } from "./reply.ts";
import type { Call, Route } from "./route.ts";

export interface ExchangeOptions {
  readonly guard: BrowserGuard;
  readonly cors: Cors | undefined;
  readonly authorize: Authorize;
  /** Where a request came from: the client's address, however many trusted proxies it passed. */
  readonly addressOf: (incoming: IncomingMessage) => string;
  readonly log: Logger;
  readonly logRequests: "all" | "slow";
  /** Asks clients to close their connections. */
  readonly draining: () => boolean;
  readonly onRejected: (reason: string) => void;
  /** Milliseconds from headers to answer. */
  readonly onAnswer: (method: string, route: string, status: number, ms: number) => void;
}

/** What a request is dispatched to: a route, or the answer to what matches none. */
export type Target = Pick<Route, "path" | "handle"> & { readonly rule: AccessRule };

/** A request before it was let in. */
export type Request = Omit<Call, "principal" | "requestId" | "addressOf">;

/** A reply with everything that an answer carries. Field names are in lower case. */
export interface Sent {
  readonly reply: Reply;
  /** Fields of this answer alone, names and values in turn: a reply from the cache is shared by many. */
  readonly own: readonly string[];
}

/** Turned away before any work was done for it. */
const REJECTIONS = new Set<ErrorCode>([
  "overloaded",
  "write_timeout",
  "body_too_large",
  "closing",
  "host_not_allowed",
  "cross_origin",
  "rate_limited",
]);

interface Exchange {
  readonly request: Request;
  readonly route: string;
  readonly started: number;
  readonly id: string;
  readonly options: ExchangeOptions;
  /** Of the admission: the answer carries them. */
  fields: Admission["fields"];
}

/**
 * One request and its answer: what every request needs (checks of browsers, access, id, timing, log, errors) in one
 * step, with no middleware around it. Synchronous when the answer is, so that a cached answer leaves in the turn in
 * which its request came.
 */
export function exchange(request: Request, target: Target, options: ExchangeOptions): Sent | Promise<Sent> {
  const exchange: Exchange = {
    request,
    route: target.path,
    started: performance.now(),
    id: requestIdOf(request.incoming),
    options,
    fields: undefined,
  };
  try {
    options.guard(request.incoming);
    const reply = dispatch(exchange, target);
    if (!(reply instanceof Promise)) return finish(exchange, reply);
    return reply.then(
      (settled) => finish(exchange, settled),
      (error) => fail(exchange, error),
    );
  } catch (error) {
    return fail(exchange, error);
  }
}

/** Access is judged before anything else is done, the look-up of a cached answer included. */
function dispatch(exchange: Exchange, target: Target): Reply | Promise<Reply> {
  if (target.rule.access === "open") return target.handle(admitted(exchange, ANONYMOUS));
  const { request, id, options } = exchange;
  const admission = options.authorize(request.incoming, target.rule, id);
  if (!(admission instanceof Promise)) return enter(exchange, target, admission);
  return admission.then((known) => enter(exchange, target, known));
}

function enter(exchange: Exchange, target: Target, { principal, fields }: Admission): Reply | Promise<Reply> {
  exchange.fields = fields;
  if (target.rule.access === "own") checkOwn(exchange.request.param("id"), principal);
  return target.handle(admitted(exchange, principal));
}

/** Whether there is such a user is told to nobody else. @throws AppError `not_found`. */
function checkOwn(id: string, { user, permissions }: Principal): void {
  if (!permissions.has("people:read") && id !== String(user)) throw new AppError("not_found");
}

function admitted({ request, id, options }: Exchange, principal: Principal): Call {
  const call = request as { -readonly [K in keyof Call]: Call[K] };
  call.principal = principal;
  call.requestId = id;
  call.addressOf = options.addressOf;
  return call;
}

function finish({ request, route, started, id, options, fields }: Exchange, reply: Reply): Sent {
  const { incoming, method } = request;
  const ms = performance.now() - started;
  options.onAnswer(method, route, reply.status, ms);
  if (method !== "GET") BODIES.release(incoming);
  if (ms >= SLOW_MS || options.logRequests === "all") {
    options.log.info({ request_id: id, method, url: incoming.url, status: reply.status, ms }, "request");
  }
  const own = fields === undefined ? ["x-request-id", id] : ["x-request-id", id, ...fields];
  if (options.draining()) own.push("connection", "close");
  if (options.cors !== undefined) own.push(...Object.entries(options.cors(incoming, reply.headers)).flat());
  if (method === "HEAD" && reply.body !== null) own.push("content-length", lengthOf(reply.body));
  return { reply, own };
}

/** HEAD promises the length that GET would send; the router drops the body it would be counted from. */
const lengthOf = (body: NonNullable<Reply["body"]>): string => String(Buffer.byteLength(body));

function fail(exchange: Exchange, thrown: unknown): Sent {
  const error = toAppError(thrown);
  const { log, onRejected } = exchange.options;
  if (REJECTIONS.has(error.code)) onRejected(error.code);
  if (error.status >= 500) {
    const level = error.status === 500 ? "error" : "warn";
    log[level]({ request_id: exchange.id, code: error.code, err: error.cause ?? error }, "request failed");
  }
  return finish(exchange, problem(error, exchange.id, hintsOf(error, exchange.request.method)));
}

/** What a refusal says of the requests that would be taken. */
function hintsOf(error: AppError, method: string): Record<string, string> {
  return error.code === "media_type_unsupported" && method === "PATCH" ? ACCEPT_PATCH : {};
}

/** RFC 5789. */
export const ACCEPT_PATCH = { "accept-patch": "application/merge-patch+json, application/json" };
