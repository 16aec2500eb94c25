import { Durations } from "./durations.ts";
import type { Param, StatementCosts } from "./protocol.ts";

type Params = Readonly<Record<string, Param>>;

/** Characters of parameters past which they are not kept: those of a bulk load are its rows. */
const MAX_PARAMS = 16_384;

/** What one statement has cost. */
export class StatementCost {
  readonly #durations = new Durations();
  readonly #sql: string;
  readonly #read: string | null;
  #failures = 0;
  #rows = 0;
  #changes = 0;
  #characters = 0;
  #params: Params = {};

  constructor(sql: string, read: string | null) {
    this.#sql = sql;
    this.#read = read;
  }

  ran(ms: number, params: Params, rows: number, changes: number, characters: number): void {
    if (ms > this.#durations.maxMs) this.#params = sizeOf(params) > MAX_PARAMS ? {} : params;
    this.#durations.observe(ms);
    this.#rows += rows;
    this.#changes += changes;
    this.#characters += characters;
  }

  /** @param ms what it took until it failed, where that was the statement's doing. */
  failed(ms: number | undefined, params: Params): void {
    this.#failures++;
    if (ms !== undefined) this.ran(ms, params, 0, 0, 0);
  }

  get totalMs(): number {
    return this.#durations.totalMs;
  }

  get costs(): StatementCosts {
    return {
      sql: this.#sql,
      read: this.#read,
      durations: this.#durations.counts,
      failures: this.#failures,
      rows: this.#rows,
      changes: this.#changes,
      characters: this.#characters,
      params: this.#params,
    };
  }
}

const sizeOf = (params: Params): number =>
  Object.values(params).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : 8),
    0,
  );

/**
 * What each statement has cost, by its text: values are bound, so a text stands for all of its runs.
 *
 * Bounded: when there are too many texts, the one that took the least time in all goes. Who runs a statement often may
 * keep its {@link StatementCost}: counting is then a few additions.
 */
export class StatementMeter {
  readonly #costs = new Map<string, StatementCost>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  of(sql: string, read: string | null): StatementCost {
    const known = this.#costs.get(sql);
    if (known !== undefined) return known;
    if (this.#costs.size >= this.#max) this.#forgetCheapest();
    const made = new StatementCost(sql, read);
    this.#costs.set(sql, made);
    return made;
  }

  get costs(): StatementCosts[] {
    return Array.from(this.#costs.values(), ({ costs }) => costs);
  }

  #forgetCheapest(): void {
    let [cheapest, least] = ["", Number.POSITIVE_INFINITY];
    for (const [sql, { totalMs }] of this.#costs) if (totalMs < least) [cheapest, least] = [sql, totalMs];
    this.#costs.delete(cheapest);
  }
}
