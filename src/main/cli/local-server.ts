import { type IncomingMessage, request as plain } from "node:http";
import { request as secure } from "node:https";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  /** Milliseconds until the answer must have begun; without it as long as it takes. */
  readonly timeoutMs?: number;
}

export interface Answered {
  readonly status: number;
  readonly text: string;
}

/**
 * One request to the server that holds the database, on this machine. The answer's body is yet to be read.
 *
 * Its certificate is made for the name that clients know and not for the address that it listens on, so it is not
 * verified. It need not be: the address is this machine's own, and whoever listens there when the server has ended
 * gets a token that is worth nothing any more.
 */
export function openAnswer(
  server: string,
  path: string,
  { method = "GET", headers, body, timeoutMs }: Asked = {},
): Promise<IncomingMessage> {
  const url = new URL(path, server);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === "https:" ? secure : plain;
  const options = {
    method,
    headers: { ...headers },
    rejectUnauthorized: false,
    ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
  };
  const request = send(url, options, resolve).on("error", reject);
  if (body === undefined || typeof body === "string") request.end(body);
  else body.on("error", (error) => request.destroy(error)).pipe(request);
  return promise;
}

/** The same, read to its end. */
export async function ask(server: string, path: string, asked: Asked = {}): Promise<Answered> {
  const answer = await openAnswer(server, path, asked);
  return { status: answer.statusCode!, text: await text(answer) };
}
