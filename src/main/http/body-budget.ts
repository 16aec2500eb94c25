import type { IncomingMessage } from "node:http";

const MEBIBYTE = 1_048_576;

/** Stored on the request itself: a map of requests would keep dead ones alive ("Garbage" in DESIGN.md). */
const HELD = Symbol("bytes of body held");
const GIVE_UP = Symbol("ends the arrival of a body");

type Holder = IncomingMessage & { [HELD]?: number; [GIVE_UP]?: (() => void) | undefined };

/**
 * The bytes of request bodies in memory, over all requests: from the first byte received until the response, since
 * until then the text, or what was parsed from it, may wait in a queue.
 *
 * Received bytes count, not the Content-Length: otherwise a few clients that announce much and send nothing would
 * lock everyone else out. For the same reason a body that is still arriving can lose its room: when there is none
 * left, the bodies that began first are refused.
 */
export class BodyBudget {
  readonly #maxBytes: number;
  #bytes = 0;
  /** Bodies that are not complete, in the order in which they began. Few: most bodies arrive in one chunk. */
  readonly #arriving: Holder[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Registers a body that is not complete after its first chunk.
   *
   * @param giveUp refuses the request. It is called at most once, when others need the room.
   */
  arrives(incoming: Holder, giveUp: () => void): void {
    incoming[GIVE_UP] = giveUp;
    this.#arriving.push(incoming);
  }

  /** Call it when the body is complete or has failed. Idempotent. */
  arrived(incoming: Holder): void {
    if (incoming[GIVE_UP] === undefined) return;
    incoming[GIVE_UP] = undefined;
    this.#arriving.splice(this.#arriving.indexOf(incoming), 1);
  }

  /** @returns false if there is no room. Then nothing is taken, and the request keeps what it has. */
  take(incoming: Holder, bytes: number): boolean {
    while (this.#bytes + bytes > this.#maxBytes) {
      const oldest = this.#arriving.find((other) => (other[HELD] ?? 0) > 0);
      if (oldest === undefined || oldest === incoming) return false;
      this.#giveUp(oldest);
    }
    this.#bytes += bytes;
    incoming[HELD] = (incoming[HELD] ?? 0) + bytes;
    return true;
  }

  #giveUp(incoming: Holder): void {
    const giveUp = incoming[GIVE_UP]!;
    this.release(incoming);
    giveUp();
  }

  /** Returns all bytes that a request holds. Idempotent. */
  release(incoming: Holder): void {
    this.arrived(incoming);
    this.#bytes -= incoming[HELD] ?? 0;
    incoming[HELD] = 0;
  }
}

/** One budget for the process. */
export const BODIES = new BodyBudget(64 * MEBIBYTE);
