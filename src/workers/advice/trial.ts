import type { Advice, AdvisedStatement, Proposal } from "../../shared/advice.ts";
import type { Connection } from "../../shared/database/sqlite.ts";
import type { Param } from "../../shared/protocol.ts";
import { type Candidate, candidatesOf, keyOf } from "./candidates.ts";
import { improvableTables, indexesIn, planOf } from "./plans.ts";
import { Tables } from "./tables.ts";

/** A gain is reported if the time falls below this share of the previous time, */
const WORTH = 0.5;
/** and each run saves at least this many milliseconds. */
const WORTH_MS = 0.05;
/**
 * Minimum gain of an index over all statements, as a share of their total time. Below it, the index is not
 * worth its cost.
 */
const WORTH_OF_ALL = 0.001;
/** From this many milliseconds a statement is tried whatever its plan. */
const SLOW_MS = 2;
/** Number of runs, of which the fastest counts, and the time after which no further run starts. */
const RUNS = 15;
const RUNS_MS = 1_500;
/** Time limit of a run in milliseconds. */
const RUN_MS = 5_000;
/** Rows written to measure the cost of an index per row. */
const WRITTEN = 500;
const NAME = "advised_index";

interface Gain {
  readonly statement: number;
  readonly without_ms: number;
  readonly with_ms: number;
}

/** Time limit of the current run, by `performance.now()`. */
export interface Clock {
  ends: number;
}

type Kept = Omit<Proposal, "gains"> & { readonly gains: Gain[] };

/**
 * Tries indexes in a copy of the database: measures each statement without and with each candidate, and
 * proposes only those that help. The copy is restored afterwards.
 */
export class Trial {
  readonly #db: Connection;
  readonly #clock: Clock;
  readonly #tables: Tables;
  readonly #ends: number;
  readonly #kept = new Map<string, Kept>();
  #tried = 0;
  #complete = true;

  /**
   * @param db a copy that may be changed.
   * @param clock the deadline that the functions of long reads on this connection check.
   */
  constructor(db: Connection, clock: Clock, budgetMs: number) {
    this.#db = db;
    this.#clock = clock;
    this.#tables = new Tables(db);
    this.#ends = performance.now() + budgetMs;
    db.pragma("analysis_limit = 1000");
  }

