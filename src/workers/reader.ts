import { hash } from "node:crypto";
import { workerData } from "node:worker_threads";
import type { Statement } from "better-sqlite3";
import { LRUCache } from "lru-cache";
import { type Connection, openForReading } from "../shared/database/sqlite.ts";
import { type Failure, toFailure } from "../shared/errors.ts";
import type { Param, ReadBatch, ReadBatchReport, ReaderOptions, ReadRow } from "../shared/protocol.ts";
import { closeness, editDistance } from "./closeness.ts";
import { registerFunctions } from "./functions.ts";

/** What a thread has open: made by its first batch, so that importing this module does nothing. */
interface Open {
  readonly db: Connection;
  /** Of the file that it opened. */
  readonly generation: number;
  readonly begin: Statement<[]>;
  readonly commit: Statement<[]>;
  readonly statements: LRUCache<string, Statement<[Record<string, Param>]>>;
}

let opened: Open | undefined;
/** SQLite cannot be interrupted from outside here: long reads ask for this now and then, and end themselves. */
let deadline = Number.POSITIVE_INFINITY;

const PURE = { directOnly: true, deterministic: true };

function open({ generation }: ReadBatch): Open {
  const { file, memory } = workerData as ReaderOptions;
  const db = openForReading(file, memory);
  db.function("within_deadline", { directOnly: true, deterministic: false }, () => {
    if (performance.now() > deadline)
      throw Object.assign(new Error("past its deadline"), { code: "read_timeout" });
    return 1;
  });
  db.function("edit_distance", PURE, (a, b) => editDistance(String(a), String(b)));
  db.function("closeness", { ...PURE, varargs: true }, (typed, ...fields) =>
    closeness(String(typed), ...(fields as (string | null)[])),
  );
  registerFunctions(db);
  return {
    db,
    generation,
    begin: db.prepare("BEGIN"),
    commit: db.prepare("COMMIT"),
    statements: new LRUCache({ max: 512 }),
  };
}

/**
 * A reader thread: one read-only connection, its prepared statements, and a batch of reads at a time.
 *
 * A batch runs in one read transaction: its reads see one state of the database, and the cost of a snapshot is
 * paid once. A failing read takes no other with it.
 */
export default function run(message: string): ReadBatchReport {
  const batch = JSON.parse(message) as ReadBatch;
  try {
    if (opened?.generation !== batch.generation) drop();
    opened ??= open(batch);
    opened.begin.run();
  } catch (error) {
    return unread(batch, error);
  }
  return runIn(opened, batch);
}

/**
 * What every read of a batch gets when there is no transaction to read in. The connection is dropped: the next
 * batch opens its own, so that a disk that is mended is enough.
 *
 * @throws for an empty batch, which asks for nothing but an open connection.
 */
function unread({ reads }: ReadBatch, error: unknown): ReadBatchReport {
  drop();
  if (reads.length === 0) throw error;
  return { columns: reads.flatMap(() => [toFailure(error), null, null]), ms: new Float64Array(reads.length) };
}

function drop(): void {
  opened?.db.close();
  opened = undefined;
}

function runIn(open: Open, { sql, reads, deadlineMs }: ReadBatch): ReadBatchReport {
  const columns: ReadBatchReport["columns"][number][] = [];
  const ms = new Float64Array(reads.length);
  try {
    let started = performance.now();
    for (let i = 0; i < reads.length; i++) {
      deadline = started + deadlineMs;
      const [text, params] = reads[i]!;
      columns.push(...read(open, sql[text]!, params));
      const ended = performance.now();
      ms[i] = ended - started;
      started = ended;
    }
  } finally {
    end(open);
  }
  return { columns, ms };
}

/** A damaged file can fail even this: the answers stand, and the connection is given up with its transaction. */
function end({ db, commit }: Open): void {
  try {
    if (db.inTransaction) commit.run();
  } catch {
    db.close();
    opened = undefined;
  }
}

const NOTHING = [null, null, null] as const;

function read(
  open: Open,
  sql: string,
  params: Readonly<Record<string, Param>>,
): ReadRow | readonly [Failure, null, null] {
  try {
    const row = prepare(open, sql).get(params) as ReadRow | undefined;
    return row === undefined ? NOTHING : withEtag(row);
  } catch (error) {
    return [toFailure(error), null, null];
  }
}

/** An ETag of the text itself where the row brings none: taken here, off the thread that answers requests. */
function withEtag(row: ReadRow): ReadRow {
  const [body, etag, tags] = row;
  return etag === null && body !== null ? [body, `"${hash("sha1", body, "base64url")}"`, tags] : row;
}

function prepare({ db, statements }: Open, sql: string): Statement<[Record<string, Param>]> {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const statement = db.prepare<[Record<string, Param>]>(sql).raw(true);
  statements.set(sql, statement);
  return statement;
}
