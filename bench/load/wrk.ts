import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { cpuSeconds, start, stop } from "../processes.ts";
import { type Clients, type Generator, type Job, onPath, type Shot, TIMEOUT_SECONDS } from "./generator.ts";

const SCRIPT = join(import.meta.dirname, "wrk.lua");
/** wrk ends at an interrupt, with its report. This is a fallback. */
const LONGEST = "3600s";

/** wrk with one thread. It costs a fraction of a JavaScript client, but must be installed. */
export const wrk: Generator = {
  name: "wrk",
  async start(job) {
    return new WrkClients(job);
  },
};

/** Figures that wrk does not report. */
const NOT_REPORTED = {
  refused: null,
  unanswered: null,
  dropped: null,
  late_p99_ms: null,
  slices: null,
  kinds: null,
} as const;

/** One process per shot: native code needs no warm-up. */
class WrkClients implements Clients {
  readonly #job: Job;
  #child: ChildProcess | undefined;
  constructor(job: Job) {
    this.#job = job;
  }

  async shoot(until: Promise<unknown>): Promise<Shot> {
    const child = spawnWrk(this.#job);
    this.#child = child;
    const [output, complaint] = [text(child.stdout!), text(child.stderr!)];
    const closed = once(child, "close");
    await Promise.race([until, closed]);
    const cpu = cpuSeconds(child.pid!);
    await interrupted(child, closed);
    const shot = report(await output, await complaint) as Omit<
      Shot,
      "cpu_seconds" | keyof typeof NOT_REPORTED
    >;
    return { ...NOT_REPORTED, ...shot, cpu_seconds: cpu };
  }

  async stop(): Promise<void> {
    if (this.#child !== undefined) await stop(this.#child);
  }
}

const RETRY_MS = 200;

/**
 * wrk ignores interrupts until it has read its requests. On a busy machine one interrupt may be lost, so it is
 * repeated.
 */
async function interrupted(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  child.kill("SIGINT");
  const again = setInterval(() => child.kill("SIGINT"), RETRY_MS);
  await closed.finally(() => clearInterval(again));
}

function spawnWrk({ url, requests, connections, tokens }: Job): ChildProcess {
  const limits = ["-t", "1", "-c", String(connections), "-d", LONGEST, "--timeout", `${TIMEOUT_SECONDS}s`];
  return start(onPath("wrk")!, [...limits, "-s", SCRIPT, url, "--", requests, ...tokens]);
}

function report(output: string, complaint: string): unknown {
  const line = output.split("\n").findLast((line) => line.startsWith("{"));
  if (line === undefined) throw new Error(`wrk gave no report: ${output}${complaint}`);
  return JSON.parse(line);
}
