import { setTimeout as delay } from "node:timers/promises";
import { randoms } from "../random.ts";
import { send } from "./exchange.ts";
import { answered, failed, job, obey, readRequests } from "./recorder.ts";

/**
 * Users who look at an answer before they ask again, each on a walk of their own through the requests: as many
 * sessions as there are users are under way at any time. How long they think is drawn from an exponential
 * distribution, which is how long people take who do not know of each other.
 */
const all = readRequests();
/** Requests that belong to one session follow one another. */
const SESSION = 5;

async function user(n: number): Promise<void> {
  const random = randoms(n);
  const think = () => delay(-Math.log(1 - random()) * job.thinkMs!);
  await think();
  for (let session = n; ; session += job.connections) {
    for (let step = 0; step < SESSION; step++) {
      await ask(all[(session * SESSION + step) % all.length]!);
      await think();
    }
  }
}

function ask(request: (typeof all)[number]): Promise<void> {
  const since = performance.now();
  return new Promise((resolve) => {
    send(request, (status) => {
      if (status === 0) failed();
      else answered(status, performance.now() - since, request.kind);
      resolve();
    });
  });
}

for (let n = 0; n < job.connections; n++) void user(n);
obey();
