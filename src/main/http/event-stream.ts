import { AppError } from "../../shared/errors.ts";
import { API_HEADERS, type Pieces, type Reply, type StreamLife } from "./reply.ts";
import type { Call } from "./route.ts";

/**
 * Maximum concurrent streams of one name: each holds a connection and some kilobytes. Counted by name, so that whoever
 * may follow changes cannot keep operators from watching.
 */
const MOST = 100;
const open = new Map<string, number>();

const encoder = new TextEncoder();

/** Whether the client requests server-sent events. Never for HEAD: an endless stream has no length. */
export const wantsEvents = ({ method, incoming }: Call): boolean =>
  method === "GET" && /\btext\/event-stream\b/i.test(incoming.headers.accept ?? "");

/** One event. @param data JSON text, without line breaks. */
export const event = (name: string, data: string, id?: number | string): string =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${data}\n\n`;

/** A comment that keeps proxies from closing an idle stream. */
export const HEARTBEAT = ": still here\n\n";

/** The next events as text, or undefined to end the stream. The signal aborts when the stream ends. */
type Next = (signal: AbortSignal) => Promise<string | undefined>;

/** Milliseconds that a client has to receive the last events when the server shuts down. */
const LAST_MS = 500;

/**
 * A reply of server-sent events. `next` is called when the client has taken the previous events: a slow
 * client delays only itself, and at most one piece is buffered. A client that takes nothing for 30 s is
 * dropped (unread.ts).
 *
 * Access is checked before each piece, so nothing is sent once a session or key has ended. `next` returns a
 * {@link HEARTBEAT} at least every fifteen seconds, so an ended stream stays open no longer than that. All
 * streams end when the server shuts down.
 *
 * @throws AppError `overloaded` if there are too many streams.
 */
export function eventStream(name: string, next: Next): Reply {
  const others = open.get(name) ?? 0;
  if (others >= MOST) throw new AppError("overloaded", { detail: `${MOST} streams of ${name} are open` });
  open.set(name, others + 1);
  const headers = {
    ...API_HEADERS,
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  };
  return { status: 200, body: null, headers, stream: (life) => piecesOf(name, next, life) };
}

function piecesOf(name: string, next: Next, { ending, permitted, drop }: StreamLife): Pieces {
  const over = new AbortController();
  const end = () => {
    if (over.signal.aborted) return;
    over.abort();
    open.set(name, open.get(name)! - 1);
    ending.removeEventListener("abort", end);
    if (ending.aborted) setTimeout(drop, LAST_MS).unref();
  };
  ending.addEventListener("abort", end);
  if (ending.aborted) end();
  let gone = false;
  return new ReadableStream({
    async pull(controller) {
      const text = over.signal.aborted ? undefined : await next(over.signal).catch(() => undefined);
      const sent = text !== undefined && !over.signal.aborted && (await permitted());
      if (gone) return;
      if (sent) return controller.enqueue(encoder.encode(text));
      end();
      controller.close();
    },
    cancel() {
      gone = true;
      end();
    },
  });
}

/**
 * Wakes waiting callers when something happens. To miss nothing, get `next` before checking the state, and
 * await it after.
 */
export class Bell {
  #next = Promise.withResolvers<void>();

  ring(): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers<void>();
    resolve();
  }

  /** Resolves at the next ring. */
  get next(): Promise<void> {
    return this.#next.promise;
  }
}

/** Resolves with the ring, or after `ms`, or when the signal aborts. */
export async function heard(ring: Promise<void>, ms: number, signal?: AbortSignal): Promise<void> {
  const other = Promise.withResolvers<void>();
  const timer = setTimeout(other.resolve, ms);
  const gone = () => other.resolve();
  signal?.addEventListener("abort", gone, { once: true });
  await Promise.race([ring, other.promise]);
  signal?.removeEventListener("abort", gone);
  clearTimeout(timer);
}
