import autocannon from "autocannon";
import { authorization } from "../servers/identity.ts";
import { TIMEOUT_SECONDS } from "./generator.ts";
import { answered, failed, job, obey, readRequests } from "./recorder.ts";

/**
 * Sends requests until it is stopped. Latencies are recorded separately: autocannon's own histogram has a
 * resolution of one millisecond.
 */
const all = readRequests();

/** Each connection sends its own part of the requests. Together they send all. */
let connection = 0;
function setupClient(client: autocannon.Client): void {
  const mine = all.filter((_, i) => i % job.connections === connection % all.length);
  const headers = {
    "content-type": "application/json",
    ...authorization(job.tokens[connection % job.tokens.length]),
  };
  connection++;
  client.setRequests(mine.map((request) => ({ ...request, headers })));
}

const run = autocannon(
  { url: job.url, connections: job.connections, duration: 3_600, timeout: TIMEOUT_SECONDS, setupClient },
  () => {},
);
run.on("response", (_client: unknown, status: number, _bytes: number, ms: number) => answered(status, ms));
run.on("reqError", failed);
run.once("start", () => obey());
