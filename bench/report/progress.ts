import colors from "picocolors";
import type { Round, Trial } from "../rounds.ts";

const terminal = process.stderr.isTTY;
const say = (text: string): void => void process.stderr.write(text);

/** A line for each trial on standard error; on a terminal it says what runs while it runs. */
export class Progress {
  readonly #total: number;
  readonly #began = performance.now();
  #done = 0;
  constructor(total: number) {
    this.#total = total;
  }

  begin(trial: Trial): void {
    if (terminal) say(`${this.#label(trial)} ${colors.dim(`… ${this.#left()}`)}`);
  }

  end(trial: Trial, round: Round): void {
    const label = this.#label(trial);
    this.#done++;
    const errors = round.errors === 0 ? "" : colors.red(`  ${round.errors} errors`);
    const rate = Math.round(round.requests_per_second).toLocaleString("en");
    say(`${terminal ? "\r\x1b[2K" : ""}${label}  ${rate}/s, p99 ${round.p99_ms.toFixed(1)} ms${errors}\n`);
  }

  #label({ scenario, server, repeat }: Trial): string {
    const place = `[${this.#done + 1}/${this.#total}]`.padStart(9);
    return `${colors.dim(place)} ${scenario} · ${server} · repeat ${repeat}`;
  }

  #left(): string {
    if (this.#done === 0) return "";
    const seconds = ((performance.now() - this.#began) / this.#done / 1_000) * (this.#total - this.#done);
    return `about ${Math.ceil(seconds)} s left`;
  }
}
