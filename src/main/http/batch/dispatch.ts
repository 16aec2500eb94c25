import type { IncomingMessage } from "node:http";
import { TrieRouter } from "hono/router/trie-router";
import { AppError } from "../../../shared/errors.ts";
import type { Commands } from "../../engine/commands/command-bus.ts";
import { neededFor, permits } from "../access.ts";
import type { Reply } from "../reply.ts";
import type { Call, Route } from "../route.ts";
import type { Operation } from "./body.ts";

/** Runs one operation as if it were a request of its own, but for what executes its command. */
export type Dispatch = (
  outer: Call,
  operation: Operation,
  commands: Pick<Commands, "execute">,
) => Promise<Reply>;

/**
 * Leads operations to the routes that may be in a batch: the same paths, inputs and permissions as those of requests.
 *
 * @returns throws AppError `route_unknown`, `method_not_allowed` or `forbidden`, and whatever the route itself does.
 */
export function dispatcher(routes: readonly Route[]): Dispatch {
  const router = new TrieRouter<Route>();
  for (const route of routes.filter(({ batch }) => batch)) {
    router.add(route.method, route.path.replace(/\{(\w+)\}/g, ":$1"), route);
  }
  return async (outer, operation, commands) => {
    const path = operation.path.split("?", 1)[0]!;
    const [found] = router.match(operation.method, path)[0] as [Route, Record<string, string>][];
    if (found === undefined) throw unknown(operation);
    const [route, params] = found;
    if (!permits(outer.principal, route.access)) {
      throw new AppError("forbidden", { detail: `needs the permission ${neededFor(route.access)}` });
    }
    return route.handle(callOf(outer, operation, params, commands));
  };
}

const unknown = ({ method, path }: Operation) =>
  new AppError("route_unknown", { detail: `${method} ${path.slice(0, 200)} cannot be in a batch` });

function callOf(
  outer: Call,
  { method, path: url, body, if_match }: Operation,
  params: Record<string, string>,
  commands: Pick<Commands, "execute">,
): Call {
  const headers = {
    "content-type": "application/json",
    ...(if_match === undefined ? {} : { "if-match": if_match }),
  };
  const address = outer.addressOf(outer.incoming);
  return {
    incoming: { method, url, headers } as IncomingMessage,
    method,
    url,
    path: url.split("?", 1)[0]!,
    principal: outer.principal,
    requestId: outer.requestId,
    addressOf: () => address,
    commands,
    given: { value: body, text: JSON.stringify(body ?? null) },
    knownKey: undefined,
    remember: () => {},
    param: (name) => decoded(params[name] ?? ""),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AppError("bad_request", { detail: "the path is not valid percent-encoded UTF-8" });
  }
}
