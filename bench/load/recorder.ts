import { readFileSync } from "node:fs";
import { createHistogram } from "node:perf_hooks";
import { createInterface } from "node:readline";
import type { Request } from "../requests.ts";
import { type Job, TIMEOUT_SECONDS } from "./generator.ts";

/** The job of this process, from its command line. */
export const job = JSON.parse(process.argv[2]!) as Job;

export const readRequests = (): Request[] =>
  readFileSync(job.requests, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [method, path, body] = line.split("\t");
      return { method: method as Request["method"], path: path!, ...(body ? { body } : {}) };
    });

const latencies = createHistogram({ highest: TIMEOUT_SECONDS * 2_000_000, figures: 3 });
let requests = 0;
let errors = 0;
let began = performance.now();

export function answered(status: number, ms: number): void {
  requests++;
  if (status < 200 || status > 299) errors++;
  took(ms);
}

export const failed = (): void => void errors++;

const took = (ms: number): void => latencies.record(Math.max(1, Math.round(ms * 1_000)));

/**
 * Obeys lines on standard input: `begin` starts a shot, `end` prints it as a line of JSON.
 *
 * @param outstanding how long, in milliseconds, each request has waited that is not answered yet. They count with
 * what they have waited so far: leaving out the slowest would flatter a server that answers nothing at all.
 */
export function obey(outstanding: () => readonly number[] = () => []): void {
  const commands: Record<string, () => void> = {
    begin,
    end: () => process.stdout.write(`${JSON.stringify(report(outstanding()))}\n`),
  };
  createInterface({ input: process.stdin })
    .on("line", (line) => commands[line]?.())
    .on("close", () => process.exit(0));
  process.stdout.write("ready\n");
}

function begin(): void {
  [requests, errors, began] = [0, 0, performance.now()];
  latencies.reset();
}

function report(waiting: readonly number[]) {
  for (const ms of waiting) took(ms);
  const ms = (percentile: number) => (latencies.count === 0 ? 0 : latencies.percentile(percentile) / 1_000);
  return {
    requests,
    seconds: (performance.now() - began) / 1_000,
    errors,
    unanswered: waiting.length,
    p50_ms: ms(50),
    p90_ms: ms(90),
    p99_ms: ms(99),
    p999_ms: ms(99.9),
    max_ms: ms(100),
  };
}
