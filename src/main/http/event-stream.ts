import { AppError } from "../../shared/errors.ts";
import { API_HEADERS, type Reply } from "./reply.ts";
import type { Call } from "./route.ts";

/** Streams at once, over all routes: each holds a connection and some kilobytes. */
const MOST = 100;
let open = 0;

const encoder = new TextEncoder();

/** Whether server-sent events are asked for. HEAD asks for none: there is no end that would tell their length. */
export const wantsEvents = ({ method, incoming }: Call): boolean =>
  method === "GET" && /\btext\/event-stream\b/i.test(incoming.headers.accept ?? "");

/** One event. @param data JSON text, without line breaks. */
export const event = (name: string, data: string, id?: number | string): string =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${data}\n\n`;

/** Says nothing, and keeps proxies from closing what seems idle. */
export const HEARTBEAT = ": still here\n\n";

/**
 * A reply of server-sent events. `next` is asked for the next of them when the client has taken those before: a slow
 * client holds up nobody but itself, and holds no more than one piece in memory.
 *
 * @param next some events as text, or undefined to end the stream; the signal aborts when the client goes away.
 * @throws AppError `overloaded` when there are too many.
 */
export function eventStream(next: (signal: AbortSignal) => Promise<string | undefined>): Reply {
  if (open >= MOST) throw new AppError("overloaded", { detail: `${MOST} streams are open` });
  open++;
  const gone = new AbortController();
  const end = () => {
    if (gone.signal.aborted) return;
    gone.abort();
    open--;
  };
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const text = await next(gone.signal).catch(() => undefined);
      if (gone.signal.aborted) return;
      if (text !== undefined) return controller.enqueue(encoder.encode(text));
      end();
      controller.close();
    },
    cancel: end,
  });
  const headers = {
    ...API_HEADERS,
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  };
  return { status: 200, body: null, headers, stream };
}

/**
 * Wakes those who wait for something to happen. Who looks first and waits then would miss what happens in between: so
 * the ring is asked for before the look, and waited for after it.
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
