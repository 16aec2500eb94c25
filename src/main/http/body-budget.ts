import type { IncomingMessage } from "node:http";

const MEBIBYTE = 1_048_576;

/** Stored on the request itself: a map of requests would keep dead ones alive ("Garbage" in DESIGN.md). */
const HELD = Symbol("bytes of body held");

type Holder = IncomingMessage & { [HELD]?: number };

/**
 * The bytes of request bodies in memory, over all requests: from the first byte received until the response, since
 * until then the text, or what was parsed from it, may wait in a queue.
 *
 * Received bytes count, not the Content-Length: otherwise a few clients that announce much and send nothing would
 * lock everyone else out.
 */
export class BodyBudget {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns false if there is no room. Then nothing is taken, and the request keeps what it has. */
  take(incoming: Holder, bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    incoming[HELD] = (incoming[HELD] ?? 0) + bytes;
    return true;
  }

  /** Returns all bytes that a request holds. Idempotent. */
  release(incoming: Holder): void {
    this.#bytes -= incoming[HELD] ?? 0;
    incoming[HELD] = 0;
  }
}

/** One budget for the process. */
export const BODIES = new BodyBudget(64 * MEBIBYTE);
