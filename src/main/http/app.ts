import type { IncomingMessage, ServerResponse } from "node:http";
import { type Context, Hono } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import { AppError } from "../../shared/errors.ts";
import type { AccessRule } from "./access.ts";
import {
  ACCEPT_PATCH,
  type ExchangeOptions,
  exchange,
  type Request,
  type Sent,
  type Target,
} from "./exchange.ts";
import { KnownUrls } from "./known-urls.ts";
import { empty, type Reply, type StreamLife } from "./reply.ts";
import type { Method, Route } from "./route.ts";

/** The path for the server as a whole: `OPTIONS *`. */
export const ASTERISK = "/*";

interface Bindings {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

type AppContext = Context<{ Bindings: Bindings }>;

/** The label of requests that match no route. Metrics are labelled by route template, never by path. */
const NO_ROUTE = "none";

export interface App {
  /** The routes as one Hono application: one handler each, no middleware. */
  readonly hono: Hono<{ Bindings: Bindings }>;
  /** Tried first. Requests that it does not answer go to Hono. */
  readonly known: KnownUrls;
}

export function createApp(routes: readonly Route[], options: ExchangeOptions): App {
  const hono = new Hono<{ Bindings: Bindings }>({ strict: true });
  const known = new KnownUrls(options);
  const to = (target: Target) => (c: AppContext) => {
    const sent = exchange(new HonoRequest(c, target, known), target, options);
    const answer = (sent: Sent) => toResponse(sent, () => lifeOf(c, target, options));
    return sent instanceof Promise ? sent.then(answer) : answer(sent);
  };
  for (const route of routes) {
    const { path, handle, accepts } = route;
    const target = { path, handle, rule: ruleOf(route), ...(accepts === undefined ? {} : { accepts }) };
    hono.on(route.method, patternOf(route), to(target));
  }
  const methodsOf = methodTable(routes);
  const unmatched: Target = {
    path: NO_ROUTE,
    rule: { access: "open", load: "read", told: false },
    handle: ({ method, path }) => refuse(method, path === ASTERISK ? METHODS : methodsOf(path)),
  };
  hono.notFound(to(unmatched));
  return { hono, known };
}

/** A path as the router writes it. */
const patternOf = ({ path, rest }: Route): string =>
  path.replace(/\{(\w+)\}/g, ":$1") + (rest === true ? "{.+}" : "");

const ruleOf = ({ access, load, method, told = method !== "GET" }: Route): AccessRule => ({
  access,
  load: load ?? (method === "GET" ? "read" : "write"),
  told: access === "operate" && told,
});

function toResponse(
  { reply: { status, body, headers, stream }, own }: Sent,
  life: () => StreamLife,
): Response {
  const all: Record<string, string> = { ...headers };
  for (let i = 0; i < own.length; i += 2) all[own[i]!] = own[i + 1]!;
  const pieces = typeof stream === "function" ? stream(life()) : stream;
  return new Response(pieces ?? body, { status, headers: all });
}

function lifeOf({ env }: AppContext, { rule }: Target, { ending, permitted }: ExchangeOptions): StreamLife {
  return {
    ending,
    permitted: () => permitted(env.incoming, rule.access),
    drop: () => {
      if (!env.outgoing.writableFinished) env.outgoing.destroy();
    },
  };
}

/** A request as parsed by Hono. Fields are computed on demand. */
class HonoRequest implements Request {
  readonly #c: AppContext;
  readonly #target: Target;
  readonly #known: KnownUrls;
  readonly incoming: IncomingMessage;
  readonly knownKey = undefined;
  constructor(c: AppContext, target: Target, known: KnownUrls) {
    this.#c = c;
    this.#target = target;
    this.#known = known;
    this.incoming = c.env.incoming;
  }
  remember(key: string): void {
    this.#known.remember(this.incoming.url!, this.#target, key);
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

/** @throws AppError `method_not_allowed` or `route_unknown`. */
function refuse(method: string, methods: readonly string[]): Reply {
  if (methods.length === 0) throw new AppError("route_unknown");
  const allow = [...methods, "OPTIONS"].join(", ");
  if (method === "OPTIONS") return empty(204, { allow, ...(methods.includes("PATCH") ? ACCEPT_PATCH : {}) });
  throw new AppError("method_not_allowed", {
    detail: `the route supports ${allow}`,
    headers: { allow },
  });
}

/** Methods that the server supports. */
const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** The methods of a path. Used only when none matched, so it stays out of the router's way. */
function methodTable(routes: readonly Route[]): (path: string) => readonly string[] {
  const router = new TrieRouter<Method>();
  for (const route of routes) router.add("ALL", patternOf(route), route.method);
  return (path) => {
    const methods = router.match("ALL", path)[0].map(([method]) => method);
    return [...new Set<string>(methods.includes("GET") ? ["GET", "HEAD", ...methods] : methods)];
  };
}
