import { send } from "./exchange.ts";
import { REFUSED } from "./generator.ts";
import { answered, failed, job, obey, readRequests } from "./recorder.ts";

/**
 * A closed loop on the connections of the paced generator: what it gets answered is what that generator, on this
 * machine and beside this server, has the processor for. Shares of it are rates that can be released in time.
 *
 * Who is refused comes again when the server says, and not before: clients that ask again at once measure how fast
 * a server can refuse.
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
