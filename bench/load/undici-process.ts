import { send } from "./exchange.ts";
import { REFUSED } from "./generator.ts";
import { answered, failed, job, obey, readRequests } from "./recorder.ts";

/**
 * A closed loop on the paced generator's connections. Its throughput is the maximum that the paced generator can
 * get from this server on this machine. Shares of it are rates that can be sent in time.
 *
 * A refused request is retried after Retry-After, not before: clients that retry at once would measure how fast a
 * server refuses.
 */
const all = readRequests();
let sent = 0;

function ask(): void {
  const request = all[sent++ % all.length]!;
  const since = performance.now();
  send(request, (status, retryAfterMs) => {
    if (status === 0) failed();
    else answered(status, performance.now() - since, request.kind);
    if (status === 0 || status === REFUSED) setTimeout(ask, retryAfterMs);
    else ask();
  });
}

for (let n = 0; n < job.connections; n++) ask();
obey();
