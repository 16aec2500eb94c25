import { send } from "./exchange.ts";
import { answered, drop, failed, job, obey, readRequests, released } from "./recorder.ts";

/**
 * Releases requests at a fixed rate, whatever became of those before: each millisecond its share. One that finds
 * every connection taken waits, and its wait counts: a client that politely waits for a slow server would hide how
 * slow it is.
 *
 * Time counts from the millisecond in which a request was due, also when this process came late to it; how late is
 * recorded as well, so that a generator out of breath is not taken for a slow server.
 */
const all = readRequests();
const perMs = job.rate! / 1_000;
/** What may wait here: a second's worth. Past it a server is not slow but overrun, and requests are dropped. */
const MOST_WAITING = Math.max(1_000, job.rate!);
const began = performance.now();
/** When each was due, first in first out; a cursor, since a slow server lets it grow long. */
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

/** Of what was under way when the shot began, only the time since then is the shot's. */
const waitedSince = (since: number): number => performance.now() - Math.max(since, shotBegan);

const outstanding = (): number[] =>
  [...[...active].map(({ since }) => since), ...waiting.slice(next)].map(waitedSince);

/** While client and server are cold they fall behind by thousands, which would wait on through the whole shot. */
function forget(): void {
  waiting = [];
  next = 0;
  shotBegan = performance.now();
}

setInterval(release, 1);
obey(outstanding, forget);
