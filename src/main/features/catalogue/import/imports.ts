import { AppError } from "../../../../shared/errors.ts";
import type { Commands } from "../../../engine/commands/command-bus.ts";
import type { Logger } from "../../../engine/log.ts";
import type { Job, Jobs } from "../../jobs/feature.ts";
import type { Portable } from "./line.ts";
import { importLines, type Mode, newReport } from "./run.ts";
import { type Spooled, spool, sweepSpool } from "./spool.ts";

export interface Asked {
  readonly portable: Portable;
  readonly csv: boolean;
  readonly mode: Mode;
}

export interface ImportsOptions {
  readonly database: string;
  readonly commands: Pick<Commands, "execute" | "executeTogether">;
  readonly jobs: Pick<Jobs, "track">;
  readonly log: Logger;
}

/**
 * Files of lines that are imported as jobs, one at a time. A file is taken whole before its import begins, so that it
 * does not hang on its client. An import that the server's end cuts off stays in the jobs as interrupted: what was
 * counted of it is on disk, and the same file again changes nothing of that.
 */
export class Imports {
  readonly #options: ImportsOptions;
  #busy = false;
  #running: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(options: ImportsOptions) {
    this.#options = options;
    sweepSpool(options.database);
  }

  /** @returns the job, which has begun. @throws AppError `import_running`; as {@link spool} does. */
  async begin(asked: Asked, stream: AsyncIterable<Uint8Array>): Promise<Job> {
    if (this.#busy) throw new AppError("import_running");
    this.#busy = true;
    try {
      const file = await spool(this.#options.database, stream);
      const { job, ended } = this.#start(asked, file);
      this.#running = ended;
      return await job;
    } catch (error) {
      this.#busy = false;
      throw error;
    }
  }

  #start(asked: Asked, file: Spooled): { job: Promise<Job>; ended: Promise<void> } {
    const { jobs, commands } = this.#options;
    const cancelled = new AbortController();
    const tracked = jobs.track("catalogue.import", { cancel: () => cancelled.abort() });
    const report = newReport(asked);
    const signal = AbortSignal.any([cancelled.signal, this.#closing.signal]);
    const onProgress = (done: number) =>
      tracked.report({ phase: asked.portable.path, done, total: file.bytes });
    const work = async () => {
      const run = importLines(file.read(), { ...asked, commands, signal, onProgress }, report);
      const [fate] = await Promise.allSettled([run]);
      await this.#release(file);
      if (fate.status === "fulfilled") tracked.done(report);
      else if (!this.#closing.signal.aborted) tracked.failed(fate.reason, report);
    };
    return { job: tracked.begun, ended: work() };
  }

  /** Before the job ends: whoever sees its end may begin another. */
  async #release(file: Spooled): Promise<void> {
    await file.remove().catch((error) => {
      this.#options.log.warn({ err: error }, "a file of lines is left");
    });
    this.#busy = false;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }
}
