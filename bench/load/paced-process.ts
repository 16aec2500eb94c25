import { Agent, request } from "node:http";
import { answered, failed, job, obey, readRequests } from "./recorder.ts";

/**
 * Releases requests at a fixed rate, whatever became of those before. One that finds every connection taken waits,
 * and its wait counts: a client that politely waits for a slow server would hide how slow it is.
 *
 * Time counts from the tick that released a request. A tick that comes late because this process got no processor
 * is not the server's doing.
 */
const all = readRequests();
const agent = new Agent({ keepAlive: true, maxSockets: job.connections });
const { hostname, port } = new URL(job.url);
const began = performance.now();
/** When each was released, first in first out; a cursor, since a slow server lets it grow long. */
const waiting: number[] = [];
let next = 0;
const active = new Set<{ readonly since: number }>();
let sent = 0;

function release(): void {
  const now = performance.now();
  const due = Math.floor(((now - began) / 1_000) * job.rate!);
  for (; waiting.length < due; ) waiting.push(now);
  send();
}

function send(): void {
  while (active.size < job.connections && next < waiting.length) fire(waiting[next++]!);
}

function fire(since: number): void {
  const { method, path, body } = all[sent++ % all.length]!;
  const entry = { since };
  active.add(entry);
  const settle = (action: () => void) => {
    if (!active.delete(entry)) return;
    action();
    send();
  };
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  request({ agent, hostname, port, method, path, headers }, (response) => {
    response
      .resume()
      .once("end", () => settle(() => answered(response.statusCode!, performance.now() - since)));
  })
    .once("error", () => settle(failed))
    .end(body);
}

setInterval(release, 1);
obey(() => {
  const now = performance.now();
  return [...[...active].map(({ since }) => since), ...waiting.slice(next)].map((since) => now - since);
});
