import { send } from "./exchange.ts";
import { answered, drop, failed, job, obey, readRequests, released } from "./recorder.ts";

/**
 * Open loop: sends requests at a fixed rate, regardless of earlier ones: each millisecond its share. A request that
 * finds all connections in use waits, and its wait counts. A closed loop would hide how slow a slow server is
 * (coordinated omission).
 *
 * Latency counts from the millisecond in which a request was due, even if this process was late. Its own delay is
 * recorded too, so that an overloaded generator is not mistaken for a slow server.
 */
const all = readRequests();
const perMs = job.rate! / 1_000;
/** Requests that may wait: those of a second. Past it the server is overrun, and requests are dropped. */
const MOST_WAITING = Math.max(1_000, job.rate!);
const began = performance.now();
/** Due times in FIFO order. It uses a cursor, because a slow server makes it long. */
let waiting: number[] = [];
let next = 0;
const active = new Set<{ readonly since: number }>();
let [sent, tick, due, shotBegan] = [0, 0, 0, 0];

function release(): void {
  const now = performance.now();
  for (const last = Math.floor(now - began); tick < last; tick++) {
    const count = Math.floor((tick + 1) * perMs) - due;
    due += count;
    const time = began + tick + 1;
    const room = Math.min(count, MOST_WAITING - (waiting.length - next));
    for (let i = 0; i < room; i++) {
      waiting.push(time);
      released(now - time);
    }
    drop(count - room);
  }
  sendWaiting();
}

function sendWaiting(): void {
  while (active.size < job.connections && next < waiting.length) fire(waiting[next++]!);
  if (next > 10_000) {
    waiting = waiting.slice(next);
    next = 0;
  }
}

function fire(since: number): void {
  const request = all[sent++ % all.length]!;
  const entry = { since };
  active.add(entry);
  send(request, (status) => {
    active.delete(entry);
    if (status === 0) failed();
    else answered(status, waitedSince(since), request.kind);
    sendWaiting();
  });
}

/** A request that was in flight before the shot counts only the time since the shot began. */
const waitedSince = (since: number): number => performance.now() - Math.max(since, shotBegan);

const outstanding = (): number[] =>
  [...[...active].map(({ since }) => since), ...waiting.slice(next)].map(waitedSince);

/** During the warm-up thousands of requests accumulate. Without this they would wait through the whole shot. */
function forget(): void {
  waiting = [];
  next = 0;
  shotBegan = performance.now();
}

setInterval(release, 1);
obey(outstanding, forget);
