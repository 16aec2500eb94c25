import { isTogether } from "../../../shared/batches.ts";
import type { Outcome, Param, Statement, Statements, Together, Work } from "../../../shared/protocol.ts";
import { guardInSql } from "../commands/guards-in-sql.ts";
import { failureIn } from "./failures.ts";
import type { Position } from "./position.ts";
import type { Result } from "./rqlite.ts";
import { SqlText } from "./sql-text.ts";
import { standInsInSql } from "./stand-ins.ts";

/** A command, and the tags that it touches. */
export interface Tagged {
  readonly work: Work;
  readonly tags: readonly string[];
}

/** What tells a batch from every other. */
export interface BatchId {
  /** Random, of a server's process. */
  readonly writer: string;
  /** Counts the writer's batches. */
  readonly batch: number;
  /** Batches below it were answered. */
  readonly low: number;
  /** RFC 3339 UTC with milliseconds. */
  readonly at: string;
  /** The columns of a SELECT; 0 for any other statement. A SELECT that comes last is the command's answer. */
  readonly columnsOf: (sql: string) => number;
}

/** Batches whose changes are kept for the caches of other servers, and writers that are remembered. */
const KEPT = 10_000;

const APPLIED = "writer = @writer AND batch = @batch";

/** A position in the request's items. rqlite returns rows only where the text has `RETURNING` with a space behind it. */
interface Place {
  readonly item: number;
  /** The item after a group that tells how many of its commands ran. */
  readonly count?: number;
}

/**
 * A batch as one request of rqlite, so one entry of the Raft log and one commit on each node.
 *
 * - Each command is one text, which ends at its first error. It begins by going back to the savepoint, so what a failed
 *   command left is undone by the next. When something ended the transaction, that fails, and nothing runs outside it.
 * - Each command ends by claiming its place in `cluster_applied`, with its answer. In a batch that is sent again the claim
 *   fails, and takes back what the command did. So it does for a copy that arrives when the batch was answered (`low`).
 * - The last statement before the commit returns the position and all answers.
 */
export class BatchRequest {
  readonly #items: string[] = [];
  readonly #places: Place[] = [];
  readonly #id: BatchId;
  readonly #of: number;

  /** @param first the number of the first command within its batch. */
  constructor(commands: readonly Tagged[], id: BatchId, first = 0) {
    this.#id = id;
    this.#of = first;
    this.#begin();
    for (const [i, command] of commands.entries()) this.#command(command, first + i);
    this.#end();
  }

  get body(): string {
    return `[${this.#items.join(",")}]`;
  }

