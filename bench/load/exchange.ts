import type { IncomingHttpHeaders } from "node:http";
import { type Dispatcher, Pool } from "undici";
import type { Request } from "../traffic.ts";
import { REFUSED } from "./generator.ts";
import { job } from "./recorder.ts";

/** Connections of undici, one request at a time on each: the caller sends no more than there are connections. */
const pool = new Pool(job.url, { connections: job.connections, pipelining: 1 });

/** Told once: the status of the answer when all of it is here, or 0 when there is none; when one may ask again. */
type Done = (status: number, retryAfterMs: number) => void;

export function send({ method, path, body }: Request, done: Done): void {
  pool.dispatch(
    { method, path, body: body ?? null, headers: body === undefined ? {} : JSON_BODY },
    new Answer(done),
  );
}

/** Where the server does not say. */
const RETRY_MS = 1_000;

/** In seconds; the other form, a date, is what none of the servers sends. */
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
