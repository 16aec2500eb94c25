import { AppError, ERRORS } from "../../../shared/errors.ts";
import type { Commands } from "../../engine/commands/command-bus.ts";
import type { Logger } from "../../engine/log.ts";
import { Bell } from "../../http/event-stream.ts";
import { toAppError } from "../../http/reply.ts";
import { JOB_COMMANDS, type JobRow, type JobUpdate } from "./store.ts";

/** A job, with what follows from how far it is. */
export interface Job extends JobRow {
  /** Of `done`, a second. Null before anything is done. */
  readonly rate: number | null;
  /** When it will be done at this rate; null where that is not known. */
  readonly expected_at: string | null;
  readonly cancellable: boolean;
}

/** What a job tells while it runs. */
export interface Report {
  readonly phase?: string;
  readonly done: number;
  /** Null or left out: not known. */
  readonly total?: number | null;
}

/** A job that runs elsewhere: whoever began it tells how it goes, and ends it. */
export interface Tracked {
  report(report: Report): void;
  done(result: unknown): void;
  /** @param result what was done all the same, if anything. */
  failed(error: unknown, result?: unknown): void;
  /** As it is once its row is there; its id is 0 where none could be written. */
  readonly begun: Promise<Job>;
}

export interface TrackOptions {
  /** Left out where it cannot be cancelled safely. */
  readonly cancel?: () => void;
}

/** Milliseconds between two writes of how far a job is. */
const WRITE_MS = 2_000;

/**
 * Long work as one kind of thing. A job that runs is known here; every job is kept in the database, and one that a
 * restart cut off is marked there when the next server starts.
 *
 * A job whose row cannot be written goes on all the same: a backup is not refused because a disk is full.
 */
export class Jobs {
  readonly #commands: Pick<Commands, "execute">;
  readonly #log: Logger;
  readonly #running = new Map<number, Running>();
  #ended = 0;
  /** Rings whenever some job has changed. */
  readonly bell = new Bell();

  constructor(commands: Pick<Commands, "execute">, log: Logger) {
    this.#commands = commands;
    this.#log = log;
  }

  /** Marks what a server that has ended left running. A disk that takes no write is no reason not to start. */
  async interruptLeft(): Promise<void> {
    await this.#commands.execute(JOB_COMMANDS.interrupt, {}).catch((error) => {
      this.#log.warn({ err: error }, "jobs of before are not marked as interrupted");
    });
  }

  /** Runs the work as a job. @throws as the work does. */
  async run<T>(
    kind: string,
    work: (report: (report: Report) => void, signal: AbortSignal) => Promise<T>,
    cancellable = false,
  ): Promise<T> {
    const stop = new AbortController();
    const tracked = this.track(kind, cancellable ? { cancel: () => stop.abort() } : {});
    try {
      const result = await work((report) => tracked.report(report), stop.signal);
      tracked.done(result);
      return result;
    } catch (error) {
      tracked.failed(error);
      throw error;
    }
  }

  track(kind: string, { cancel }: TrackOptions = {}): Tracked {
    const running = new Running(kind, cancel);
    running.begun = this.#begin(running, kind);
    const write = () => this.#write(running);
    return {
      report: (report) => {
        running.report(report);
        this.bell.ring();
        running.later ??= setTimeout(write, WRITE_MS).unref();
      },
      done: (result) => this.#end(running, { state: "done", result }),
      failed: (error, result = null) => this.#end(running, { ...failureOf(running, error), result }),
      begun: running.begun.then(() => running.job),
    };
  }

  /** Those that run, and how many have ended since the start: a brief one may run between two looks. */
  get summary(): { readonly running: readonly Job[]; readonly ended: number } {
    return { running: Array.from(this.#running.values(), ({ job }) => job), ended: this.#ended };
  }

  /** The job while it runs. */
  running(id: number): Job | undefined {
    return this.#running.get(id)?.job;
  }

  /** @throws AppError `not_cancellable`. */
  cancel(id: number): Job | undefined {
    const running = this.#running.get(id);
    if (running === undefined) return undefined;
    if (running.cancel === undefined)
      throw new AppError("not_cancellable", { detail: `${running.job.kind} cannot be stopped safely` });
    running.cancelled = true;
    running.cancel();
    return running.job;
  }

  async #begin(running: Running, kind: string): Promise<void> {
    try {
      const { body } = await this.#commands.execute(JOB_COMMANDS.begin, { kind });
      running.row = {
        ...running.row,
        ...(JSON.parse(body!) as Pick<JobRow, "id" | "started_at">),
        ...running.told,
      };
      this.#running.set(running.row.id, running);
      this.bell.ring();
    } catch (error) {
      this.#log.warn({ err: error, kind }, "a job is not kept");
    }
  }

  /** What was said before its row was there is written once it is. */
  async #write(running: Running): Promise<void> {
    clearTimeout(running.later);
    running.later = undefined;
    await running.begun;
    const { row } = running;
    if (row.id === 0) return;
    const { kind: _, started_at: __, result, error, ...rest } = row;
    const update: JobUpdate = { ...rest, result: jsonOf(result), error: jsonOf(error) };
    await this.#commands.execute(JOB_COMMANDS.update, update).catch((error) => {
      this.#log.warn({ err: error, job: row.id }, "a job's progress is not kept");
    });
  }

  async #end(running: Running, end: Pick<JobRow, "state"> & Partial<JobRow>): Promise<void> {
    await running.begun;
    running.row = { ...running.row, ...end, finished_at: new Date().toISOString() };
    await this.#write(running);
    this.#running.delete(running.row.id);
    this.#ended++;
    this.bell.ring();
  }
}

const jsonOf = (value: unknown): string | null => (value == null ? null : JSON.stringify(value));

function failureOf({ cancelled }: Running, thrown: unknown): Pick<JobRow, "state" | "error"> {
  const { code, message } = toAppError(thrown);
  const error = { code, detail: message, hint: ERRORS[code].hint };
  return cancelled ? { state: "cancelled", error: null } : { state: "failed", error };
}

/** A job that has not ended. */
class Running {
  row: JobRow;
  /** What it told before its row was there. */
  told: Partial<JobRow> = {};
  begun: Promise<void> = Promise.resolve();
  later: NodeJS.Timeout | undefined;
  cancelled = false;
  readonly cancel: (() => void) | undefined;
  readonly #started = performance.now();

  constructor(kind: string, cancel: (() => void) | undefined) {
    this.cancel = cancel;
    this.row = {
      ...{
        id: 0,
        kind,
        state: "running",
        phase: null,
        done: 0,
        total: null,
        started_at: new Date().toISOString(),
      },
      ...{ finished_at: null, result: null, error: null },
    };
  }

  report({ phase = this.row.phase ?? undefined, done, total = null }: Report): void {
    this.told = {
      phase: phase ?? null,
      done: Math.round(done),
      total: total === null ? null : Math.round(total),
    };
    this.row = { ...this.row, ...this.told };
  }

  get job(): Job {
    const seconds = (performance.now() - this.#started) / 1_000;
    const { done, total } = this.row;
    const rate = done > 0 && seconds > 0 ? done / seconds : null;
    const left = rate === null || total === null ? null : Math.max(0, total - done) / rate;
    return {
      ...this.row,
      rate: rate === null ? null : Math.round(rate * 10) / 10,
      expected_at: left === null ? null : new Date(Date.now() + left * 1_000).toISOString(),
      cancellable: this.cancel !== undefined,
    };
  }
}
