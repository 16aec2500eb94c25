import type { Param } from "./protocol.ts";

/** Requests and replies of the adviser's process; see `src/workers/adviser.ts`. */

/** A statement to analyse. */
export interface AdvisedStatement {
  readonly sql: string;
  readonly params: Readonly<Record<string, Param>>;
  /** Number of runs: the factor of a gain. */
  readonly count: number;
}

/** A step of a plan that may be slow. */
export interface Finding {
  /**
   * `full_scan`: reads a whole table. `index_scan`: reads a whole index, unless a LIMIT ends it. `sort`:
   * sorts, groups or removes duplicates in a temporary b-tree. `automatic_index`: builds an index for this
   * one run. `unusable`: the statement cannot be prepared.
   */
  readonly kind: "full_scan" | "index_scan" | "sort" | "automatic_index" | "unusable";
  /** The table; null if the plan does not name one. */
  readonly table: string | null;
  /** Number of rows of that table, if known. */
  readonly rows: number | null;
  /** The step as SQLite describes it. */
  readonly step: string;
}

export interface Plan {
  /** The steps as SQLite describes them, each indented by its depth. */
  readonly steps: readonly string[];
  readonly findings: readonly Finding[];
}

export interface TableSize {
  readonly name: string;
  readonly rows: number | null;
  readonly bytes: number;
  readonly index_bytes: number;
  /** Share of its pages, without indexes, that do not follow their predecessor; from 0 to 1. */
  readonly fragmentation: number;
  /** Unused bytes within its pages, without indexes. */
  readonly unused_bytes: number;
}

export interface DatabaseSize {
  readonly bytes: number;
  /** Bytes of free pages: the least that a VACUUM frees. */
  readonly free_bytes: number;
  /**
   * Approximate bytes that a VACUUM frees: the free pages, and most of the unused space within the others.
   */
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
  /** Number of the given statements whose plans use it. */
  readonly used_by: number;
  /** Why it must stay although no statement uses it: `unique`, or a foreign key that needs it. */
  readonly needed_for: "unique" | "foreign_key" | null;
  /** An index that begins with all columns of this one. */
  readonly covered_by: string | null;
}

export interface Proposal {
  /** The executable statement. */
  readonly sql: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** Size of its pages. */
  readonly bytes: number;
  /** Milliseconds to build it. */
  readonly build_ms: number;
  /** Additional milliseconds for each written row, measured by an UPDATE of its columns. */
  readonly write_ms: number;
  /** The statements that become faster, by their index in the request. */
  readonly gains: readonly {
    readonly statement: number;
    readonly without_ms: number;
    readonly with_ms: number;
  }[];
}

export interface Advice {
  readonly proposals: readonly Proposal[];
  /** Number of tried indexes. */
  readonly tried: number;
  /** False if time ran out first. */
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
  /** Copies a database that nobody writes to. */
  copy: { request: { file: string; to: string }; reply: null };
}

export type AdviserJob = keyof AdviserJobs;

export interface AdviserRequest<J extends AdviserJob = AdviserJob> {
  readonly job: J;
  readonly request: AdviserJobs[J]["request"];
}
