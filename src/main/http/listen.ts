import { createServer, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { Hono } from "hono";
import { AppError, type ErrorCode } from "../../shared/errors.ts";
import { problem, type Reply, requestIdOf } from "./reply.ts";

/** Bytes of the request line and headers. */
const MAX_HEADERS = 16_384;

/** Limits on a client's slowness, in milliseconds, and on its connections. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: MAX_HEADERS,
} as const;
const MAX_CONNECTIONS = 10_000;

/** @throws AppError `listen_failed`. @returns the server, listening. */
export async function listen(
  // biome-ignore lint/suspicious/noExplicitAny: the bindings are the adaptor's own
  app: Hono<any>,
  host: string,
  port: number,
  onRejected: (reason: string) => void,
): Promise<Server> {
  const listener = getRequestListener(app.fetch, { hostname: host, errorHandler: adaptorError });
  const server = createServer(LIMITS, listener);
  server.maxConnections = MAX_CONNECTIONS;
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => rejectClient(error, socket, onRejected));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  return server;
}

const listenError = (cause: NodeJS.ErrnoException, host: string, port: number) =>
  new AppError("listen_failed", {
    detail: `cannot listen on ${host}:${port}: ${cause.code ?? cause.message}`,
    cause,
  });

const PARSER_ERRORS: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
};

/** What never became a request gets the same kind of answer as what did. */
function rejectClient(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  onRejected: (reason: string) => void,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = PARSER_ERRORS[error.code ?? ""] ?? "bad_request";
  onRejected(code);
  const id = requestIdOf(undefined);
  socket.end(rawResponse(problem(new AppError(code), id, { connection: "close" }), id));
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};

function rawResponse({ status, headers, body }: Reply, id: string): string {
  const lines = Object.entries({
    ...headers,
    "x-request-id": id,
    "content-length": Buffer.byteLength(String(body)),
  }).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${REASONS[status] ?? ""}`, ...lines, "", body].join("\r\n");
}

/** The adaptor's own refusals, such as a request target that is no URL, never reach a route. */
function adaptorError(error: unknown): Response {
  const id = requestIdOf(undefined);
  const code = error instanceof RequestError ? "bad_request" : "internal";
  const { status, body, headers } = problem(new AppError(code, { cause: error }), id);
  return new Response(body as string, { status, headers: { ...headers, "x-request-id": id } });
}
