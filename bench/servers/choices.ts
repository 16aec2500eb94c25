/** What the design chose, each to be had or not. */
export interface Choices {
  /** Compared parameters are hidden from the planner. */
  readonly hidden?: boolean;
  /** Reads run on threads, and writes on one of their own. */
  readonly pool?: boolean;
  /** `many`: each thread of the pool writes, with a busy timeout of five seconds. */
  readonly writers?: "one" | "many";
  /** A thread takes all that waits. */
  readonly batching?: boolean;
  /** SQLite builds the JSON. */
  readonly json?: boolean;
  /** Writes that wait share a commit. */
  readonly groupCommit?: boolean;
  /** The cache database alone, or a bounded map in front of it as well. */
  readonly cache?: "database" | "both";
  /** Scans have threads of their own. */
  readonly lanes?: boolean;
}
