import { send } from "./exchange.ts";
import { answered, failed, job, obey, readRequests } from "./recorder.ts";

/**
 * A closed loop on the connections of the paced generator: what it gets answered is what that generator, on this
 * machine and beside this server, has the processor for. Shares of it are rates that can be released in time.
 */
const all = readRequests();
let sent = 0;

function ask(): void {
  const request = all[sent++ % all.length]!;
  const since = performance.now();
  send(request, (status) => {
    if (status === 0) failed();
    else answered(status, performance.now() - since, request.kind);
    ask();
  });
}

for (let n = 0; n < job.connections; n++) ask();
obey();
