import type { Statement as Prepared } from "better-sqlite3";
import { LRUCache } from "lru-cache";
import { isTogether } from "../shared/batches.ts";
import type { Connection } from "../shared/database/sqlite.ts";
import { type AppError, toFailure } from "../shared/errors.ts";
import type {
  Outcome,
  Param,
  Rows,
  Statement,
  StatementCosts,
  Statements,
  Together,
  Work,
} from "../shared/protocol.ts";
import { type StatementCost, StatementMeter } from "../shared/statement-meter.ts";
import { refusalOf } from "./guard.ts";
import { StandIns } from "./stand-ins.ts";

interface Committed {
  readonly outcomes: Outcome[];
  readonly commitMs: number;
}

interface Kept {
  readonly prepared: Prepared<[Record<string, Param>]>;
  readonly cost: StatementCost;
}

interface StatementResult {
  readonly rows: Rows;
  readonly changes: number;
  /** By `performance.now()`. */
  readonly ended: number;
}

const NO_ROWS: Rows = [];

/** Limits the size of a transaction. */
export interface Room {
  /** Why no transaction may begin, if so. */
  refusal(): AppError | undefined;
  /** Whether the transaction has written enough and must be committed. */
  usedUp(): boolean;
}

const UNBOUNDED: Room = { refusal: () => undefined, usedUp: () => false };

/** Milliseconds of commands between two checks of the room: checking a file's size costs as much as a command. */
const LOOK_MS = 5;

/** Prepared statements that are kept, and texts whose costs are: the latter outlive the former. */
const MAX_PREPARED = 256;
const MAX_METERED = 512;

/**
 * Group commit: runs a batch of commands in one transaction, so that they share one commit and one sync to disk.
 *
 * - Every command gets exactly one outcome, in the batch's order, and only after the commit.
 * - Each command runs in its own savepoint. A command that fails, or that a guard refuses, rolls back only its own
 *   statements.
 * - Some failures silently end the *outer* transaction (ON CONFLICT ROLLBACK, RAISE(ROLLBACK), a full disk, some
 *   I/O errors). SQLite then continues in autocommit mode: the next command would be committed alone, and the
 *   earlier ones would be lost. So `inTransaction` is checked after every command. If the transaction has ended,
 *   nothing of the batch was written, and each command is run again in its own transaction.
 * - A transaction that has used up its room is committed, and the rest of the batch follows in another one. So the
 *   WAL stays below its limit however much a batch writes.
 * - If a transaction can't begin (another process locks the file), the rest of the batch fails: each command would
 *   wait for the lock as long as the first, and so would everything queued behind it.
 */
export class GroupCommit {
  readonly #db: Connection;
  readonly #room: Room;
  readonly #statements = new LRUCache<string, Kept>({ max: MAX_PREPARED });
  /** Transaction control: prepared once, like everything else, but no statement of a command. */
  readonly #control = new Map<string, Prepared<[Record<string, Param>]>>();
  readonly #meter = new StatementMeter(MAX_METERED);

  constructor(db: Connection, room: Room = UNBOUNDED) {
    this.#db = db;
    this.#room = room;
  }

  /** What the statements of commands have cost, the commits apart. */
  get costs(): readonly StatementCosts[] {
    return this.#meter.costs;
  }

  /** @returns one outcome per command, and the milliseconds of the commit. Never throws. */
  run(commands: readonly Work[]): Committed {
    const outcomes: Outcome[] = [];
    let commitMs = 0;
    while (outcomes.length < commands.length) {
      const part = this.#part(outcomes.length === 0 ? commands : commands.slice(outcomes.length));
      for (const outcome of part.outcomes) outcomes.push(outcome);
      commitMs += part.commitMs;
    }
    return { outcomes, commitMs };
  }

