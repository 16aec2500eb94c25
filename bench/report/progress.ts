import colors from "picocolors";
import type { Options } from "../options.ts";
import { secondsOf } from "../plan.ts";
import type { Round, Trial } from "../rounds.ts";
import { pointText, short, whole } from "./words.ts";

const terminal = process.stderr.isTTY;
const say = (text: string): void => void process.stderr.write(text);
const BAR = 24;

/** One line per trial on standard error; on a terminal also a bar with the current trial and the remaining time. */
export class Progress {
  readonly #options: Options;
  readonly #total: number;
  readonly #began = performance.now();
  readonly #count: number;
  #done = 0;
  #spent = 0;

  constructor(trials: readonly Trial[], options: Options) {
    this.#options = options;
    this.#count = trials.length;
    this.#total = trials.reduce((sum, trial) => sum + secondsOf(trial, options), 0);
  }

  begin(trial: Trial): void {
    if (terminal) say(`${this.#bar()} ${nameOf(trial)}`);
  }

  end(trial: Trial, { requests_per_second, p99_ms, errors }: Round): void {
    const failed = errors === 0 ? "" : colors.red(`  ${errors} errors`);
    this.#line(trial, `${whole(requests_per_second)}/s, p99 ${short(p99_ms)} ms${failed}`);
  }

  fail(trial: Trial, error: string): void {
    this.#line(trial, colors.red(error.split("\n")[0]!));
  }

  #line(trial: Trial, text: string): void {
    this.#done++;
    this.#spent += secondsOf(trial, this.#options);
    const place = colors.dim(`[${this.#done}/${this.#count}]`.padStart(9));
    say(`${terminal ? "\r\x1b[2K" : ""}${place} ${nameOf(trial)}  ${text}\n`);
  }

  #bar(): string {
    const share = this.#total === 0 ? 1 : this.#spent / this.#total;
    const full = Math.round(share * BAR);
    return `${colors.cyan("━".repeat(full))}${colors.dim("━".repeat(BAR - full))} ${colors.dim(this.#left())}`;
  }

  /** The estimate, corrected by its accuracy so far. */
  #left(): string {
    const pace = this.#spent === 0 ? 1 : (performance.now() - this.#began) / 1_000 / this.#spent;
    const seconds = (this.#total - this.#spent) * pace;
    return seconds > 90 ? `${Math.ceil(seconds / 60)} min left` : `${Math.ceil(seconds)} s left`;
  }
}

const nameOf = (trial: Trial): string => {
  const point = trial.point === null ? "" : ` · ${pointText(trial)}`;
  return `${trial.scenario} · ${trial.server}${point} · repeat ${trial.repeat}`;
};
