import { hash } from "node:crypto";
import type { Statement } from "better-sqlite3";
import { LRUCache } from "lru-cache";
import { workerData } from "piscina";
import { toFailure } from "../shared/errors.ts";
import type {
  Param,
  ReadBatch,
  ReadBatchReport,
  ReaderOptions,
  ReadRequest,
  ReadRow,
} from "../shared/protocol.ts";
import { openForReading } from "../shared/sqlite.ts";

/**
 * A reader thread: one read-only connection, its prepared statements, and a batch of reads at a time.
 *
 * A batch runs in one read transaction: its reads see one state of the database, and the cost of a snapshot is
 * paid once. A failing read takes no other with it.
 */
const { file } = workerData as ReaderOptions;
const db = openForReading(file);
const statements = new LRUCache<string, Statement<[Record<string, Param>]>>({ max: 512 });
const begin = db.prepare("BEGIN");
const commit = db.prepare("COMMIT");

/** SQLite cannot be interrupted from outside here: long reads ask this now and then, and end themselves. */
let deadline = Number.POSITIVE_INFINITY;
db.function("within_deadline", { directOnly: true, deterministic: false }, () => {
  if (performance.now() > deadline)
    throw Object.assign(new Error("past its deadline"), { code: "read_timeout" });
  return 1;
});

export default function run({ reads, deadlineMs }: ReadBatch): ReadBatchReport {
  const rows: (ReadRow | null | ReturnType<typeof toFailure>)[] = [];
  const ms = new Float64Array(reads.length);
  begin.run();
  try {
    let started = performance.now();
    for (let i = 0; i < reads.length; i++) {
      deadline = started + deadlineMs;
      rows.push(read(reads[i]!));
      const ended = performance.now();
      ms[i] = ended - started;
      started = ended;
    }
  } finally {
    if (db.inTransaction) commit.run();
  }
  return { rows, ms };
}

function read([sql, params]: ReadRequest): ReadRow | null | ReturnType<typeof toFailure> {
  try {
    const row = prepare(sql).get(params) as ReadRow | undefined;
    return row === undefined ? null : withEtag(row);
  } catch (error) {
    return toFailure(error);
  }
}

/** An ETag of the text itself where the row brings none: taken here, off the thread that answers requests. */
function withEtag(row: ReadRow): ReadRow {
  const [body, etag, tags] = row;
  return etag === null && body !== null ? [body, `"${hash("sha1", body, "base64url")}"`, tags] : row;
}

function prepare(sql: string): Statement<[Record<string, Param>]> {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const statement = db.prepare<[Record<string, Param>]>(sql).raw(true);
  statements.set(sql, statement);
  return statement;
}