  run(statements: readonly AdvisedStatement[]): Advice {
    const all = statements.map((statement, i) => this.#advise(statement, i) * statement.count);
    const total = all.reduce((sum, ms) => sum + ms, 0);
    const saved = ({ gains }: Kept) =>
      gains.reduce(
        (sum, gain) => sum + (gain.without_ms - gain.with_ms) * statements[gain.statement]!.count,
        0,
      );
    const proposals = this.#withoutShorter([...this.#kept.values()])
      .filter((kept) => saved(kept) >= WORTH_OF_ALL * total)
      .toSorted((a, b) => saved(b) - saved(a));
    return { proposals, tried: this.#tried, complete: this.#complete };
  }

  /** @returns milliseconds without new indexes. */
  #advise({ sql, params }: AdvisedStatement, statement: number): number {
    const plan = planOf(this.#db, this.#tables, sql);
    if (plan.findings.some(({ kind }) => kind === "unusable")) return 0;
    const without = this.#measure(sql, params);
    if (without === undefined || without < WORTH_MS) return without ?? 0;
    const { names, sorts } = improvableTables(plan);
    const wanted = (name: string, ordered: boolean) =>
      without >= SLOW_MS || names.has(name) || (sorts && ordered);
    const tried = candidatesOf(sql, this.#tables, wanted)
      .filter((candidate) => !this.#exists(candidate))
      .flatMap((candidate) => this.#try(candidate, { sql, params, statement, without }));
    this.#keepBest(tried);
    return without;
  }

  /** For each table the index that helps most; if two help equally, the one with fewer columns. */
  #keepBest(gains: readonly (Gain & { readonly candidate: Candidate; readonly kept: Kept })[]): void {
    for (const of of Map.groupBy(gains, ({ candidate }) => candidate.table).values()) {
      const fastest = Math.min(...of.map(({ with_ms }) => with_ms));
      const near = of.filter(({ with_ms, without_ms }) => with_ms <= fastest + 0.1 * (without_ms - fastest));
      const [best] = near.toSorted((a, b) => a.candidate.columns.length - b.candidate.columns.length);
      const key = keyOf(best!.candidate);
      const kept = this.#kept.get(key) ?? best!.kept;
      this.#kept.set(key, kept);
      const { statement, without_ms, with_ms } = best!;
      kept.gains.push({ statement, without_ms, with_ms });
    }
  }

  /** Drops an index that is a prefix of another proposed one. */
  #withoutShorter(all: readonly Kept[]): Kept[] {
    const begins = (short: Kept, long: Kept) =>
      short !== long &&
      short.table === long.table &&
      short.columns.every((column, i) => column === long.columns[i]);
    return all.filter((kept) => {
      const longer = all.find((other) => begins(kept, other));
      for (const gain of longer === undefined ? [] : kept.gains)
        if (!longer!.gains.some(({ statement }) => statement === gain.statement)) longer!.gains.push(gain);
      return longer === undefined;
    });
  }

  #try(
    candidate: Candidate,
    {
      sql,
      params,
      statement,
      without,
    }: {
      sql: string;
      params: AdvisedStatement["params"];
      statement: number;
      without: number;
    },
  ): (Gain & { candidate: Candidate; kept: Kept })[] {
    if (performance.now() > this.#ends) {
      this.#complete = false;
      return [];
    }
    this.#tried++;
    const { table, columns } = candidate;
    const written = this.#kept.has(keyOf(candidate)) ? undefined : this.#measureWrites(candidate);
    const started = performance.now();
    if (!this.#create(candidate)) return [];
    const build_ms = performance.now() - started;
    try {
      const used = indexesIn(planOf(this.#db, this.#tables, sql)).includes(NAME);
      const with_ms = used ? this.#measure(sql, params) : undefined;
      if (with_ms === undefined || !isWorthwhile({ without_ms: without, with_ms })) return [];
      const kept = {
        sql: `CREATE INDEX ${this.#nameOf(candidate)} ON ${table} (${columns.join(", ")})`,
        ...{ table, columns, build_ms, bytes: this.#bytes(), gains: [] },
        write_ms: written === undefined ? 0 : Math.max(0, this.#measureWrites(candidate) - written),
      };
      return [{ candidate, kept, statement, without_ms: without, with_ms }];
    } finally {
      this.#db.exec(`DROP INDEX ${NAME}`);
    }
  }

  #create({ table, columns }: Candidate): boolean {
    try {
      this.#db.exec(`CREATE INDEX ${NAME} ON "${table}" (${columns.join(", ")}); ANALYZE ${NAME}`);
      return true;
    } catch {
      return false;
    }
  }

  /** Whether an existing index begins with these columns. */
  #exists({ table, columns }: Candidate): boolean {
    const wanted = columns.join(",").toLowerCase();
    return this.#columnsOfIndexes(table).some((have) => `${have},`.startsWith(`${wanted},`));
  }

  #columnsOfIndexes(table: string): string[] {
    const sql = `SELECT (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno))
      FROM pragma_index_list(?) l WHERE l.partial = 0`;
    return this.#db
      .prepare<[string], string | null>(sql)
      .pluck()
      .all(table)
      .map((list) => (list ?? "").toLowerCase());
  }

  #bytes(): number {
    const sql = "SELECT sum(pgsize) FROM dbstat WHERE name = ?";
    return this.#db.prepare<[string], number>(sql).pluck().get(NAME) ?? 0;
  }

  /**
   * Milliseconds of the fastest of some runs; undefined if the statement cannot run. Its writes are rolled
   * back. The fastest is used because a busy machine slows most runs, but seldom all. (A thread's processor
   * time has a resolution of a few milliseconds only.)
   */
  #measure(sql: string, params: Readonly<Record<string, Param>>): number | undefined {
    const times: number[] = [];
    const ends = performance.now() + RUNS_MS;
    try {
      const statement = this.#db.prepare<[Record<string, Param>]>(sql);
      do {
        this.#db.exec("SAVEPOINT trial");
        const started = performance.now();
        this.#clock.ends = started + RUN_MS;
        if (statement.reader) statement.all(params);
        else statement.run(params);
        times.push(performance.now() - started);
        this.#db.exec("ROLLBACK TO trial; RELEASE trial");
      } while (times.length < RUNS && performance.now() < ends);
    } catch {
      if (this.#db.inTransaction) this.#db.exec("ROLLBACK");
      return undefined;
    }
    return Math.min(...times);
  }

  /** Milliseconds per row of an UPDATE that changes no value, but rewrites every index on the columns. */
  #measureWrites({ table, columns }: Candidate): number {
    const column = columns.map((text) => /^\w+/.exec(text.replace(/^\w+\(/, ""))![0]).at(-1)!;
    const sql = `UPDATE "${table}" SET "${column}" = "${column}" WHERE rowid IN
      (SELECT rowid FROM "${table}" ORDER BY rowid * 2654435761 % 4294967296 LIMIT ${WRITTEN})`;
    return (this.#measure(sql, {}) ?? 0) / WRITTEN;
  }

  /** Named after its columns, unless the name is taken. */
  #nameOf({ table, columns }: Candidate): string {
    const parts = columns.map((column) => column.replaceAll(/\W+/g, "_").replace(/_$/, ""));
    const name = [table, ...parts].join("_").toLowerCase();
    const taken = this.#db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(name) !== undefined;
    return taken ? `${name}_2` : name;
  }
}

const isWorthwhile = ({ without_ms, with_ms }: Pick<Gain, "without_ms" | "with_ms">): boolean =>
  with_ms <= without_ms * WORTH && without_ms - with_ms >= WORTH_MS;
