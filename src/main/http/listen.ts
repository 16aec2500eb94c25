import { readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer, Server as SecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { getRequestListener, RequestError } from "@hono/node-server";
import { AppError, type ErrorCode } from "../../shared/errors.ts";
import type { Settings } from "../../shared/settings.ts";
import type { App } from "./app.ts";
import { beforeReading } from "./input.ts";
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
  // Missing, it is refused by the adaptor, whose errors are ours to word; Node.js would answer with no body.
  requireHostHeader: false,
  // Two Host fields become one that is none, and is refused; Node.js would go by the first.
  joinDuplicateHeaders: true,
} as const;
const MAX_CONNECTIONS = 10_000;
/** Connections that may wait to be accepted: past it a crowd's clients would try again after seconds, unheard. */
const BACKLOG = 4_096;
/** Milliseconds that requests have to finish once the server is told to stop, and what has not wholly come by then. */
const DRAIN_MS = 10_000;
const ARRIVAL_MS = 2_000;

/** The path that stands for the server as a whole: `OPTIONS *`. */
export const ASTERISK = "/*";

/** @throws AppError `listen_failed`. @returns the server, listening. */
export async function listen(
  { hono, known }: App,
  { host, port, tlsCert, tlsKey }: Pick<Settings, "host" | "port" | "tlsCert" | "tlsKey">,
  onRejected: OnRejected,
): Promise<Server> {
  const listener = getRequestListener(hono.fetch, { errorHandler: adaptorError });
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (incoming.httpVersion === "1.0") incoming.headers.host ??= "localhost";
    if (known.answer(incoming, outgoing)) return;
    if (incoming.url === "*" && incoming.method === "OPTIONS") incoming.url = ASTERISK;
    void listener(incoming, outgoing);
  };
  const server = tlsCert === "" ? createServer(LIMITS, onRequest) : secureServer(tlsCert, tlsKey, onRequest);
  server.maxConnections = MAX_CONNECTIONS;
  noteConnections(server);
  refuseWhatIsNoRequest(server, onRejected);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, BACKLOG, resolve);
  });
  return server;
}

/** Milliseconds between two looks at the files of the certificate. */
const TLS_CHECK_MS = 5_000;

/**
 * Reads the certificate again when its files change, so that a renewal needs no restart. A pair that cannot be used
 * (half of it is written, say) leaves the one before in place until the next look.
 *
 * @throws AppError `listen_failed` when the files cannot be used at the start.
 */
function secureServer(
  tlsCert: string,
  tlsKey: string,
  onRequest: (incoming: IncomingMessage, outgoing: ServerResponse) => unknown,
): Server {
  const read = () => ({ cert: readFileSync(tlsCert), key: readFileSync(tlsKey) });
  const changed = () => `${statSync(tlsCert).mtimeMs} ${statSync(tlsKey).mtimeMs}`;
  try {
    let loaded = changed();
    const server = createSecureServer({ ...LIMITS, ...read(), minVersion: "TLSv1.2" }, onRequest);
    const watch = setInterval(() => {
      try {
        const now = changed();
        if (now === loaded) return;
        server.setSecureContext(read());
        loaded = now;
      } catch {
        // Tried again at the next look.
      }
    }, TLS_CHECK_MS).unref();
    return server.once("close", () => clearInterval(watch));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("listen_failed", { detail: `cannot use the certificate: ${reason}`, cause });
  }
}

const connections = new WeakMap<Server, Set<Duplex>>();

function noteConnections(server: Server): void {
  const open = new Set<Duplex>();
  connections.set(server, open);
  server.on(server instanceof SecureServer ? "secureConnection" : "connection", (socket: Duplex) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
}

/** A request that has not come by now was not accepted: whoever still sends it is free to send it elsewhere. */
function dropUnfinished(server: Server): void {
  for (const socket of connections.get(server)!) if (answerOwed(socket) === undefined) socket.destroy();
}

/**
 * Refuses new connections at once; idle ones are closed, requests that still come get a moment, and accepted ones
 * their time.
 */
export async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const arrival = setTimeout(() => dropUnfinished(server), ARRIVAL_MS);
  const late = new AbortController();
  await Promise.race([closed, delay(DRAIN_MS, undefined, { signal: late.signal }).catch(() => {})]);
  late.abort();
  clearInterval(idle);
  clearTimeout(arrival);
  server.closeAllConnections();
}

export function urlOf(host: string, server: Server): string {
  const { port } = server.address() as AddressInfo;
  const scheme = server instanceof SecureServer ? "https" : "http";
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
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

type OnRejected = (reason: string) => void;

/** What never became a request gets the same kind of answer as what did. */
function refuseWhatIsNoRequest(server: Server, onRejected: OnRejected): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => rejectClient(error, socket, onRejected));
  server.on("connect", (_, socket) => refuse("bad_request", "this is no proxy", socket, onRejected));
  server.on("checkContinue", (incoming, outgoing) => {
    askForBody(incoming, outgoing);
    server.emit("request", incoming, outgoing);
  });
  // An expectation that nobody knows may be ignored; Node.js would answer 417 with no body.
  server.on("checkExpectation", (incoming, outgoing) => server.emit("request", incoming, outgoing));
}

/**
 * `Expect: 100-continue`: the body is asked for when it is read, so that what is refused for its method, path, type
 * or length is refused at once. Then the connection ends with the answer, because the body may come or not.
 */
function askForBody(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { shouldKeepAlive } = outgoing;
  outgoing.shouldKeepAlive = false;
  beforeReading(incoming, () => {
    outgoing.shouldKeepAlive = shouldKeepAlive;
    outgoing.writeContinue();
  });
}

interface ClientError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

function rejectClient(error: ClientError, socket: Duplex, onRejected: OnRejected): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const owed = answerOwed(socket);
  if (owed !== undefined) {
    owed.once("close", () => rejectClient(error, socket, onRejected));
    return;
  }
  refuse(refusalOf(error), undefined, socket, onRejected);
}

function refusalOf(error: ClientError): ErrorCode {
  if (error.code === "HPE_INVALID_METHOD" && REQUEST_LINE.test(lineOf(error))) return "method_unknown";
  return PARSER_ERRORS[error.code ?? ""] ?? "bad_request";
}

/** A request in every way, but for a method that the parser does not know. */
const REQUEST_LINE = /^[!#$%&'*+.^`|~\w-]+ \S+ HTTP\/1\.[01]\r?$/;

/** The line that the parser stopped in. */
function lineOf({ rawPacket, bytesParsed = 0 }: ClientError): string {
  const text = rawPacket?.toString("latin1") ?? "";
  const start = text.lastIndexOf("\n", bytesParsed) + 1;
  return text.slice(start, text.indexOf("\n", start));
}

/**
 * The answer that is under way to a request before the broken one on the same connection: what is written now
 * would be taken for it, and a client would believe that its write was refused.
 */
function answerOwed(socket: Duplex): ServerResponse | undefined {
  const current = (socket as { _httpMessage?: ServerResponse | null })._httpMessage;
  return current?.req.complete && !current.writableFinished ? current : undefined;
}

function refuse(code: ErrorCode, detail: string | undefined, socket: Duplex, onRejected: OnRejected): void {
  onRejected(code);
  const id = requestIdOf(undefined);
  socket.end(rawResponse(problem(new AppError(code, { detail }), id, { connection: "close" }), id));
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
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
  const refusal =
    error instanceof RequestError
      ? new AppError("bad_request", { detail: error.message })
      : new AppError("internal", { cause: error });
  const { status, body, headers } = problem(refusal, id);
  return new Response(body as string, { status, headers: { ...headers, "x-request-id": id } });
}
