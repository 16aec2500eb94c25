import type { IncomingMessage } from "node:http";
import { type Context, Hono } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import { AppError, type ErrorCode } from "../../shared/errors.ts";
import { type Logger, SLOW_MS } from "../engine/log.ts";
import { ANONYMOUS, type Authorize, type Principal } from "./access.ts";
import { BODIES } from "./body-budget.ts";
import type { Cors } from "./cors.ts";
import { ASTERISK } from "./listen.ts";
import type { BrowserGuard } from "./origin.ts";
import { empty, problem, type Reply, requestIdOf, toAppError } from "./reply.ts";
import type { Call, Method, Route } from "./route.ts";

export interface AppOptions {
  readonly routes: readonly Route[];
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

interface Bindings {
  readonly incoming: IncomingMessage;
}

type AppContext = Context<{ Bindings: Bindings }>;

/** Turned away before any work was done for it. */
const REJECTIONS = new Set<ErrorCode>([
  "overloaded",
  "write_timeout",
  "body_too_large",
  "closing",
  "host_not_allowed",
  "cross_origin",
]);

/** The label of whatever matches no route: metrics are labelled by template, never by path. */
const NO_ROUTE = "none";

/**
 * The routes as one Hono application. Each route is a single handler, with no middleware around it: what every
 * request needs (id, timing, log, errors) is done here in one step, so that an answer from the cache is
 * synchronous from socket to socket.
 */
export function createApp(options: AppOptions): Hono<{ Bindings: Bindings }> {
  const app = new Hono<{ Bindings: Bindings }>({ strict: true });
  for (const route of options.routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ":$1");
    app.on(route.method, path, (c) => handle(c, route, options));
  }
  const methodsOf = methodTable(options.routes);
  const unmatched: Target = {
    path: NO_ROUTE,
    access: "open",
    handle: ({ method, path }) => refuse(method, path === ASTERISK ? METHODS : methodsOf(path)),
  };
  app.notFound((c) => handle(c, unmatched, options));
  return app;
}

/** What a request is dispatched to: a route, or the answer to what matches none. */
type Target = Pick<Route, "path" | "access" | "handle">;

/** A request as the routes see it; what a hit does not ask for is not worked out. */
class HonoCall implements Call {
  readonly #c: AppContext;
  readonly incoming: IncomingMessage;
  readonly principal: Principal;
  constructor(c: AppContext, principal: Principal) {
    this.#c = c;
    this.incoming = c.env.incoming;
    this.principal = principal;
  }
  get method(): string {
    return this.#c.req.method;
  }
  get url(): string {
    return this.#c.req.raw.url;
  }
  get path(): string {
    return this.#c.req.path;
  }
  param(name: string): string {
    return this.#c.req.param(name) ?? "";
  }
}

function handle(c: AppContext, target: Target, options: AppOptions): Response | Promise<Response> {
  const exchange: Exchange = {
    c,
    route: target.path,
    started: performance.now(),
    id: requestIdOf(c.env.incoming),
    options,
  };
  try {
    options.guard(c.env.incoming);
    const reply = dispatch(c, target, options.authorize);
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
function dispatch(c: AppContext, { access, handle }: Target, authorize: Authorize): Reply | Promise<Reply> {
  if (access === "open") return handle(new HonoCall(c, ANONYMOUS));
  const principal = authorize(c.env.incoming, access);
  if (!(principal instanceof Promise)) return handle(new HonoCall(c, principal));
  return principal.then((known) => handle(new HonoCall(c, known)));
}

interface Exchange {
  readonly c: AppContext;
  readonly route: string;
  readonly started: number;
  readonly id: string;
  readonly options: AppOptions;
}

function finish({ c, route, started, id, options }: Exchange, reply: Reply): Response {
  const ms = performance.now() - started;
  options.onAnswer(c.req.method, route, reply.status, ms);
  if (c.req.method !== "GET") BODIES.release(c.env.incoming);
  if (ms >= SLOW_MS || options.logRequests === "all") {
    options.log.info(
      { request_id: id, method: c.req.method, url: c.env.incoming?.url, status: reply.status, ms },
      "request",
    );
  }
  const headers: Record<string, string> = { ...reply.headers, "x-request-id": id };
  if (options.draining()) headers.connection = "close";
  if (options.cors !== undefined) Object.assign(headers, options.cors(c.env.incoming, reply.headers));
  if (c.req.method === "HEAD" && reply.body !== null)
    headers["content-length"] = String(lengthOf(reply.body));
  return new Response(reply.body, { status: reply.status, headers });
}

/** HEAD promises the length that GET would send; the router drops the body it would be counted from. */
const lengthOf = (body: NonNullable<Reply["body"]>): number => Buffer.byteLength(body);

function fail(exchange: Exchange, thrown: unknown): Response {
  const error = toAppError(thrown);
  const { log, onRejected } = exchange.options;
  if (REJECTIONS.has(error.code)) onRejected(error.code);
  if (error.status >= 500) {
    const level = error.status === 500 ? "error" : "warn";
    log[level]({ request_id: exchange.id, code: error.code, err: error.cause ?? error }, "request failed");
  }
  return finish(exchange, problem(error, exchange.id, hintsOf(error, exchange.c.req.method)));
}

/** What a refusal says of the requests that would be taken. */
function hintsOf(error: AppError, method: string): Record<string, string> {
  if (error instanceof MethodNotAllowed) return { allow: error.allow };
  return error.code === "media_type_unsupported" && method === "PATCH" ? ACCEPT_PATCH : {};
}

/** RFC 5789. */
const ACCEPT_PATCH = { "accept-patch": "application/merge-patch+json, application/json" };

class MethodNotAllowed extends AppError {
  readonly allow: string;
  constructor(allow: string) {
    super("method_not_allowed", { detail: `this route answers to ${allow}` });
    this.allow = allow;
  }
}

/** @throws AppError `method_not_allowed` or `route_unknown`. */
function refuse(method: string, methods: readonly string[]): Reply {
  if (methods.length === 0) throw new AppError("route_unknown");
  const allow = [...methods, "OPTIONS"].join(", ");
  if (method === "OPTIONS") return empty(204, { allow, ...(methods.includes("PATCH") ? ACCEPT_PATCH : {}) });
  throw new MethodNotAllowed(allow);
}

/** What the server answers to at all. */
const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** Which methods a path answers to: asked only when none matched, so it stays out of the router's way. */
function methodTable(routes: readonly Route[]): (path: string) => readonly string[] {
  const router = new TrieRouter<Method>();
  for (const { method, path } of routes) router.add("ALL", path.replace(/\{(\w+)\}/g, ":$1"), method);
  return (path) => {
    const methods = router.match("ALL", path)[0].map(([method]) => method);
    return [...new Set<string>(methods.includes("GET") ? ["GET", "HEAD", ...methods] : methods)];
  };
}
