import { setImmediate as turn } from "node:timers/promises";
import colors from "picocolors";
import { printJson } from "../../cli/output.ts";
import { type Poll, polls } from "./live.ts";
import type { Sample } from "./sample.ts";
import { cut, screen } from "./screen.ts";

export interface MonitorOptions {
  readonly server: string;
  readonly seconds: number;
  readonly json: boolean;
  /** Whether to repeat; always true at a terminal. */
  readonly again: boolean;
}

/** Number of samples in a sparkline. */
const KEPT = 120;

/**
 * Runs until `q` or Ctrl-C at a terminal, or until the process is ended. Without repetition it prints once.
 */
export async function monitor(options: MonitorOptions): Promise<void> {
  // The reader of standard output has closed it, as `head` does.
  process.stdout.once("error", () => process.exit(0));
  if (!options.json && process.stdout.isTTY) return watch(options);
  const stop = new AbortController();
  const samples: Sample[] = [];
  for await (const poll of polls(options.server, options.seconds, stop.signal)) {
    if ("error" in poll) throw poll.error;
    if (options.json) printJson(poll.sample);
    else process.stdout.write(`${textOf(options, poll, samples).join("\n")}\n`);
    if (!options.again) stop.abort();
  }
}

/** Draws on the terminal's alternate screen, and restores the terminal at the end. */
async function watch(options: MonitorOptions): Promise<void> {
  const stop = new AbortController();
  const samples: Sample[] = [];
  let lines: readonly string[] = [`connecting to ${options.server} …`];
  const draw = () => process.stdout.write(frame([...lines, "", colors.dim("q ends")]));
  const onKey = (key: Buffer) => {
    if (["q", "Q", "\u0003", "\u0004"].includes(key.toString())) stop.abort();
  };
  const end = () => stop.abort();
  const leave = enter(onKey, draw, end);
  try {
    draw();
    for await (const poll of polls(options.server, options.seconds, stop.signal)) {
      lines = textOf(options, poll, samples);
      draw();
    }
  } finally {
    leave();
    await turn();
  }
}

function textOf({ server }: MonitorOptions, poll: Poll, samples: Sample[]): readonly string[] {
  if ("error" in poll) return [colors.red(`${server}: ${poll.error.message}`), "trying again …"];
  samples.push(poll.sample);
  if (samples.length > KEPT) samples.shift();
  return screen(server, poll.uptime, samples, process.stdout.columns);
}

/** Starts in the upper left corner, and clears the rest of each line and everything below. */
function frame(lines: readonly string[]): string {
  const { columns = 80, rows = 24 } = process.stdout;
  const shown = lines.slice(0, rows).map((line) => `${cut(line, columns)}\u001b[K`);
  return `\u001b[H${shown.join("\r\n")}\u001b[J`;
}

/** @returns a function that undoes it. */
function enter(onKey: (key: Buffer) => void, onResize: () => void, onEnd: () => void): () => void {
  const { stdin, stdout } = process;
  const raw = stdin.isTTY;
  stdout.write("\u001b[?1049h\u001b[?25l");
  if (raw) stdin.setRawMode(true);
  stdin.on("data", onKey).resume();
  stdout.on("resize", onResize);
  const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, onEnd);
  return () => {
    for (const signal of signals) process.off(signal, onEnd);
    stdout.off("resize", onResize);
    stdin.off("data", onKey).pause();
    if (raw) stdin.setRawMode(false);
    stdout.write("\u001b[?25h\u001b[?1049l");
  };
}
