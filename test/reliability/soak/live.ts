import colors from "picocolors";
import type { Sample } from "./growth.ts";
import type { Pace } from "./pace.ts";

const MEBIBYTE = 1_048_576;
/** Seconds between two lines where nobody watches. */
const QUIET_SECONDS = 60;

/** How it goes: one line that is written over on a terminal, a line a minute in a log. */
export class Live {
  readonly #seconds: number;
  readonly #terminal = process.stderr.isTTY;
  #next = 0;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  show({ at, anonymous_bytes, handles, queue, wal_bytes }: Sample, { done, failed, latency }: Pace): void {
    if (!this.#terminal && at < this.#next) return;
    this.#next = at + QUIET_SECONDS;
    const line = [
      `${clock(at)} of ${clock(this.#seconds)}`,
      `${done.toLocaleString("en")} operations`,
      `p99 ${(latency.percentile(99) / 1_000).toFixed(1)} ms`,
      `memory ${(anonymous_bytes / MEBIBYTE).toFixed(0)} MiB`,
      `handles ${handles}`,
      `queue ${queue}`,
      `WAL ${(wal_bytes / MEBIBYTE).toFixed(1)} MiB`,
      failed === 0 ? colors.green("all holds") : colors.red(`${failed} failures`),
    ].join(colors.dim(" · "));
    process.stderr.write(this.#terminal ? `\r\x1b[2K${line}` : `${line}\n`);
  }

  end(): void {
    if (this.#terminal) process.stderr.write("\n");
  }
}

const clock = (seconds: number): string => {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(whole / 3_600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
};
