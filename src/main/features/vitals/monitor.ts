import { setImmediate as turn } from "node:timers/promises";
import colors from "picocolors";
import { printJson } from "../../cli/output.ts";
import { type Look, looks } from "./live.ts";
import type { Sample } from "./sample.ts";
import { cut, screen } from "./screen.ts";

export interface MonitorOptions {
  readonly server: string;
  readonly seconds: number;
  readonly json: boolean;
  /** Whether to look again and again; always so at a terminal. */
  readonly again: boolean;
}

/** Samples that sparklines are made of. */
const KEPT = 120;

/** Until `q` or Ctrl-C at a terminal, and until it is ended elsewhere. Once, unless it is to be repeated. */
export async function monitor(options: MonitorOptions): Promise<void> {
  // Whoever read what is printed has gone, as `head` does.
  process.stdout.once("error", () => process.exit(0));
  if (!options.json && process.stdout.isTTY) return watch(options);
  const stop = new AbortController();
  const samples: Sample[] = [];
  for await (const look of looks(options.server, options.seconds, stop.signal)) {
    if ("error" in look) throw look.error;
    if (options.json) printJson(look.sample);
    else process.stdout.write(`${textOf(options, look, samples).join("\n")}\n`);
    if (!options.again) stop.abort();
  }
}

/** Draws over itself on the terminal's other screen, and leaves the terminal as it was. */
async function watch(options: MonitorOptions): Promise<void> {
  const stop = new AbortController();
  const samples: Sample[] = [];
  let lines: readonly string[] = [`looking at ${options.server} …`];
  const draw = () => process.stdout.write(frame([...lines, "", colors.dim("q ends")]));
  const onKey = (key: Buffer) => {
    if (["q", "Q", "\u0003", "\u0004"].includes(key.toString())) stop.abort();
  };
  const end = () => stop.abort();
  const leave = enter(onKey, draw, end);
  try {
    draw();
    for await (const look of looks(options.server, options.seconds, stop.signal)) {
      lines = textOf(options, look, samples);
      draw();
    }
  } finally {
    leave();
    await turn();
  }
}

function textOf({ server }: MonitorOptions, look: Look, samples: Sample[]): readonly string[] {
  if ("error" in look) return [colors.red(`${server}: ${look.error.message}`), "trying again …"];
  samples.push(look.sample);
  if (samples.length > KEPT) samples.shift();
  return screen(server, look.uptime, samples, process.stdout.columns);
}

/** From the upper left corner, each line cleared to its end, and everything below. */
function frame(lines: readonly string[]): string {
  const { columns = 80, rows = 24 } = process.stdout;
  const shown = lines.slice(0, rows).map((line) => `${cut(line, columns)}\u001b[K`);
  return `\u001b[H${shown.join("\r\n")}\u001b[J`;
}

/** @returns what undoes it. */
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
