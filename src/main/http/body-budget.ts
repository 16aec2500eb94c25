import type { IncomingMessage } from "node:http";

const MEBIBYTE = 1_048_576;

/** Kept on the request itself: a map of requests would keep dead ones alive ("Garbage" in DESIGN.md). */
const HELD = Symbol("bytes of body held");

type Holder = IncomingMessage & { [HELD]?: number };

/**
 * How many bytes of bodies the process holds at once, over all requests: from the first byte that came in until
 * the request is answered, since until then the text, or what was parsed from it, may wait in a queue.
 *
 * What counts is what has arrived and not what a Content-Length promises: otherwise a few clients that announce
 * much and send nothing would keep everyone else out.
 */
export class BodyBudget {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns false when there is no room: then nothing was taken, and the request keeps what it has. */
  take(incoming: Holder, bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    incoming[HELD] = (incoming[HELD] ?? 0) + bytes;
    return true;
  }

  /** Gives back all that a request holds. Again is harmless. */
  release(incoming: Holder): void {
    this.#bytes -= incoming[HELD] ?? 0;
    incoming[HELD] = 0;
  }
}

/** The process's one budget. */
export const BODIES = new BodyBudget(64 * MEBIBYTE);
