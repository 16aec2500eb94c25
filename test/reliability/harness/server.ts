import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { start } from "../../../bench/processes.ts";
import { chinook, startArguments } from "../../../bench/servers/specs.ts";

/** A server for the commands of this folder: the real process, started as `npm start` starts it. */
export interface Launched {
  readonly pid: number;
  readonly database: string;
  /** Its URL when it listens; undefined when it ended instead. */
  readonly listening: Promise<string | undefined>;
  /** Its exit status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  signal(name: NodeJS.Signals): void;
  /** The end of what it said on standard error. */
  log(): string;
}

export interface Subject extends Launched {
  readonly url: string;
}

const READY_MS = 60_000;
const LOG_LENGTH = 20_000;

export function launch(database: string, settings: Readonly<Record<string, string>> = {}): Launched {
  const child = start(process.execPath, startArguments(), {
    CHINOOK_DATABASE: database,
    CHINOOK_PORT: "0",
    CHINOOK_DEMO: "0",
    CHINOOK_LOG: "json",
    ...settings,
  });
  const log = tailOf(child.stderr!);
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const listening = announced(child, ended);
  return { pid: child.pid!, database, listening, ended, signal: (name) => void child.kill(name), log };
}

/** @throws Error with the end of its log when it ends, or stays silent, before it has printed its URL. */
export async function serve(
  database: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Subject> {
  const launched = launch(database, settings);
  const url = await launched.listening;
  if (url === undefined) throw new Error(`expected a server, got ${await launched.ended}: ${launched.log()}`);
  return { ...launched, url };
}

/** Runs a command of `chinook` on a database to its end. @throws Error with what it said when it fails. */
export async function runChinook(database: string, ...command: readonly string[]): Promise<void> {
  const child = start(process.execPath, chinook(...command), { CHINOOK_DATABASE: database });
  const log = tailOf(child.stderr!);
  child.stdout!.resume();
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`chinook ${command.join(" ")} ended with ${code}: ${log()}`);
}

async function announced(child: ChildProcess, ended: Promise<unknown>): Promise<string | undefined> {
  const lines = createInterface({ input: child.stdout! });
  const silent = setTimeout(() => child.kill("SIGKILL"), READY_MS);
  const line = await Promise.race([once(lines, "line"), ended.then(() => undefined)]);
  clearTimeout(silent);
  return /http:\/\/\S+/.exec(String((line as string[] | undefined)?.[0]))?.[0];
}

function tailOf(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-LOG_LENGTH);
  });
  return () => text;
}

/** What the operating system knows of a process; undefined where there is no /proc, or no such process. */
export interface Vitals {
  /** Memory that is the process's own: mapped pages of the database are left out. */
  readonly anonymousBytes: number;
  readonly handles: number;
  readonly threads: number;
}

export function vitalsOf(pid: number): Vitals | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)![1]);
    return {
      anonymousBytes: field("RssAnon") * 1_024,
      handles: readdirSync(`/proc/${pid}/fd`).length,
      threads: field("Threads"),
    };
  } catch {
    return undefined;
  }
}
