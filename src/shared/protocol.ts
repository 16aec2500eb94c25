import type { DurationCounts } from "./durations.ts";
import type { ErrorCode, Failure, InputError } from "./errors.ts";
import type { ConnectionMemory } from "./tuning.ts";

/** Messages between the main thread and its threads: plain data that survives structured cloning. */

export type Param = string | number | null;

/** One SQL statement with named parameters (`@name`). */
export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, Param>>;
  readonly guard?: Guard;
}

/**
 * The condition that a statement must meet. Otherwise its command is refused: the executor rolls the whole command
 * back, and the statements after it do not run.
 */
export interface Guard {
  /**
   * `find`: the SELECT returns a row. `change`: the statement changes a row. `find_none`: the SELECT returns no
   * row; each row that it returns is an error of the refusal, as (pointer, detail).
   */
  readonly must: "find" | "find_none" | "change";
  readonly otherwise: Refusal;
}

/** The error for the client. */
export interface Refusal {
  readonly code: ErrorCode;
  /** The code's title by default. */
  readonly detail?: string;
  readonly errors?: readonly InputError[];
}

/** A command as a message: all of its statements take effect, or none. */
export type Statements = readonly Statement[];

/**
 * Commands that take effect together: all of them, or none. They run in order, and each sees the effects of
 * those before it. They have one outcome; its rows are the first row of each command's last statement, `[]`
 * if there is none.
 */
export interface Together {
  readonly together: readonly Statements[];
  /**
   * Placeholder numbers for ids that are not known yet. Wherever a placeholder is a parameter, or occurs in
   * the text of one, it is replaced by the `id` in the answer of an earlier command, counted from 0.
   */
  readonly standIns: readonly (readonly [standIn: number, command: number])[];
}

/** A unit with one outcome: a command, or commands that take effect together. */
export type Work = Statements | Together;

/** The rows of a SELECT or of RETURNING, as arrays of columns. */
export type Rows = readonly (readonly Param[])[];

/** The result of one command. A batch has exactly one for each command, in order. */
export interface Outcome {
  /** Rows of the last statement; empty if the command failed. */
  readonly rows: Rows;
  /** Rows that all statements together inserted, updated or deleted; 0 if the command failed. */
  readonly changes: number;
  /** Present if the command failed or a guard refused it. Then none of it was written. */
  readonly failure?: Failure;
  /** For commands together: the one that failed. */
  readonly failedAt?: number;
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
  /** Frames in the WAL, and how many of them are checkpointed. */
  readonly frames: number;
  readonly checkpointed: number;
  /** Size of the WAL file on disk. */
  readonly bytes: number;
}

export type CheckpointMode = "PASSIVE" | "TRUNCATE";

