import { createHistogram } from "node:perf_hooks";
import { type Operation, Refusal } from "./world.ts";

/** Operations under way at once; past it the schedule waits, and says how often. */
const MOST_UNDER_WAY = 64;
const TICK_MS = 10;

/**
 * Runs operations at a steady rate, chosen by their weights, and keeps what went wrong: how often, and the first
 * few in words.
 */
export class Pace {
  readonly latency = createHistogram({ highest: 120_000_000, figures: 3 });
  readonly counts = new Map<string, number>();
  readonly failures: string[] = [];
  failed = 0;
  /** Operations that met a 503 of the kind that asks to come back later, by its code. */
  readonly refused = new Map<string, number>();
  done = 0;
  /** Ticks at which nothing more could be started: the server did not keep up with the rate. */
  held = 0;
  readonly #deck: readonly Operation[];
  readonly #random: () => number;
  readonly #underWay = new Set<Promise<void>>();

  constructor(operations: readonly Operation[], random: () => number) {
    this.#deck = operations.flatMap((operation) => Array<Operation>(operation.weight).fill(operation));
    this.#random = random;
  }

  /** Starts operations until the signal says so. Resolves when all that were started have ended. */
  async run(rate: number, signal: AbortSignal): Promise<void> {
    let [due, last] = [0, performance.now()];
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const now = performance.now();
        due = Math.min(due + ((now - last) / 1_000) * rate, MOST_UNDER_WAY);
        last = now;
        for (; due >= 1 && this.#underWay.size < MOST_UNDER_WAY; due--) this.#start();
        if (due >= 1) this.held++;
        if (!signal.aborted) return;
        clearInterval(timer);
        resolve();
      }, TICK_MS);
    });
    await Promise.all(this.#underWay);
  }

  #start(): void {
    const operation = this.#deck[Math.floor(this.#random() * this.#deck.length)]!;
    const running = this.#observe(operation).finally(() => this.#underWay.delete(running));
    this.#underWay.add(running);
  }

  async #observe({ name, run }: Operation): Promise<void> {
    const started = performance.now();
    try {
      await run();
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof Refusal) this.refused.set(message, (this.refused.get(message) ?? 0) + 1);
      else this.fail(`${name}: ${message}`);
    }
    this.latency.record(Math.max(1, Math.round((performance.now() - started) * 1_000)));
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    this.done++;
  }

  fail(what: string): void {
    this.failed++;
    if (this.failures.length < 20) this.failures.push(`${new Date().toISOString()} ${what}`);
  }
}
