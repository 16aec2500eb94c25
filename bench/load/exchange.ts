import type { IncomingHttpHeaders } from "node:http";
import { type Dispatcher, Pool } from "undici";
import type { Request } from "../traffic.ts";
import { REFUSED } from "./generator.ts";
import { job } from "./recorder.ts";

/** undici's connections, with one request in flight on each. */
const pool = new Pool(job.url, { connections: job.connections, pipelining: 1 });

/** Called once: with the status of the complete answer, or 0 without one; and the time until a retry is allowed. */
type Done = (status: number, retryAfterMs: number) => void;

export function send({ method, path, body }: Request, done: Done): void {
  pool.dispatch(
    { method, path, body: body ?? null, headers: body === undefined ? {} : JSON_BODY },
    new Answer(done),
  );
}

/** The default without Retry-After. */
const RETRY_MS = 1_000;

/** Retry-After in seconds. No server here sends the other form, a date. */
const retryAfterMs = (seconds: string | undefined): number =>
  seconds !== undefined && /^\d+$/.test(seconds) ? Number(seconds) * 1_000 : RETRY_MS;

const JSON_BODY = { "content-type": "application/json" };

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
