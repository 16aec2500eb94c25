/** The design choices, each on or off. */
export interface Choices {
  /** Compared parameters are hidden from the planner. */
  readonly hidden?: boolean;
  /** Reads run on threads, and writes on their own thread. */
  readonly pool?: boolean;
  /** `many`: each thread of the pool writes, with a busy timeout of five seconds. */
  readonly writers?: "one" | "many";
  /** A thread takes all waiting requests. */
  readonly batching?: boolean;
  /** SQLite builds the JSON. */
  readonly json?: boolean;
  /** Waiting writes share a commit. */
  readonly groupCommit?: boolean;
  /** The cache database alone, or with the bounded map in front of it. */
  readonly cache?: "database" | "both";
  /** Scans have their own threads. */
  readonly lanes?: boolean;
}
