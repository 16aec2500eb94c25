import { readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer, Server as SecureServer } from "node:https";
import { type AddressInfo, createServer as createSocketServer, type Server as SocketServer } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { getRequestListener, RequestError } from "@hono/node-server";
import { AppError, type ErrorCode } from "../../shared/errors.ts";
import type { Settings } from "../../shared/settings.ts";
import { type App, ASTERISK } from "./app.ts";
import { beforeReading } from "./input.ts";
import { problem, type Reply, requestIdOf } from "./reply.ts";
import { dropUnread, Pipelining } from "./unread.ts";

/** Bytes of the request line and headers. */
const MAX_HEADERS = 16_384;

/** Limits for slow clients (milliseconds) and for connections. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: MAX_HEADERS,
  // Without this, the adaptor rejects a missing Host, with an error body of ours. Node.js would answer without a
  // body.
  requireHostHeader: false,
  // Two Host headers are joined to an invalid one, which is refused. Node.js would use the first.
  joinDuplicateHeaders: true,
} as const;
const MAX_CONNECTIONS = 10_000;
/**
 * Connections that may wait to be accepted. Past it the kernel drops them silently, and clients retry after
 * seconds.
 */
const BACKLOG = 4_096;
/**
 * Milliseconds that requests have to finish after the server is told to stop, and for requests to arrive
 * completely.
 */
const DRAIN_MS = 10_000;
const ARRIVAL_MS = 2_000;

/**
 * Checks that the port is free, before slow work such as generating a catalogue. Another process may still take it.
 *
 * @throws AppError `listen_failed`.
 */
export async function assertFree({ host, port }: Pick<Settings, "host" | "port">): Promise<void> {
  const probe = createSocketServer();
  await listening(probe, host, port);
  await new Promise((resolve) => probe.close(resolve));
}

const listening = (server: SocketServer, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, BACKLOG, resolve);
  });

/** @throws AppError `listen_failed`. @returns the listening server. */
export async function listen(
  { hono, known }: App,
  { host, port, tlsCert, tlsKey }: Pick<Settings, "host" | "port" | "tlsCert" | "tlsKey">,
  onRejected: OnRejected,
): Promise<Server> {
  const listener = getRequestListener(hono.fetch, { errorHandler: adaptorError });
  const pipelining = new Pipelining();
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (!pipelining.admits(incoming, outgoing)) return;
    if (incoming.httpVersion === "1.0") incoming.headers.host ??= "localhost";
    if (known.answer(incoming, outgoing)) return;
    if (incoming.url === "*" && incoming.method === "OPTIONS") incoming.url = ASTERISK;
    void listener(incoming, outgoing);
  };
  const server = tlsCert === "" ? createServer(LIMITS, onRequest) : secureServer(tlsCert, tlsKey, onRequest);
  server.maxConnections = MAX_CONNECTIONS;
  noteConnections(server);
  dropUnread(server);
  refuseWhatIsNoRequest(server, onRejected);
  await listening(server, host, port);
  return server;
}

/** Milliseconds between two checks of the certificate's files. */
const TLS_CHECK_MS = 5_000;

/**
 * Reloads the certificate when its files change, so that a renewal needs no restart. If the pair is unusable, for
 * example half written, the current one stays in use until the next check.
 *
 * @throws AppError `listen_failed` if the files are unusable at the start.
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
        // The next check tries again.
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

/** An incomplete request was not accepted: its client may safely send it elsewhere. */
function dropUnfinished(server: Server): void {
  for (const socket of connections.get(server)!) if (answerOwed(socket) === undefined) socket.destroy();
}

/**
 * Refuses new connections at once and closes idle ones. Requests still arriving get a moment; accepted ones may
 * finish.
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

/** Answers malformed requests with the same kind of error body as others. */
function refuseWhatIsNoRequest(server: Server, onRejected: OnRejected): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => rejectClient(error, socket, onRejected));
  server.on("connect", (_, socket) => refuse("bad_request", "this is no proxy", socket, onRejected));
  server.on("checkContinue", (incoming, outgoing) => {
    askForBody(incoming, outgoing);
    server.emit("request", incoming, outgoing);
  });
  // An unknown expectation may be ignored. Node.js would answer 417 without a body.
  server.on("checkExpectation", (incoming, outgoing) => server.emit("request", incoming, outgoing));
}

/**
 * `Expect: 100-continue`: the body is requested when it is read. So a request that is refused for its method, path,
 * type or length is refused at once. The connection then ends with the response, because the body may still come or
 * not.
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

/** A valid request line, apart from a method that the parser does not know. */
const REQUEST_LINE = /^[!#$%&'*+.^`|~\w-]+ \S+ HTTP\/1\.[01]\r?$/;

/** The line in which the parser stopped. */
function lineOf({ rawPacket, bytesParsed = 0 }: ClientError): string {
  const text = rawPacket?.toString("latin1") ?? "";
  const start = text.lastIndexOf("\n", bytesParsed) + 1;
  return text.slice(start, text.indexOf("\n", start));
}

/**
 * The pending response to a request that precedes the broken one on the same connection. Anything written now would
 * be taken for that response, and a client would believe that its write was refused.
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

/** The adaptor's own refusals, for example of an invalid request target, never reach a route. */
function adaptorError(error: unknown): Response {
  const id = requestIdOf(undefined);
  const refusal =
    error instanceof RequestError
      ? new AppError("bad_request", { detail: error.message })
      : new AppError("internal", { cause: error });
  const { status, body, headers } = problem(refusal, id);
  return new Response(body as string, { status, headers: { ...headers, "x-request-id": id } });
}
