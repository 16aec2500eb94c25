import { hash } from "node:crypto";
import { workerData } from "node:worker_threads";
import type { Statement } from "better-sqlite3";
import { LRUCache } from "lru-cache";
import type { Connection } from "../shared/database/sqlite.ts";
import { type Failure, toFailure } from "../shared/errors.ts";
import type { Param, ReadBatch, ReadBatchReport, ReaderOptions, ReadRow } from "../shared/protocol.ts";
import { openForReads } from "./connection.ts";

/** A thread's open connection. The first batch opens it, so importing this module does nothing. */
interface Open {
  readonly db: Connection;
  /** Generation of the opened file. */
  readonly generation: number;
  readonly begin: Statement<[]>;
  readonly commit: Statement<[]>;
  readonly statements: LRUCache<string, Statement<[Record<string, Param>]>>;
}

let opened: Open | undefined;
/**
 * SQLite can't be interrupted from another thread here. Long reads check this repeatedly and abort
 * themselves.
 */
let deadline = Number.POSITIVE_INFINITY;

function assertInTime(): void {
  if (performance.now() > deadline)
    throw Object.assign(new Error("past its deadline"), { code: "read_timeout" });
}

function open({ generation }: ReadBatch): Open {
  const { file, memory } = workerData as ReaderOptions;
  const db = openForReads(file, assertInTime, memory);
  return {
    db,
    generation,
    begin: db.prepare("BEGIN"),
    commit: db.prepare("COMMIT"),
    statements: new LRUCache({ max: 512 }),
  };
}

const NO_READS: ReadBatchReport = { columns: [], ms: new Float64Array() };

/**
 * A reader thread: one read-only connection, its prepared statements, and one batch of reads at a time.
 *
 * A batch runs in one read transaction: its reads share one snapshot and its cost. A failed read does not affect
 * the others.
 */
export default function run(message: string): ReadBatchReport {
  const batch = JSON.parse(message) as ReadBatch;
  if (batch.close) drop();
  if (batch.close) return NO_READS;
  try {
    if (opened?.generation !== batch.generation) drop();
    opened ??= open(batch);
    opened.begin.run();
  } catch (error) {
    return failAll(batch, error);
  }
  return runIn(opened, batch);
}

/**
 * The result of every read of a batch whose transaction can't be opened. The connection is dropped and the next
 * batch opens a new one, so the lane recovers once the disk does.
 *
 * @throws for an empty batch, whose only purpose is an open connection.
 */
function failAll({ reads }: ReadBatch, error: unknown): ReadBatchReport {
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

/**
 * On a damaged file even the commit can fail. The results stay valid; the connection is closed with its
 * transaction.
 */
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

/** Adds an ETag derived from the text if the row has none. Done here, off the main thread. */
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
