import { setTimeout as delay } from "node:timers/promises";
import { randoms } from "../random.ts";
import { send } from "./exchange.ts";
import { answered, failed, job, obey, readRequests } from "./recorder.ts";

/**
 * Users with think time. Each follows its own sequence of sessions, and there are as many sessions as users at any
 * time. The think time is exponentially distributed, as for independent users.
 */
const all = readRequests();
/** Requests of one session are consecutive. */
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
