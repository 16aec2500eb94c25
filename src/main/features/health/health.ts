import type { Logger } from "../../engine/log.ts";
import { type Check, type Judged, type Status, worst } from "./check.ts";
import { CHECKS } from "./checks/index.ts";
import type { Facts } from "./facts.ts";
import { SAMPLE_MS, type Sampler } from "./sampler.ts";

/** Results of all checks at one time. */
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

/** Milliseconds for which a report is reused, so that frequent requests cost little. */
const FRESH_MS = 1_000;

/**
 * Runs the checks every ten seconds and on request, and passes the reports to listeners. Each change of a
 * status is logged once. Other requests never wait for it.
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

  /** The last periodic report; undefined before the first. */
  get last(): Report | undefined {
    return this.#last;
  }

  /** Called with each periodic report, every ten seconds. */
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
      this.#options.log.error({ err: error }, "health checks failed to run");
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
