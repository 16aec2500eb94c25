import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Clients that ask and do not read. Each answer that waits for its client takes memory, and neither Node.js nor the
 * operating system ever gives such a connection up.
 */

/** Milliseconds in which a client must take something of an answer. */
const PATIENCE_MS = 30_000;

/** Requests of one connection that wait for the answers to those before them (pipelining), and of all together. */
const MOST_BEHIND = 100;
const MOST_BEHIND_IN_ALL = 2_000;

/** Ends connections whose answer nobody takes, and idle ones. A request that takes long is left alone. */
export function dropUnread(server: Server, patienceMs = PATIENCE_MS): void {
  server.setTimeout(patienceMs, (socket: Duplex & { _httpMessage?: ServerResponse | null }) => {
    if (socket.writableLength > 0 || socket._httpMessage == null) socket.destroy();
  });
}

/** Kept on the connection itself, as body-budget.ts does. */
const BEHIND = Symbol("requests behind another");

type Connection = Duplex & { [BEHIND]?: number };

/** Bounds what is asked for before the answers to earlier requests were read. */
export class Pipelining {
  #all = 0;

  /** @returns false when the connection asks for too much: it is closed. To be asked for each request. */
  admits({ socket }: IncomingMessage, outgoing: ServerResponse): boolean {
    if (outgoing.socket !== null) return true;
    if (socket.destroyed) return false;
    const connection: Connection = socket;
    const behind = (connection[BEHIND] ?? 0) + 1;
    if (behind > MOST_BEHIND || this.#all >= MOST_BEHIND_IN_ALL) {
      socket.destroy();
      return false;
    }
    connection[BEHIND] = behind;
    this.#all++;
    outgoing.once("close", () => {
      connection[BEHIND]!--;
      this.#all--;
    });
    return true;
  }
}
