import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { cpuSeconds, start, stop } from "../processes.ts";
import type { Clients, Generator, Shot } from "./generator.ts";

/** A load generator that is a script beside this one and speaks the lines of `recorder.ts`. */
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

/** autocannon: always there, and itself a JavaScript program that a fast server outruns. */
export const autocannon = scripted("autocannon", "autocannon-process.ts");

/**
 * A fixed rate, on undici's connections: autocannon sends a second's requests in one burst, and wrk knows no rates.
 */
export const paced = scripted("paced", "paced-process.ts");

/** A closed loop on the same connections: what the paced generator can have answered at the most. */
export const undici = scripted("undici", "undici-process.ts");

/** Users who think between their requests, on undici's connections. */
export const users = scripted("users", "users-process.ts");

/** One process for all shots, since it gets faster while it warms up. */
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
