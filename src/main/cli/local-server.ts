import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { text } from "node:stream/consumers";

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds until the answer must have begun; without it as long as it takes. */
  readonly timeoutMs?: number;
}

export interface Answered {
  readonly status: number;
  readonly text: string;
}

/**
 * One request to the server that holds the database, on this machine.
 *
 * Its certificate is made for the name that clients know and not for the address that it listens on, so it is not
 * verified. It need not be: the address is this machine's own, and whoever listens there when the server has ended
 * gets a token that is worth nothing any more.
 */
export function ask(
  server: string,
  path: string,
  { method = "GET", headers, body, timeoutMs }: Asked = {},
): Promise<Answered> {
  const url = new URL(path, server);
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const send = url.protocol === "https:" ? secure : plain;
  const options = {
    method,
    headers: { ...headers },
    rejectUnauthorized: false,
    ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
  };
  send(url, options, (answer) => {
    text(answer).then((content) => resolve({ status: answer.statusCode!, text: content }), reject);
  })
    .on("error", reject)
    .end(body);
  return promise;
}
