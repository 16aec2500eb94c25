import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { AppError, type ErrorCode } from "../../shared/errors.ts";
import type { Access, LoadClass, Principal } from "./access.ts";
import type { RequestHeader, ResponseHeader } from "./described-headers.ts";
import type { Reply } from "./reply.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request, as a route sees it. */
export interface Call {
  readonly incoming: IncomingMessage;
  readonly method: string;
  /** The URL, with its query still encoded. */
  readonly url: string;
  /** Where it is, without the query. */
  readonly path: string;
  readonly principal: Principal;
  /** As the answer names it in `X-Request-Id`. */
  readonly requestId: string;
  /** The client's address, of what is `incoming`: see `ExchangeOptions`. */
  readonly addressOf: (incoming: IncomingMessage) => string;
  param(name: string): string;
  /** What {@link remember} was told of this URL before. */
  readonly knownKey: string | undefined;
  /** The URL is valid, and its answer is cached under this key: for reads that answer everybody alike. */
  remember(key: string): void;
}

/**
 * A route as data: what the router, the validation and the API description need to know. `handle` maps the
 * request to a read or a command and holds nothing else.
 */
export interface Route {
  readonly method: Method;
  /** As in OpenAPI: `/v1/tracks/{id}`. Also the metrics' label. */
  readonly path: string;
  /** What it asks of whoever calls it. There is no default. */
  readonly access: Access;
  /** What kind of load it is, for limits: by its method when left out. */
  readonly load?: LoadClass;
  readonly tag: string;
  /** What generated clients call it; made of method and path when left out. */
  readonly operationId?: string;
  readonly summary: string;
  readonly description?: string;
  /** Path and query parameters, together. */
  readonly parameters?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Those that it honours. */
  readonly headers?: readonly RequestHeader[];
  readonly responses: Readonly<Record<number, ResponseDoc>>;
  /** Errors of its own, beside those that its input can have. */
  readonly failures?: readonly ErrorCode[];
  readonly handle: (call: Call) => Reply | Promise<Reply>;
}

export interface ResponseDoc {
  readonly description: string;
  /** A JSON body, or the content type of another one; none when left out. */
  readonly body?: z.ZodType | string;
  /** Those that it may carry, beside what every answer does. */
  readonly headers?: readonly ResponseHeader[];
}

export const route = (definition: Route): Route =>
  Object.freeze(definition.method === "GET" ? definition : withoutIgnored(definition));

const PRECONDITIONS = ["If-Match", "If-None-Match"] as const;

/** A precondition that a route does not honour is refused: if it were ignored, its client would take it for met. */
function withoutIgnored(definition: Route): Route {
  const ignored = PRECONDITIONS.filter((name) => !definition.headers?.includes(name));
  if (ignored.length === 0) return definition;
  return {
    ...definition,
    handle(call) {
      const given = ignored.filter((name) => call.incoming.headers[name.toLowerCase()] !== undefined);
      if (given.length === 0) return definition.handle(call);
      throw new AppError("invalid", {
        errors: given.map((parameter) => ({ parameter, detail: "is not honoured here: leave it out" })),
      });
    },
  };
}