  #push(text: SqlText): number {
    return this.#items.push(text.toJson()) - 1;
  }

  #begin(): void {
    const { writer, low, at } = this.#id;
    this.#push(new SqlText().run("ROLLBACK"));
    this.#push(
      new SqlText()
        .run("BEGIN IMMEDIATE")
        .run("UPDATE cluster_commits SET seq = seq + 1, at = @at", { at })
        .run(
          `INSERT INTO cluster_writers VALUES (@writer, @low, (SELECT seq FROM cluster_commits))
           ON CONFLICT (writer) DO UPDATE SET low = max(low, excluded.low)`,
          { writer, low },
        )
        .run("DELETE FROM cluster_applied WHERE writer = @writer AND batch < @low", { writer, low })
        .run("SAVEPOINT c"),
    );
  }

  #command({ work, tags }: Tagged, command: number): void {
    const text = new SqlText().run("ROLLBACK TO c");
    if (isTogether(work)) this.#group(text, work, tags, command);
    else this.#part(text, work, tags, command, 0);
    const item = this.#push(text.run("RELEASE c").run("SAVEPOINT c"));
    this.#places.push(isTogether(work) ? { item, count: this.#count(command) } : { item });
  }

  /** Runs the statements, then claims the place with the answer. */
  #part(text: SqlText, statements: Statements, tags: readonly string[], command: number, part: number): void {
    const { writer, batch, columnsOf } = this.#id;
    const last = statements.at(-1);
    const columns = last === undefined || last.guard !== undefined ? 0 : columnsOf(last.sql);
    for (const statement of columns === 0 ? statements : statements.slice(0, -1))
      for (const plain of guardInSql(statement)) text.add(plain);
    const claim = { own_writer: writer, own_batch: batch, own_command: command, own_part: part };
    text.add(
      claimWith(columns === 0 ? NO_ANSWER : last!, columns, { ...claim, own_tags: JSON.stringify(tags) }),
    );
  }

  #group(text: SqlText, { together, standIns }: Together, tags: readonly string[], command: number): void {
    const { writer, batch } = this.#id;
    for (const [part, statements] of together.entries()) {
      const known = standInsInSql(standIns, { writer, batch, command });
      this.#part(text, statements.map(known), part === 0 ? tags : [], command, part);
    }
    if (standIns.length === 0) return;
    const known = standInsInSql(standIns, { writer, batch, command });
    const sql = `UPDATE cluster_applied SET tags = @touched WHERE ${APPLIED} AND command = @command AND part = 0`;
    text.add(known({ sql, params: { touched: JSON.stringify(tags), writer, batch, command } }));
  }

  /** How many commands of a group were done, while what the failed one left is still there. */
  #count(command: number): number {
    const { writer, batch } = this.#id;
    return this.#push(
      new SqlText().run(
        `UPDATE cluster_commits SET seq = seq WHERE id = 1 RETURNING (SELECT count(*) FROM cluster_applied WHERE ${APPLIED} AND command = @command)`,
        { writer, batch, command },
      ),
    );
  }

  #end(): void {
    const { writer, batch } = this.#id;
    const own = { writer, batch };
    this.#push(
      new SqlText()
        .run("ROLLBACK TO c")
        .run("RELEASE c")
        .run(
          `INSERT INTO cluster_changes (seq, at, tags) SELECT seq, at,
             (SELECT json_group_array(DISTINCT tag.value) FROM cluster_applied, json_each(tags) tag WHERE ${APPLIED})
           FROM cluster_commits`,
          own,
        )
        .run(`DELETE FROM cluster_changes WHERE seq <= (SELECT seq FROM cluster_commits) - ${KEPT}`),
    );
    this.#push(
      new SqlText().run(
        `UPDATE cluster_commits SET seq = seq WHERE id = 1 RETURNING epoch, seq,
           (SELECT json_group_array(json_array(command, part, body, etag)) FROM cluster_applied WHERE ${APPLIED})`,
        own,
      ),
    );
    this.#push(new SqlText().run("COMMIT"));
  }

  /** @returns undefined if the transaction ended before its commit: then this node has kept nothing of it. */
  read(results: readonly Result[]): { position: Position; outcomes: Outcome[] } | undefined {
    const [returned, commit] = results.slice(-2);
    const row = returned?.values?.[0];
    if (row === undefined || commit?.error !== undefined) return undefined;
    const [epoch, seq, kept] = row as [number, number, string];
    const answers = answersIn(kept);
    const outcomes = this.#places.map((place, i) => outcomeOf(place, results, answers.get(this.#of + i)));
    return { position: { epoch, seq }, outcomes };
  }
}

const NO_ANSWER: Statement = { sql: "SELECT NULL", params: {} };

/** The first column is the body, the second the ETag. An answer without a row is one of NULLs. */
function claimWith(
  { sql, params }: Statement,
  columns: number,
  claim: Readonly<Record<string, Param>>,
): Statement {
  const names = Array.from({ length: Math.max(1, columns) }, (_, i) => `c${i}`);
  return {
    sql: `INSERT INTO cluster_applied (writer, batch, command, part, tags, body, etag)
      WITH answer (${names}) AS (${sql})
      SELECT @own_writer, @own_batch, @own_command, @own_part, @own_tags, c0, ${names[1] ?? "NULL"}
      FROM (SELECT 1) LEFT JOIN answer LIMIT 1`,
    params: { ...params, ...claim },
  };
}

type Row = readonly [body: string | null, etag: string | null];

/** The rows of each command that was applied, by its number, in the order of its parts. */
function answersIn(text: string): ReadonlyMap<number, readonly Row[]> {
  const rows = JSON.parse(text) as [
    command: number,
    part: number,
    body: string | null,
    etag: string | null,
  ][];
  const answers = new Map<number, Row[]>();
  for (const [command, part, body, etag] of rows) {
    const parts = answers.get(command) ?? [];
    answers.set(command, parts);
    parts[part] = [body, etag];
  }
  return answers;
}

/** A command that has left its claim was applied, whatever its text says: it may have been sent before. */
function outcomeOf(
  { item, count }: Place,
  results: readonly Result[],
  rows: readonly Row[] | undefined,
): Outcome {
  const { error, time = 0 } = results[item]!;
  const ms = time * 1_000;
  if (rows !== undefined) return { rows, changes: rows.length, ms };
  const failure = failureIn(error ?? "the command left nothing");
  if (count === undefined) return { rows: [], changes: 0, failure, ms };
  const failedAt = (results[count]?.values?.[0]?.[0] ?? 0) as number;
  return { rows: [], changes: 0, failure, failedAt, ms };
}
