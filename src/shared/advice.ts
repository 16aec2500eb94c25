import type { Param } from "./protocol.ts";

/** What the adviser's process is asked, and what it answers; see `src/workers/adviser.ts`. */

/** A statement to be looked at. */
export interface AdvisedStatement {
  readonly sql: string;
  readonly params: Readonly<Record<string, Param>>;
  /** How often it ran: what a gain is multiplied with. */
  readonly count: number;
}

/** What a step of a plan says that may be slow. */
export interface Finding {
  /**
   * `full_scan`: a table is read from end to end. `index_scan`: an index is, unless a LIMIT ends it. `sort`: rows are
   * put in order, grouped or told apart in a temporary b-tree. `automatic_index`: an index is made for this one run.
   * `unusable`: the statement cannot be prepared.
   */
  readonly kind: "full_scan" | "index_scan" | "sort" | "automatic_index" | "unusable";
  /** The table; null where the plan does not say. */
  readonly table: string | null;
  /** How many rows that table has, as far as known. */
  readonly rows: number | null;
  /** The step, in SQLite's words. */
  readonly step: string;
}

export interface Plan {
  /** The steps in SQLite's words, each indented by its depth. */
  readonly steps: readonly string[];
  readonly findings: readonly Finding[];
}

export interface TableSize {
  readonly name: string;
  readonly rows: number | null;
  readonly bytes: number;
  readonly index_bytes: number;
  /** Of its pages, indexes apart, how many do not follow the one before; from 0 to 1. */
  readonly fragmentation: number;
  /** Bytes within its pages that hold nothing, indexes apart. */
  readonly unused_bytes: number;
}

export interface DatabaseSize {
  readonly bytes: number;
  /** Bytes of pages that hold nothing: what a VACUUM gives back at least. */
  readonly free_bytes: number;
  /** About what a VACUUM gives back: the free pages, and what it closes up within the others. */
  readonly vacuum_bytes: number;
  readonly tables: readonly TableSize[];
}

export interface IndexFacts {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
  readonly partial: boolean;
  readonly bytes: number | null;
  /** How many of the statements that were given use it, by their plans. */
  readonly used_by: number;
  /** Why it must stay although no statement uses it: `unique`, or a foreign key that is checked by it. */
  readonly needed_for: "unique" | "foreign_key" | null;
  /** An index whose first columns are all of this one's. */
  readonly covered_by: string | null;
}

export interface Proposal {
  /** As it can be run. */
  readonly sql: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** Of its pages. */
  readonly bytes: number;
  /** Milliseconds that it took to make. */
  readonly build_ms: number;
  /** Milliseconds more for each row that is written, by an UPDATE of its columns. */
  readonly write_ms: number;
  /** The statements that become faster by it, by their place in the request. */
  readonly gains: readonly {
    readonly statement: number;
    readonly without_ms: number;
    readonly with_ms: number;
  }[];
}

export interface Advice {
  readonly proposals: readonly Proposal[];
  /** Indexes that were tried. */
  readonly tried: number;
  /** Whether time was over before everything was tried. */
  readonly complete: boolean;
}

export interface AdviserJobs {
  plans: { request: { file: string; statements: readonly string[] }; reply: readonly Plan[] };
  tables: { request: { file: string }; reply: DatabaseSize };
  indexes: { request: { file: string; statements: readonly string[] }; reply: readonly IndexFacts[] };
  /** @param file a copy that may be changed. */
  advise: {
    request: { file: string; statements: readonly AdvisedStatement[]; budgetMs: number };
    reply: Advice;
  };
  /** A copy of a database that nobody writes to. */
  copy: { request: { file: string; to: string }; reply: null };
}

export type AdviserJob = keyof AdviserJobs;

export interface AdviserRequest<J extends AdviserJob = AdviserJob> {
  readonly job: J;
  readonly request: AdviserJobs[J]["request"];
}
