import type { IncomingMessage } from "node:http";

const MEBIBYTE = 1_048_576;

/**
 * How many bytes of bodies the process holds at once, over all requests: from the first byte that came in until
 * the request is answered, since until then the text, or what was parsed from it, may wait in a queue.
 *
 * What counts is what has arrived and not what a Content-Length promises: otherwise a few clients that announce
 * much and send nothing would keep everyone else out.
 */
export class BodyBudget {
  readonly #maxBytes: number;
  readonly #held = new Map<IncomingMessage, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns false when there is no room: then nothing was taken, and the request keeps what it has. */
  take(incoming: IncomingMessage, bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    this.#held.set(incoming, (this.#held.get(incoming) ?? 0) + bytes);
    return true;
  }

  /** Gives back all that a request holds. Again is harmless. */
  release(incoming: IncomingMessage): void {
    this.#bytes -= this.#held.get(incoming) ?? 0;
    this.#held.delete(incoming);
  }
}

/** The process's one budget. */
export const BODIES = new BodyBudget(64 * MEBIBYTE);
