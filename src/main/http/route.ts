import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { AppError, type ErrorCode } from "../../shared/errors.ts";
import type { Commands } from "../engine/commands/command-bus.ts";
import type { Access, LoadClass, Principal } from "./access.ts";
import type { RequestHeader, ResponseHeader } from "./described-headers.ts";
import type { Reply } from "./reply.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request, as a route sees it. */
export interface Call {
  readonly incoming: IncomingMessage;
  readonly method: string;
  /** The URL; its query is not decoded. */
  readonly url: string;
  /** The URL without the query. */
  readonly path: string;
  readonly principal: Principal;
  /** Sent as `X-Request-Id`. */
  readonly requestId: string;
  /** The client's address, from `incoming`: see `ExchangeOptions`. */
  readonly addressOf: (incoming: IncomingMessage) => string;
  param(name: string): string;
  /** As in `Admission`: counts the operations of a batch. */
  readonly charge?: (count: number) => void;
  /** Executes its command: the server's bus, unless the request is an operation of a batch. */
  readonly commands?: Pick<Commands, "execute">;
  /** The body of an operation of a batch, already parsed. */
  readonly given?: { readonly value: unknown; readonly text: string };
  /** The key that an earlier {@link remember} stored for this URL. */
  readonly knownKey: string | undefined;
  /**
   * Stores that this URL is valid and its answer is cached under the key: for reads whose answer is the same for
   * everybody.
   */
  remember(key: string): void;
}

/**
 * A route as data, for the router, the validation and the API description. `handle` only maps the request to a read
 * or a command.
 */
export interface Route {
  readonly method: Method;
  /** As in OpenAPI: `/v1/tracks/{id}`. Also the label in metrics. */
  readonly path: string;
  /** The path's last parameter takes the rest of the path, with its slashes. */
  readonly rest?: true;
  /** The access that it requires. There is no default. */
  readonly access: Access;
  /** Class of load for rate limits; derived from the method by default. */
  readonly load?: LoadClass;
  /** Whether an operator's request is audited; by default unless it is a GET. */
  readonly told?: boolean;
  readonly tag: string;
  /** Its name in generated clients; derived from method and path by default. */
  readonly operationId?: string;
  readonly summary: string;
  readonly description?: string;
  /** Path and query parameters. */
  readonly parameters?: z.ZodObject;
  readonly body?: z.ZodType;
  /**
   * Content types of a body other than JSON. None may be one that forms can send, or that needs no preflight.
   */
  readonly accepts?: readonly ("application/x-ndjson" | "text/csv")[];
  /** Allowed as an operation of a batch: it executes exactly one command, by `create` or `change`. */
  readonly batch?: true;
  /** Request headers that it honours. */
  readonly headers?: readonly RequestHeader[];
  readonly responses: Readonly<Record<number, ResponseDoc>>;
  /** Its own errors, beside those that its input can cause. */
  readonly failures?: readonly ErrorCode[];
  readonly handle: (call: Call) => Reply | Promise<Reply>;
}

export interface ResponseDoc {
  readonly description: string;
  /** The schema of a JSON body, or the content type of another body; none by default. */
  readonly body?: z.ZodType | string;
  /** Another content type, if the client accepts it. */
  readonly also?: "text/csv" | "text/event-stream";
  /** Response headers, beside those of every response. */
  readonly headers?: readonly ResponseHeader[];
}

export const route = (definition: Route): Route =>
  Object.freeze(definition.method === "GET" ? definition : withoutIgnored(definition));

const PRECONDITIONS = ["If-Match", "If-None-Match"] as const;

/**
 * Refuses preconditions that the route does not honour. If they were ignored, the client would believe them to be
 * met.
 */
function withoutIgnored(definition: Route): Route {
  const ignored = PRECONDITIONS.filter((name) => !definition.headers?.includes(name));
  if (ignored.length === 0) return definition;
  return {
    ...definition,
    handle(call) {
      const given = ignored.filter((name) => call.incoming.headers[name.toLowerCase()] !== undefined);
      if (given.length === 0) return definition.handle(call);
      throw new AppError("invalid", {
        errors: given.map((parameter) => ({ parameter, detail: "is not supported here: leave it out" })),
      });
    },
  };
}