export interface CheckpointReport {
  readonly mode: CheckpointMode;
  /** False if a reader blocked it. Then retry later. */
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

/** One entry of the schema's history. */
export interface MigrationEvent {
  readonly migration: string;
  readonly direction: "up" | "down";
  readonly finished_at: string;
  readonly milliseconds: number;
  /** `user@host`. */
  readonly by: string;
}

export interface CopyReport {
  /** The time of the copied state. Every earlier commit is in the copy. */
  readonly at: string;
  readonly pages: number;
  /** Milliseconds of the longest step: the longest time that the copy delayed a batch. */
  readonly longestMs: number;
  /** Milliseconds of the last step, which syncs the copy. */
  readonly lastMs: number;
}

/** A database with a catalogue that is to replace the served one. */
export interface AdoptRequest {
  readonly staged: string;
  /** The timestamp in `FILE.replaced-TIME`. */
  readonly time: string;
}

export interface AdoptReport {
  /** Path of the database that was served before, with its WAL. */
  readonly kept: string;
  /** Milliseconds during which no other write ran. */
  readonly ms: number;
  readonly wal: WalState;
}

/** Costs of a statement since the start of its thread or of the server. */
export interface StatementCosts {
  readonly sql: string;
  /** The read that it belongs to; null for a statement of commands. */
  readonly read: string | null;
  readonly durations: DurationCounts;
  readonly failures: number;
  /** Rows returned; and rows inserted, updated or deleted. */
  readonly rows: number;
  readonly changes: number;
  /** Total length of all answers. */
  readonly characters: number;
  /** Of its slowest run, for trials of indexes. Never shown: they may hold secrets. */
  readonly params: Readonly<Record<string, Param>>;
}

/** The writer thread's jobs, one at a time: request and reply of each. */
export interface WriterJobs {
  /** Commands as written by `encodeCommands`, and a {@link BatchReport} as JSON text. */
  batch: { request: string; reply: string };
  checkpoint: { request: CheckpointMode; reply: CheckpointReport };
  migrate: { request: { readonly target: number | "latest" }; reply: MigrationReport };
  migrations: { request: null; reply: readonly MigrationStatus[] };
  optimize: { request: null; reply: { readonly ms: number } };
  statements: { request: null; reply: readonly StatementCosts[] };
  /** To an empty file. The only job that others interleave with. */
  copy: { request: string; reply: CopyReport };
  cancelCopy: { request: null; reply: null };
  announce: { request: string; reply: null };
  /** Replaces the catalogue and keeps everything else. Readers must reopen the file. */
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

/** A message without a request. `foreign_write`: another program has written to the database. */
export interface WriterNotice {
  readonly notice: "foreign_write";
}

export interface WriterOptions {
  readonly file: string;
  readonly synchronous: "full" | "normal";
  readonly migrations: string;
  /** False skips migrations: for commands that inspect the schema or migrate it themselves. */
  readonly migrate: boolean;
  readonly memory?: ConnectionMemory;
  /** Bytes of WAL past which batches are refused; undefined if a replicator manages the WAL. */
  readonly walLimitBytes?: number | undefined;
}

/** Options that only the thread needs, beside the general ones. */
export interface ThreadOptions extends WriterOptions {
  /** A replicator reads the WAL, so it is neither checkpointed nor deleted, not even at the end. */
  readonly keepWal?: boolean;
  /**
   * A previous thread of this process had the database open. A missing file is an error then: it must not be
   * created empty.
   */
  readonly reopened?: boolean;
}

/** The thread's first message, sent once: the database is open, or why it is not. */
export type WriterStarted =
  | {
      readonly ready: true;
      readonly version: number;
      readonly wal: WalState;
      readonly pageBytes: number;
      /** Whether the WAL of a killed process is missing. */
      readonly walMissing: boolean;
    }
  | { readonly ready: false; readonly failure: Failure };

/** A read: SQL and parameters. The columns of its result: body, etag, tags. */
export type ReadRequest = readonly [sql: string, params: Readonly<Record<string, Param>>];

/**
 * A read's result: the JSON text, its ETag (null: derived from the text) and the tags that only the row knows,
 * separated by spaces. Null if there is no such row.
 */
export type ReadRow = readonly [body: string | null, etag: string | null, tags: string | null];

export interface ReadBatchReport {
  /** Three per read: body, etag, tags. A failure replaces its body. One flat array is cloned fast. */
  readonly columns: (string | null | Failure)[];
  /** Milliseconds of each read. */
  readonly ms: Float64Array;
}

/** A reader thread's options. */
export interface ReaderOptions {
  readonly file: string;
  readonly memory?: ConnectionMemory | undefined;
}

/** A statement of a batch: its SQL and its guard by their numbers, so that each distinct one travels once. */
export type NumberedStatement = readonly [
  sql: number,
  params: Readonly<Record<string, Param>>,
  guard?: number,
];

/** A batch of reads. It is sent as JSON text. */
export interface ReadBatch {
  /** Closes the connection instead: the next batch reopens the file. */
  readonly close?: boolean;
  /** Counts replacements of the file. A thread whose connection is older reopens it. */
  readonly generation: number;
  readonly sql: readonly string[];
  readonly reads: readonly NumberedStatement[];
  /** Milliseconds after which a read whose SQL calls `within_deadline()` aborts itself. */
  readonly deadlineMs: number;
}
