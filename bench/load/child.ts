import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { cpuSeconds, start, stop } from "../processes.ts";
import type { Clients, Generator, Shot } from "./generator.ts";

/** A load generator as a script in this folder. It is controlled by the lines of `recorder.ts`. */
const scripted = (name: Generator["name"], file: string): Generator => ({
  name,
  async start(job) {
    const child = start(process.execPath, [join(import.meta.dirname, file), JSON.stringify(job)]);
    child.stderr!.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout! });
    await nextLine(child, lines);
    return new ScriptedClients(child, lines);
  },
});

/** autocannon: always available, but a JavaScript program that is slower than a fast server. */
export const autocannon = scripted("autocannon", "autocannon-process.ts");

/**
 * An open loop with a fixed rate on undici's connections. autocannon sends a second's requests in one burst, and
 * wrk has no rates.
 */
export const paced = scripted("paced", "paced-process.ts");

/** A closed loop on the same connections: the maximum throughput of the paced generator. */
export const undici = scripted("undici", "undici-process.ts");

/** Users with think time, on undici's connections. */
export const users = scripted("users", "users-process.ts");

/** One process for all shots, since it gets faster as it warms up. */
class ScriptedClients implements Clients {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.#lines = lines;
  }

  async shoot(until: Promise<unknown>): Promise<Shot> {
    const before = cpuSeconds(this.#child.pid!);
    this.#child.stdin!.write("begin\n");
    await until;
    const line = nextLine(this.#child, this.#lines);
    this.#child.stdin!.write("end\n");
    const shot = JSON.parse(await line) as Omit<Shot, "cpu_seconds">;
    const after = cpuSeconds(this.#child.pid!);
    return { ...shot, cpu_seconds: before === null || after === null ? null : after - before };
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }
}

async function nextLine(child: ChildProcess, lines: Interface): Promise<string> {
  const line = once(lines, "line").then(([text]) => text as string);
  const text = await Promise.race([line, once(child, "exit").then(() => undefined)]);
  if (text === undefined) throw new Error("the load generator ended before its report");
  return text;
}
