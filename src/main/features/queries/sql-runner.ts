import { AppError } from "../../../shared/errors.ts";
import type { SqlRequest, SqlResult } from "../../../shared/sql-request.ts";
import { HelperProcess } from "../../engine/helper-process.ts";

/** Time limit of a query in milliseconds. */
const DEADLINE_MS = 5_000;
/** Maximum bytes of an answer. */
export const MAX_BYTES = 4 * 1_048_576;
const MAX_WAITING = 4;
const IDLE_MS = 30_000;
const HEAP_MB = 64;
/** Milliseconds between two checks of the WAL while a query holds a snapshot. */
const POLL_MS = 100;

export interface SqlRunnerOptions {
  readonly file: string;
  /** Whether the WAL is so long that no query may block checkpoints any longer. */
  readonly walIsLong: () => boolean;
}

/** Runs operators' SQL in a separate process. `src/workers/sql.ts` says what prevents it from writing. */
export class SqlRunner {
  readonly #options: SqlRunnerOptions;
  readonly #process = new HelperProcess({
    module: "../../../workers/sql",
    base: import.meta.url,
    maxWaiting: MAX_WAITING,
    idleMs: IDLE_MS,
    heapMb: HEAP_MB,
    lost: { code: "sql_too_expensive", detail: "its process ran out of memory" },
  });

  constructor(options: SqlRunnerOptions) {
    this.#options = options;
  }

  /** @throws AppError `sql_refused`, `sql_too_expensive`, `sql_unavailable`, `overloaded`. */
  async run(request: Omit<SqlRequest, "file" | "maxBytes">): Promise<SqlResult> {
    const { file, walIsLong } = this.#options;
    const looking = setInterval(() => {
      if (walIsLong()) this.#process.stop(tooExpensive("it blocked checkpoints, and the WAL has grown long"));
    }, POLL_MS);
    try {
      return await this.#process.call<SqlResult>(
        { file, maxBytes: MAX_BYTES, ...request } satisfies SqlRequest,
        { ms: DEADLINE_MS, error: () => tooExpensive(`it took longer than ${DEADLINE_MS / 1_000} s`) },
      );
    } finally {
      clearInterval(looking);
    }
  }

  close(): void {
    this.#process.close();
  }
}

const tooExpensive = (detail: string) => new AppError("sql_too_expensive", { detail });
