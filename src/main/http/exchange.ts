import { AppError, type ErrorCode } from "../../shared/errors.ts";
import { type Logger, SLOW_MS } from "../engine/log.ts";
import { ANONYMOUS, type Authorize, type Principal } from "./access.ts";
import { BODIES } from "./body-budget.ts";
import type { Cors } from "./cors.ts";
import type { BrowserGuard } from "./origin.ts";
import { problem, type Reply, requestIdOf, toAppError } from "./reply.ts";
import type { Call, Route } from "./route.ts";

export interface ExchangeOptions {
  readonly guard: BrowserGuard;
  readonly cors: Cors | undefined;
  readonly authorize: Authorize;
  readonly log: Logger;
  readonly logRequests: "all" | "slow";
  /** Asks clients to close their connections. */
  readonly draining: () => boolean;
  readonly onRejected: (reason: string) => void;
  /** Milliseconds from headers to answer. */
  readonly onAnswer: (method: string, route: string, status: number, ms: number) => void;
}

/** What a request is dispatched to: a route, or the answer to what matches none. */
export type Target = Pick<Route, "path" | "access" | "handle">;

/** A request before it was let in. */
export type Request = Omit<Call, "principal">;

/** A reply with everything that an answer carries. Field names are in lower case. */
export interface Sent {
  readonly reply: Reply;
  /** Fields of this answer alone: a reply from the cache is shared by many. */
  readonly own: Readonly<Record<string, string>>;
}

/** Turned away before any work was done for it. */
const REJECTIONS = new Set<ErrorCode>([
  "overloaded",
  "write_timeout",
  "body_too_large",
  "closing",
  "host_not_allowed",
  "cross_origin",
]);

interface Exchange {
  readonly request: Request;
  readonly route: string;
  readonly started: number;
  readonly id: string;
  readonly options: ExchangeOptions;
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
  };
  try {
    options.guard(request.incoming);
    const reply = dispatch(request, target, options.authorize);
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
function dispatch(
  request: Request,
  { access, handle }: Target,
  authorize: Authorize,
): Reply | Promise<Reply> {
  if (access === "open") return handle(admitted(request, ANONYMOUS));
  const principal = authorize(request.incoming, access);
  if (!(principal instanceof Promise)) return handle(admitted(request, principal));
  return principal.then((known) => handle(admitted(request, known)));
}

function admitted(request: Request, principal: Principal): Call {
  (request as { principal?: Principal }).principal = principal;
  return request as Call;
}

function finish({ request, route, started, id, options }: Exchange, reply: Reply): Sent {
  const { incoming, method } = request;
  const ms = performance.now() - started;
  options.onAnswer(method, route, reply.status, ms);
  if (method !== "GET") BODIES.release(incoming);
  if (ms >= SLOW_MS || options.logRequests === "all") {
    options.log.info({ request_id: id, method, url: incoming.url, status: reply.status, ms }, "request");
  }
  const own: Record<string, string> = { "x-request-id": id };
  if (options.draining()) own.connection = "close";
  if (options.cors !== undefined) Object.assign(own, options.cors(incoming, reply.headers));
  if (method === "HEAD" && reply.body !== null) own["content-length"] = lengthOf(reply.body);
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
  if (error instanceof MethodNotAllowed) return { allow: error.allow };
  return error.code === "media_type_unsupported" && method === "PATCH" ? ACCEPT_PATCH : {};
}

/** RFC 5789. */
export const ACCEPT_PATCH = { "accept-patch": "application/merge-patch+json, application/json" };

export class MethodNotAllowed extends AppError {
  readonly allow: string;
  constructor(allow: string) {
    super("method_not_allowed", { detail: `this route answers to ${allow}` });
    this.allow = allow;
  }
}