  /** @returns the outcomes of the first commands, at least one. */
  #part(commands: readonly Work[]): Committed {
    const refusal = this.#begin();
    if (refusal !== undefined) return { outcomes: commands.map(() => refusal), commitMs: 0 };
    return this.#together(commands) ?? this.#oneByOne(commands);
  }

  /** @returns why the transaction could not begin, if so. */
  #begin(): Outcome | undefined {
    try {
      const full = this.#room.refusal();
      if (full !== undefined) throw full;
      this.#exec("BEGIN IMMEDIATE");
      return undefined;
    } catch (error) {
      return { rows: NO_ROWS, changes: 0, failure: toFailure(error), ms: 0 };
    }
  }

  /**
   * Commits as many of the commands as there is room for. Undefined if the transaction ended before its commit:
   * then nothing was written.
   */
  #together(commands: readonly Work[]): Committed | undefined {
    const outcomes: Outcome[] = [];
    let unseenMs = 0;
    try {
      for (const command of commands) {
        const outcome = this.#inSavepoint(command);
        outcomes.push(outcome);
        if (!this.#db.inTransaction) return undefined;
        unseenMs += outcome.ms;
        if (unseenMs < LOOK_MS) continue;
        if (this.#room.usedUp()) break;
        unseenMs = 0;
      }
      const started = performance.now();
      this.#exec("COMMIT");
      return { outcomes, commitMs: performance.now() - started };
    } catch {
      this.#rollBack();
      return undefined;
    }
  }

  #inSavepoint(work: Work): Outcome {
    this.#exec("SAVEPOINT command");
    const outcome = this.#outcomeOf(work);
    if (!this.#db.inTransaction) return outcome;
    if (outcome.failure !== undefined) this.#exec("ROLLBACK TO command");
    this.#exec("RELEASE command");
    return outcome;
  }

  #oneByOne(commands: readonly Work[]): Committed {
    let commitMs = 0;
    let refusal: Outcome | undefined;
    const outcomes = commands.map((command) => {
      refusal ??= this.#begin();
      if (refusal !== undefined) return refusal;
      const { outcome, ms } = this.#alone(command);
      commitMs += ms;
      return outcome;
    });
    return { outcomes, commitMs };
  }

  /** Runs a command in the transaction begun for it. */
  #alone(work: Work): { outcome: Outcome; ms: number } {
    let outcome: Outcome = { rows: NO_ROWS, changes: 0, ms: 0 };
    try {
      outcome = this.#outcomeOf(work);
      if (outcome.failure !== undefined) return { outcome, ms: 0 };
      const started = performance.now();
      this.#exec("COMMIT");
      return { outcome, ms: performance.now() - started };
    } catch (error) {
      return { outcome: { rows: NO_ROWS, changes: 0, failure: toFailure(error), ms: outcome.ms }, ms: 0 };
    } finally {
      this.#rollBack();
    }
  }

  #outcomeOf(work: Work): Outcome {
    return isTogether(work) ? this.#allOf(work) : this.#statementsOf(work);
  }

  /** One after the other, until one fails: then the savepoint takes back those before it, too. */
  #allOf({ together, standIns }: Together): Outcome {
    const known = new StandIns(standIns);
    const rows: (readonly Param[])[] = [];
    let [changes, ms] = [0, 0];
    for (const [failedAt, command] of together.entries()) {
      const outcome = this.#statementsOf(known.resolve(command));
      ms += outcome.ms;
      if (outcome.failure !== undefined) return { ...outcome, ms, failedAt };
      changes += outcome.changes;
      const row = outcome.rows[0] ?? [];
      rows.push(row);
      known.answered(failedAt, row[0]);
    }
    return { rows, changes, ms };
  }

  #statementsOf(command: Statements): Outcome {
    const started = performance.now();
    let last = started;
    let rows = NO_ROWS;
    let changes = 0;
    try {
      for (const statement of command) {
        const result = this.#statement(statement, last);
        last = result.ended;
        const failure = statement.guard && refusalOf(statement.guard, result);
        if (failure !== undefined) return { rows: NO_ROWS, changes: 0, failure, ms: last - started };
        rows = result.rows;
        changes += result.changes;
      }
      return { rows, changes, ms: last - started };
    } catch (error) {
      return { rows: NO_ROWS, changes: 0, failure: toFailure(error), ms: performance.now() - started };
    }
  }

  #statement({ sql, params }: Statement, started: number): StatementResult {
    const { prepared, cost } = this.#prepare(sql);
    try {
      const { rows, changes } = run(prepared, params);
      const ended = performance.now();
      cost.ran(ended - started, params, rows.length, changes, 0);
      return { rows, changes, ended };
    } catch (error) {
      cost.failed(undefined, params);
      throw error;
    }
  }

  #prepare(sql: string): Kept {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#db.prepare<[Record<string, Param>]>(sql);
    if (prepared.reader) prepared.raw(true);
    const kept = { prepared, cost: this.#meter.of(sql, null) };
    this.#statements.set(sql, kept);
    return kept;
  }

  #exec(sql: string): void {
    const known = this.#control.get(sql) ?? this.#db.prepare<[Record<string, Param>]>(sql);
    this.#control.set(sql, known);
    known.run({});
  }

  /** A ROLLBACK may report a disk error but still ends the transaction. Its result does not matter. */
  #rollBack(): void {
    try {
      if (this.#db.inTransaction) this.#exec("ROLLBACK");
    } catch {
      // The outcomes so far are correct and must not be lost.
    }
  }
}

function run(
  prepared: Prepared<[Record<string, Param>]>,
  params: Record<string, Param>,
): Pick<StatementResult, "rows" | "changes"> {
  if (!prepared.reader) return { rows: NO_ROWS, changes: prepared.run(params).changes };
  const rows = prepared.all(params) as Param[][];
  return { rows, changes: prepared.readonly ? 0 : rows.length };
}
