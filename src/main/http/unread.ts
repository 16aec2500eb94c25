import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Clients that send requests and do not read the responses. Each unread response takes memory, and neither Node.js nor
 * the operating system closes such a connection.
 */

/** Milliseconds in which a client must read some of a response. */
const PATIENCE_MS = 30_000;

/** Requests that wait for earlier responses on the same connection (pipelining): of one connection, and of all. */
const MOST_BEHIND = 100;
const MOST_BEHIND_IN_ALL = 2_000;

/** Closes connections whose response is not read, and idle ones. A slow request is not affected. */
export function dropUnread(server: Server, patienceMs = PATIENCE_MS): void {
  server.setTimeout(patienceMs, (socket: Duplex & { _httpMessage?: ServerResponse | null }) => {
    if (socket.writableLength > 0 || socket._httpMessage == null) socket.destroy();
  });
}

/** Stored on the connection itself, as in body-budget.ts. */
const BEHIND = Symbol("requests behind another");

type Connection = Duplex & { [BEHIND]?: number };

/** Limits the requests that wait for earlier responses. */
export class Pipelining {
  #all = 0;

  /** Call it for each request. @returns false if the connection has sent too many; it is then closed. */
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
