import { Durations } from "./durations.ts";
import type { Param, StatementCosts } from "./protocol.ts";

type Params = Readonly<Record<string, Param>>;

/** Parameters above this length are not kept: those of a bulk load are its rows. */
const MAX_PARAMS = 16_384;

/** Costs of one statement. */
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

  /** @param ms time until the failure, if the statement caused it. */
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
 * Costs of statements by text. Values are bound, so all runs of a statement share one text.
 *
 * The number of texts is limited: the one with the lowest total time is dropped. A caller that runs a
 * statement often may keep its {@link StatementCost}: counting is then a few additions.
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
