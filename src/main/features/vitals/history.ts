import { Piscina } from "piscina";
import { AppError } from "../../../shared/errors.ts";
import { type HistoryRequest, historyFile, type Resolution } from "../../../shared/history.ts";
import { THREAD_LIMITS, threadUrl } from "../../engine/threads.ts";
import type { Sample } from "./sample.ts";

/** Maximum waiting requests. */
const MAX_WAITING = 16;
const NICE = 10;

/** Stores samples in a database beside the main one, on its own thread. */
export class History {
  readonly #file: string;
  readonly #pool = new Piscina<HistoryRequest, string | null>({
    filename: threadUrl("../../../workers/history", import.meta.url).href,
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    // The thread stays alive between two samples.
    idleTimeout: 60_000,
    recordTiming: false,
    niceIncrement: NICE,
    resourceLimits: THREAD_LIMITS,
  });

  constructor(database: string) {
    this.#file = historyFile(database);
  }

  async append(samples: readonly (readonly [Resolution, Sample])[]): Promise<void> {
    await this.#run({
      job: "append",
      file: this.#file,
      samples: samples.map(([resolution, sample]) => ({
        ...{ resolution, at: Date.parse(sample.at) },
        sample: JSON.stringify(sample),
      })),
    });
  }

  /** @returns samples as a JSON array, oldest first. */
  async read(request: { resolution: Resolution; from: number; to: number; limit: number }): Promise<string> {
    return (await this.#run({ job: "read", file: this.#file, ...request })) ?? "[]";
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #run(request: HistoryRequest): Promise<string | null> {
    if (this.#pool.queueSize >= MAX_WAITING)
      throw new AppError("overloaded", { detail: "too many concurrent requests for the history" });
    return this.#pool.run(request);
  }
}
