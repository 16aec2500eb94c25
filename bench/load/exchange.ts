import type { IncomingHttpHeaders } from "node:http";
import { type Dispatcher, Pool } from "undici";
import { authorization } from "../servers/identity.ts";
import type { Request } from "../traffic.ts";
import { REFUSED } from "./generator.ts";
import { job } from "./recorder.ts";

/** undici's connections, with one request in flight on each. */
const pool = new Pool(job.url, { connections: job.connections, pipelining: 1 });

/** Called once: with the status of the complete answer, or 0 without one; and the time until a retry is allowed. */
type Done = (status: number, retryAfterMs: number) => void;

export function send({ method, path, body }: Request, done: Done): void {
  const { plain, json } = HEADERS[sent++ % HEADERS.length]!;
  const headers = body === undefined ? plain : json;
  pool.dispatch({ method, path, body: body ?? null, headers }, new Answer(done));
}

/** The default without Retry-After. */
const RETRY_MS = 1_000;

/** Retry-After in seconds. No server here sends the other form, a date. */
const retryAfterMs = (seconds: string | undefined): number =>
  seconds !== undefined && /^\d+$/.test(seconds) ? Number(seconds) * 1_000 : RETRY_MS;

/** One for each credential, in turn. */
const HEADERS = (job.tokens.length === 0 ? [undefined] : job.tokens).map((token) => {
  const plain = authorization(token);
  return { plain, json: { ...plain, "content-type": "application/json" } };
});
let sent = 0;

class Answer implements Dispatcher.DispatchHandler {
  readonly #done: Done;
  #status = 0;
  #retryAfterMs = RETRY_MS;
  constructor(done: Done) {
    this.#done = done;
  }
  onRequestStart(): void {}
  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    if (status === REFUSED) this.#retryAfterMs = retryAfterMs(headers["retry-after"]);
  }
  onResponseData(): void {}
  onResponseEnd(): void {
    this.#done(this.#status, this.#retryAfterMs);
  }
  onResponseError(): void {
    this.#done(0, RETRY_MS);
  }
}
