import { AppError, type ErrorCode } from "../../../shared/errors.ts";
import type { Manifest } from "./archive/manifest.ts";
import type { Phase } from "./archive/unpack.ts";

/** The state of a job, running or finished. */
export interface Job {
  /** 0 until {@link JobBook} assigns it. */
  id: number;
  readonly job: "create" | "verify";
  readonly started_at: string;
  status: "running" | "done" | "failed";
  finished_at: string | null;
  /** Progress of the current phase, in bytes. */
  phase: Phase | null;
  done: number;
  total: number;
  backup: Manifest | null;
  error: { readonly code: ErrorCode; readonly detail: string; readonly hint: string } | null;
}

export const newJob = (job: Job["job"]): Job => ({
  id: 0,
  job,
  started_at: new Date().toISOString(),
  status: "running",
  finished_at: null,
  phase: null,
  done: 0,
  total: 0,
  backup: null,
  error: null,
});

/** Number of jobs whose state is kept. */
const REMEMBERED = 20;

/** Assigns ids to jobs and keeps the latest ones. */
export class JobBook {
  readonly #jobs = new Map<number, Job>();
  #lastId = 0;

  add(job: Job): void {
    job.id = ++this.#lastId;
    this.#jobs.set(job.id, job);
    this.#jobs.delete(job.id - REMEMBERED);
  }

  /** @throws AppError `not_found`: unknown, or no longer kept. */
  get(id: number): Readonly<Job> {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new AppError("not_found", { detail: `there is no job ${id}` });
    return job;
  }
}
