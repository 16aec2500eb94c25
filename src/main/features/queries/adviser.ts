import { closeSync, openSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { AdviserJob, AdviserJobs, AdviserRequest } from "../../../shared/advice.ts";
import { removeDatabase } from "../../../shared/database/replacement.ts";
import { AppError } from "../../../shared/errors.ts";
import { HelperProcess } from "../../engine/helper-process.ts";

const MAX_WAITING = 8;
const IDLE_MS = 10_000;
const HEAP_MB = 128;
const MEBIBYTE = 1_048_576;
/** Time limit in milliseconds: a scan of every page of a large database takes some seconds. */
const TIMEOUT_MS = 60_000;
/** Time beyond the trials' limit: for their last one, and to copy a database that no server holds. */
const GRACE_MS = 120_000;

/**
 * The main thread's side of the process that analyses the database for operators: `src/workers/adviser.ts`.
 */
export class Adviser {
  readonly #file: string;
  readonly #process = new HelperProcess({
    module: "../../../workers/adviser",
    base: import.meta.url,
    maxWaiting: MAX_WAITING,
    idleMs: IDLE_MS,
    heapMb: HEAP_MB,
    lost: { code: "internal", detail: "the adviser's process ended" },
  });

  constructor(file: string) {
    this.#file = file;
  }

  plans(statements: readonly string[]): Promise<AdviserJobs["plans"]["reply"]> {
    return this.#call("plans", { file: this.#file, statements }, TIMEOUT_MS);
  }

  tables(): Promise<AdviserJobs["tables"]["reply"]> {
    return this.#call("tables", { file: this.#file }, TIMEOUT_MS);
  }

  indexes(statements: readonly string[]): Promise<AdviserJobs["indexes"]["reply"]> {
    return this.#call("indexes", { file: this.#file, statements }, TIMEOUT_MS);
  }

  /**
   * Tries indexes in a copy, which is made beside the database and removed afterwards.
   *
   * @param copy makes the copy while the database is written to; not needed if nobody writes to it.
   */
  async advise(
    { statements, budgetMs }: Omit<AdviserJobs["advise"]["request"], "file">,
    copy?: (to: string) => Promise<unknown>,
  ): Promise<AdviserJobs["advise"]["reply"]> {
    const file = `${this.#file}.advised`;
    removeDatabase(file);
    assertRoom(this.#file);
    closeSync(openSync(file, "wx", 0o600));
    try {
      await (copy?.(file) ?? this.#call("copy", { file: this.#file, to: file }, GRACE_MS));
      return await this.#call("advise", { file, statements, budgetMs }, budgetMs + GRACE_MS);
    } finally {
      removeDatabase(file);
    }
  }

  close(): void {
    this.#process.close();
  }

  #call<J extends AdviserJob>(
    job: J,
    request: AdviserJobs[J]["request"],
    ms: number,
  ): Promise<AdviserJobs[J]["reply"]> {
    const error = () => new AppError("sql_too_expensive", { detail: `it took longer than ${ms / 1_000} s` });
    return this.#process.call({ job, request } satisfies AdviserRequest<J>, { ms, error });
  }
}

/** @throws AppError `disk_full` unless the copy, an index in it and as much again fit. */
function assertRoom(file: string): void {
  const { bavail, bsize } = statfsSync(dirname(file));
  const needed = 2 * statSync(file).size;
  if (bavail * bsize > needed) return;
  throw new AppError("disk_full", {
    detail: `a copy to try indexes in needs ${Math.ceil(needed / MEBIBYTE)} MiB`,
  });
}
