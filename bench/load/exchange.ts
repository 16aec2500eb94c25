import { type Dispatcher, Pool } from "undici";
import type { Request } from "../traffic.ts";
import { job } from "./recorder.ts";

/** Connections of undici, one request at a time on each: the caller sends no more than there are connections. */
const pool = new Pool(job.url, { connections: job.connections, pipelining: 1 });

/** @param done told once: the status of the answer when all of it is here, or 0 when there is none. */
export function send({ method, path, body }: Request, done: (status: number) => void): void {
  pool.dispatch(
    { method, path, body: body ?? null, headers: body === undefined ? {} : JSON_BODY },
    new Answer(done),
  );
}

const JSON_BODY = { "content-type": "application/json" };

class Answer implements Dispatcher.DispatchHandler {
  readonly #done: (status: number) => void;
  #status = 0;
  constructor(done: (status: number) => void) {
    this.#done = done;
  }
  onRequestStart(): void {}
  onResponseStart(_controller: unknown, status: number): void {
    this.#status = status;
  }
  onResponseData(): void {}
  onResponseEnd(): void {
    this.#done(this.#status);
  }
  onResponseError(): void {
    this.#done(0);
  }
}
