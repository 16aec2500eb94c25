import type { IncomingMessage } from "node:http";
import { AppError, type ErrorCode } from "../../shared/errors.ts";
import type { Positions } from "../engine/cluster/positions.ts";
import { type Logger, SLOW_MS } from "../engine/log.ts";
import {
  type AccessRule,
  type Admission,
  ANONYMOUS,
  type Authorize,
  type Permitted,
  type Principal,
} from "./access.ts";
import { BODIES } from "./body-budget.ts";
import { encoded } from "./compression.ts";
import type { Cors } from "./cors.ts";
import type { BrowserGuard } from "./origin.ts";
import { problemPage, wantsPage } from "./problem-page.ts";
import { problem, type Reply, requestIdOf, toAppError } from "./reply.ts";
import type { Call, Route } from "./route.ts";
import { type Trace, traceOf } from "./tracing.ts";

export interface ExchangeOptions {
  readonly guard: BrowserGuard;
  readonly cors: Cors | undefined;
  readonly authorize: Authorize;
  readonly permitted: Permitted;
  /** The client's address, behind any number of trusted proxies. */
  readonly addressOf: (incoming: IncomingMessage) => string;
  readonly log: Logger;
  readonly logRequests: "all" | "slow";
  readonly compress: boolean;
  /** Whether clients should close their connections. */
  readonly draining: () => boolean;
  /** Aborts when the server shuts down: streams end with it. */
  readonly ending: AbortSignal;
  readonly onRejected: (reason: string) => void;
  /** Starts spans, if OpenTelemetry is in use. */
  readonly trace: Trace | undefined;
  /** Called with the milliseconds from headers to answer. */
  readonly onAnswer: (method: string, route: string, status: number, ms: number) => void;
  /** Present if several servers share a database. */
  readonly positions: Positions | undefined;
  /** Called with requests to audit: see {@link AccessRule.told}. */
  readonly onOperated: ((call: Call) => void) | undefined;
}

/** A route, or the answer to requests that match none. */
export type Target = Pick<Route, "path" | "handle" | "accepts"> & { readonly rule: AccessRule };

/** A request before its admission. */
export type Request = Omit<Call, "principal" | "requestId" | "addressOf">;

/** A reply with all headers. Names are in lower case. */
export interface Sent {
  readonly reply: Reply;
  /** Headers of this response only, names and values in turn: a cached reply is shared by many. */
  readonly own: readonly string[];
}

/** Codes of requests rejected before any work. */
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
  readonly target: Target;
  readonly started: number;
  readonly id: string;
  readonly options: ExchangeOptions;
  /** Ends the request's span. */
  readonly ended: ((status: number) => void) | undefined;
  /** Headers from the admission. */
  fields: Admission["fields"];
}

/**
 * Handles one request: the browser check, access, id, timing, log and errors in one step, without middleware.
 * Synchronous if the answer is, so that a cached answer is sent in the turn in which its request arrived.
 */
export function exchange(request: Request, target: Target, options: ExchangeOptions): Sent | Promise<Sent> {
  const exchange: Exchange = {
    request,
    target,
    started: performance.now(),
    id: requestIdOf(request.incoming),
    options,
    fields: undefined,
    ended: options.trace?.(request.incoming, request.method, target.path),
  };
  try {
    options.guard(request.incoming, target.accepts);
    const held = options.positions?.held(request.incoming);
    const reply =
      held === undefined
        ? encode(exchange, dispatch(exchange, target))
        : held.then(() => encode(exchange, dispatch(exchange, target)));
    if (!(reply instanceof Promise)) return finish(exchange, reply);
    return reply.then(
      (settled) => finish(exchange, settled),
      (error) => fail(exchange, error),
    );
  } catch (error) {
    return fail(exchange, error);
  }
}

/**
 * Only answers to GET and HEAD: a secret in the answer to a POST is never compressed together with the
 * client's input (BREACH).
 */
function encode({ request, options }: Exchange, reply: Reply | Promise<Reply>): Reply | Promise<Reply> {
  if (!options.compress || (request.method !== "GET" && request.method !== "HEAD")) return reply;
  return reply instanceof Promise
    ? reply.then((settled) => encoded(settled, request.incoming))
    : encoded(reply, request.incoming);
}

/** Access is checked first, even before the look-up of a cached answer. */
function dispatch(exchange: Exchange, target: Target): Reply | Promise<Reply> {
  if (target.rule.access === "open") return target.handle(admitted(exchange, ANONYMOUS));
  const { request, id, options } = exchange;
  const admission = options.authorize(request.incoming, target.rule, id);
  if (!(admission instanceof Promise)) return enter(exchange, target, admission);
  return admission.then((known) => enter(exchange, target, known));
}

function enter(
  exchange: Exchange,
  target: Target,
  { principal, fields, charge }: Admission,
): Reply | Promise<Reply> {
  exchange.fields = fields;
  if (target.rule.access === "own") checkOwn(exchange.request.param("id"), principal);
  const call = admitted(exchange, principal);
  return target.handle(charge === undefined ? call : Object.assign(call, { charge }));
}

/** Others do not learn whether the user exists. @throws AppError `not_found`. */
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

function finish({ request, target, started, id, options, ended, fields }: Exchange, reply: Reply): Sent {
  const { incoming, method } = request;
  const ms = performance.now() - started;
  options.onAnswer(method, target.path, reply.status, ms);
  ended?.(reply.status);
  if (method !== "GET") BODIES.release(incoming);
  if (target.rule.told && reply.status < 400) options.onOperated?.(request as Call);
  if (ms >= SLOW_MS || options.logRequests === "all") {
    const { status } = reply;
    options.log.info(
      { request_id: id, ...traceOf(incoming), method, url: incoming.url, status, ms },
      "request",
    );
  }
  const own = fields === undefined ? ["x-request-id", id] : ["x-request-id", id, ...fields];
  if (options.draining()) own.push("connection", "close");
  if (options.positions !== undefined) {
    own.push(...options.positions.headersOf(incoming, reply.headers["set-cookie"] !== undefined));
  }
  if (options.cors !== undefined) own.push(...Object.entries(options.cors(incoming, reply.headers)).flat());
  if (method === "HEAD" && reply.body !== null) own.push("content-length", lengthOf(reply.body));
  return { reply, own };
}

/** The Content-Length of HEAD is GET's. The router drops the body from which it would be computed. */
const lengthOf = (body: NonNullable<Reply["body"]>): string => String(Buffer.byteLength(body));

function fail(exchange: Exchange, thrown: unknown): Sent {
  const error = toAppError(thrown);
  const { log, onRejected } = exchange.options;
  if (REJECTIONS.has(error.code)) onRejected(error.code);
  if (error.status >= 500) {
    const level = error.status === 500 ? "error" : "warn";
    const trace = traceOf(exchange.request.incoming);
    log[level](
      { request_id: exchange.id, ...trace, code: error.code, err: error.cause ?? error },
      "request failed",
    );
  }
  const reply = problem(error, exchange.id, hintsOf(error, exchange.request.method));
  return finish(exchange, wantsPage(exchange.request.incoming) ? problemPage(reply) : reply);
}

/** Headers that say which requests would be accepted. */
function hintsOf(error: AppError, method: string): Record<string, string> {
  return error.code === "media_type_unsupported" && method === "PATCH" ? ACCEPT_PATCH : {};
}

/** RFC 5789. */
export const ACCEPT_PATCH = { "accept-patch": "application/merge-patch+json, application/json" };
