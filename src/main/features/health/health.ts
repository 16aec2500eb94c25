import type { Logger } from "../../engine/log.ts";
import { type Check, type Judged, type Status, worst } from "./check.ts";
import { CHECKS } from "./checks/index.ts";
import type { Facts } from "./facts.ts";
import { SAMPLE_MS, type Sampler } from "./sampler.ts";

/** What all checks found at one moment. */
export interface Report {
  readonly status: Status;
  /** In the order of {@link CHECKS}. */
  readonly checks: readonly Judged[];
}

export interface HealthOptions {
  readonly gather: () => Promise<Facts>;
  readonly sampler: Sampler;
  readonly log: Logger;
  readonly checks?: readonly Check[];
}

/** Milliseconds for which a report is given again: asking in a loop costs next to nothing. */
const FRESH_MS = 1_000;

/**
 * Judges the server's health every ten seconds and whenever it is asked, and tells those who listen. What turns is
 * logged once. No request waits for it, except those that ask for it.
 */
export class Health {
  readonly #options: HealthOptions;
  readonly #listeners: ((report: Report) => void)[] = [];
  readonly #clock: NodeJS.Timeout;
  #latest: { readonly report: Promise<Report>; readonly at: number } | undefined;
  #known: ReadonlyMap<string, Status> = new Map();
  #last: Report | undefined;

  /** The sampler must have taken a sample. */
  constructor(options: HealthOptions) {
    this.#options = options;
    this.#clock = setInterval(() => void this.#turn(), SAMPLE_MS).unref();
  }

  /** The report of the last turn; undefined before the first. */
  get last(): Report | undefined {
    return this.#last;
  }

  /** Called with each report that is made every ten seconds. */
  onReport(listener: (report: Report) => void): void {
    this.#listeners.push(listener);
  }

  report(): Promise<Report> {
    const now = performance.now();
    if (this.#latest === undefined || now - this.#latest.at >= FRESH_MS)
      this.#latest = { report: this.#judge(), at: now };
    return this.#latest.report;
  }

  close(): void {
    clearInterval(this.#clock);
    this.#options.sampler.close();
  }

  async #turn(): Promise<void> {
    try {
      await this.#options.sampler.take();
      const report = await this.report();
      this.#note(report);
      for (const listener of this.#listeners) listener(report);
    } catch (error) {
      this.#options.log.error({ err: error }, "health could not be judged");
    }
  }

  async #judge(): Promise<Report> {
    const facts = await this.#options.gather();
    const checks = (this.#options.checks ?? CHECKS).map(({ name, judge }) => ({ name, ...judge(facts) }));
    return { status: worst(checks), checks };
  }

  #note(report: Report): void {
    const { log } = this.#options;
    for (const { name, status, value, threshold, recommendation } of report.checks) {
      const before = this.#known.get(name) ?? "ok";
      if (status === before) continue;
      const level = ({ ok: "info", warn: "warn", fail: "error" } as const)[status];
      log[level]({ check: name, status, before, value, threshold, recommendation }, "health changed");
    }
    this.#known = new Map(report.checks.map(({ name, status }) => [name, status]));
    this.#last = report;
  }
}
