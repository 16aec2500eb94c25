import type { NumberedStatement } from "./batches.ts";
import type { ErrorCode, Failure, InputError } from "./errors.ts";
import type { ConnectionMemory } from "./tuning.ts";

/** What travels between the front and its threads: plain data that survives structured cloning. */

export type Param = string | number | null;

/** One SQL statement with named parameters (`@name`). */
export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, Param>>;
  readonly guard?: Guard;
}

/**
 * What a statement must come to. Otherwise its command is refused: whoever executes it takes back everything that the
 * command did, and the statements after it do not run.
 */
export interface Guard {
  /**
   * `find`: the SELECT finds a row. `change`: the statement changes a row. `find_none`: the SELECT finds no row; the
   * rows that it finds are the refusal's errors, each a (pointer, detail).
   */
  readonly must: "find" | "find_none" | "change";
  readonly otherwise: Refusal;
}

/** The error that the client gets. */
export interface Refusal {
  readonly code: ErrorCode;
  /** The code's title when it is left out. */
  readonly detail?: string;
  readonly errors?: readonly InputError[];
}

/** A command on the wire: all of its statements take effect, or none. */
export type Statements = readonly Statement[];

/** The rows of a SELECT or of RETURNING, as arrays of columns. */
export type Rows = readonly (readonly Param[])[];

/** Exactly one of these for each command of a batch, in the batch's order. */
export interface Outcome {
  /** Of the last statement; empty when the command failed. */
  readonly rows: Rows;
  /** Rows that all statements together inserted, updated or deleted; 0 when the command failed. */
  readonly changes: number;
  /** Present when the command failed or a guard refused it: then none of it was written. */
  readonly failure?: Failure;
  /** Milliseconds inside SQLite, without the shared commit. */
  readonly ms: number;
}

export interface BatchReport {
  readonly outcomes: readonly Outcome[];
  /** Milliseconds of the COMMIT that made the batch durable. */
  readonly commitMs: number;
  readonly wal: WalState;
}

export interface WalState {
  /** Frames in the WAL, and how many of them are in the database file already. */
  readonly frames: number;
  readonly checkpointed: number;
  /** Size of the WAL file on disk. */
  readonly bytes: number;
}

export type CheckpointMode = "PASSIVE" | "TRUNCATE";

export interface CheckpointReport {
  readonly mode: CheckpointMode;
  /** False when a reader held it back: then it is worth another try later. */
  readonly complete: boolean;
  readonly ms: number;
  readonly wal: WalState;
}

export interface MigrationReport {
  readonly applied: readonly string[];
  readonly reverted: readonly string[];
  readonly version: number;
}

export interface MigrationStatus {
  readonly id: number;
  readonly name: string;
  readonly appliedAt: string | null;
}

/** One line of the schema's history. */
export interface MigrationEvent {
  readonly migration: string;
  readonly direction: "up" | "down";
  readonly finished_at: string;
  readonly milliseconds: number;
  /** `user@host`. */
  readonly by: string;
}

export interface CopyReport {
  /** The moment that the copy shows: what was committed before it is in. */
  readonly at: string;
  readonly pages: number;
  /** The longest that a step kept the writer from a batch, in milliseconds. */
  readonly longestMs: number;
  /** Of the last step, which syncs the copy to its disk. */
  readonly lastMs: number;
}

/** A database with a catalogue that is to take the place of the one that is served. */
export interface AdoptRequest {
  /** Its path. */
  readonly staged: string;
  /** What the exchange is named by, as in `FILE.replaced-TIME`. */
  readonly time: string;
}

export interface AdoptReport {
  /** Where the database is now that was served before, with its WAL. */
  readonly kept: string;
  /** Milliseconds for which no other write was done. */
  readonly ms: number;
  readonly wal: WalState;
}

/** The jobs that the writer thread does, one at a time: parameter and result of each. */
export interface WriterJobs {
  /** Commands as `encodeCommands` writes them, and a {@link BatchReport} as JSON text. */
  batch: { request: string; reply: string };
  checkpoint: { request: CheckpointMode; reply: CheckpointReport };
  migrate: { request: { readonly target: number | "latest" }; reply: MigrationReport };
  migrations: { request: null; reply: readonly MigrationStatus[] };
  optimize: { request: null; reply: { readonly ms: number } };
  /** To an empty file. The one job that others are done in the middle of. */
  copy: { request: string; reply: CopyReport };
  cancelCopy: { request: null; reply: null };
  announce: { request: string; reply: null };
  /** Replaces the catalogue and keeps everything else; the readers have to open the file anew. */
  adopt: { request: AdoptRequest; reply: AdoptReport };
  close: { request: null; reply: null };
}

export type WriterJob = keyof WriterJobs;

export interface WriterRequest<J extends WriterJob = WriterJob> {
  readonly id: number;
  readonly job: J;
  readonly request: WriterJobs[J]["request"];
}

export type WriterReply =
  | { readonly id: number; readonly reply: unknown }
  | { readonly id: number; readonly failure: Failure };

/** What the thread says without being asked. `foreign_write`: another program has written to the database. */
export interface WriterNotice {
  readonly notice: "foreign_write";
}

export interface WriterOptions {
  readonly file: string;
  readonly synchronous: "full" | "normal";
  readonly migrations: string;
  /** Leave the schema as it is found: for the commands that look at it or change it themselves. */
  readonly migrate: boolean;
  readonly memory?: ConnectionMemory;
  /** Bytes of WAL past which batches are refused; left out where the WAL is a replicator's. */
  readonly walLimitBytes?: number | undefined;
}

/** What the thread alone needs to know, beside the options that everyone passes on. */
export interface ThreadOptions extends WriterOptions {
  /** A replicator reads the WAL: it is neither moved nor deleted, not even at the end. */
  readonly keepWal?: boolean;
  /** Another thread had it open in this process: a file that is gone is not made anew, and its data forgotten. */
  readonly reopened?: boolean;
}

/** The first message of the thread, once: it holds the database, or why it does not. */
export type WriterStarted =
  | {
      readonly ready: true;
      readonly version: number;
      readonly wal: WalState;
      readonly pageBytes: number;
      /** Whether a process that was killed left no WAL, where there must have been one. */
      readonly walMissing: boolean;
    }
  | { readonly ready: false; readonly failure: Failure };

/** A read: its SQL and parameters. The answer's columns: body, etag, tags. */
export type ReadRequest = readonly [sql: string, params: Readonly<Record<string, Param>>];

/**
 * A read's answer: the JSON text, its ETag (null: to be taken from the text) and the tags that only the row
 * itself knows, separated by spaces. Null when there is no such row.
 */
export type ReadRow = readonly [body: string | null, etag: string | null, tags: string | null];

export interface ReadBatchReport {
  /** Three for each read: body, etag, tags; a failure stands in the place of its body. One flat array clones fast. */
  readonly columns: (string | null | Failure)[];
  /** Milliseconds that each read ran. */
  readonly ms: Float64Array;
}

/** What a reader thread is started with. */
export interface ReaderOptions {
  readonly file: string;
  readonly memory?: ConnectionMemory | undefined;
}

/** A batch of reads; it travels as JSON text. */
export interface ReadBatch {
  /** Counts how often the file was replaced: a thread whose connection is older reopens it. */
  readonly generation: number;
  readonly sql: readonly string[];
  readonly reads: readonly NumberedStatement[];
  /** Milliseconds that a read may run before it aborts itself, where its SQL asks `within_deadline()`. */
  readonly deadlineMs: number;
}
