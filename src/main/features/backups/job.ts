import { AppError, type ErrorCode } from "../../../shared/errors.ts";
import type { Manifest } from "./archive/manifest.ts";
import type { Phase } from "./archive/unpack.ts";

/** What is known of one job, while it runs and afterwards. */
export interface Job {
  /** 0 until it is in the book. */
  id: number;
  readonly job: "create" | "verify";
  readonly started_at: string;
  status: "running" | "done" | "failed";
  finished_at: string | null;
  /** How far the present phase is, in bytes. */
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

/** Jobs that can still be asked about. */
const REMEMBERED = 20;

/** Numbers jobs and remembers the last of them. */
export class JobBook {
  readonly #jobs = new Map<number, Job>();
  #lastId = 0;

  add(job: Job): void {
    job.id = ++this.#lastId;
    this.#jobs.set(job.id, job);
    this.#jobs.delete(job.id - REMEMBERED);
  }

  /** @throws AppError `not_found`: not known, or too long ago. */
  get(id: number): Readonly<Job> {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new AppError("not_found", { detail: `there is no job ${id}` });
    return job;
  }
}
