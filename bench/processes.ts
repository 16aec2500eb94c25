import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

/** Long, because PostgreSQL copies a catalogue before its first trial. */
const READY_MS = 120_000;
const STOP_MS = 15_000;

/** Running child processes, so that none outlives the bench. */
const running = new Set<ChildProcess>();
/** Kills all child processes. */
export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}
process.on("exit", endAll);

/** Settings of the caller's shell must not affect an experiment. */
const cleanEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(CHINOOK_|NODE_OPTIONS$)/.test(name)));

export function start(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const child = spawn(command, args, { env: { ...cleanEnv(), ...env }, stdio: ["pipe", "pipe", "pipe"] });
  running.add(child);
  // The process has ended. Its exit is reported elsewhere.
  child.stdin.on("error", () => {});
  child.once("exit", () => running.delete(child));
  child.once("error", () => running.delete(child));
  return child;
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Interrupts the process, waits, then kills it. */
export async function stop(child: ChildProcess): Promise<void> {
  if (ended(child)) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exit;
  clearTimeout(late);
}

/** Runs a project command to its end. @throws Error with its output on failure. */
export async function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const child = start(process.execPath, args, env);
  const said = listen(child);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${args.at(-1)} failed: ${said()}`);
}

/** The last lines of a process on standard error. */
function listen(child: ChildProcess): () => string {
  let text = "";
  child.stdout!.resume();
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-2_000);
  });
  return () => text.trim();
}

export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  /** Milliseconds from spawn to the printed line. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

/** @throws Error if it ends, or times out, before it has printed its URL. */
export async function startServer(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<RunningServer> {
  const started = performance.now();
  const child = start(process.execPath, args, env);
  const lines = createInterface({ input: child.stdout! });
  const line = once(lines, "line").then(([text]) => text as string);
  const said = listen(child);
  const exit = once(child, "exit").then(() => undefined);
  const first = await Promise.race([line, exit, delay(READY_MS, undefined, { ref: false })]);
  const readyMs = performance.now() - started;
  const url = first?.match(/http:\/\/\S+/)?.[0];
  if (url === undefined) {
    await stop(child);
    throw new Error(`expected a line with a URL from ${args.join(" ")}, got ${first ?? "none"}\n${said()}`);
  }
  return { url, pid: child.pid!, readyMs, stop: () => stop(child) };
}

const TICKS_PER_SECOND = 100;

/** Processor seconds of a process with all threads; null without /proc. */
export function cpuSeconds(pid: number): number | null {
  try {
    // The name in parentheses may contain spaces, so fields are counted after it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return null;
  }
}

export function residentBytes(pid: number): number | null {
  try {
    const kilobytes = readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+) kB/m)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1_024;
  } catch {
    return null;
  }
}

/**
 * Bytes that a process has read: `asked` by system calls (files and sockets; without hits in SQLite's own cache),
 * `fetched` from the disk (without hits in the system's page cache). Null without /proc.
 */
export function bytesRead(pid: number): { readonly asked: number; readonly fetched: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/io`, "utf8");
    const field = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(text)![1]);
    return { asked: field("rchar"), fetched: field("read_bytes") };
  } catch {
    return null;
  }
}
