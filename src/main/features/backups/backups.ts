import { statSync } from "node:fs";
import { join } from "node:path";
import { AppError, ERRORS } from "../../../shared/errors.ts";
import type { CopyReport } from "../../../shared/protocol.ts";
import { version } from "../../../shared/version.ts";
import type { Logger } from "../../engine/log.ts";
import type { Metrics } from "../../engine/metrics.ts";
import type { Jobs, Tracked } from "../jobs/feature.ts";
import { emptyFile } from "./archive/copy.ts";
import { COPY_FILE } from "./archive/create.ts";
import { toBackupError } from "./archive/errors.ts";
import { BackupFolder } from "./archive/folder.ts";
import {
  type BackupJob,
  type BackupJobs,
  backupsIn,
  find,
  noBucket,
  type Places,
  type Pruned,
  RUN,
} from "./archive/jobs.ts";
import { DATA_FILE, type Manifest, type Reason } from "./archive/manifest.ts";
import type { Retention } from "./archive/retention.ts";
import type { Place } from "./archive/store.ts";
import type { OnProgress } from "./archive/unpack.ts";
import { BackupProcess, runBackupJob } from "./backup-process.ts";
import { type Job, JobBook, newJob } from "./job.ts";
import { Schedule } from "./schedule.ts";

export interface BackupsOptions {
  readonly database: string;
  /**
   * Copies the database to an empty file on the writer's connection. Null: a snapshot is copied beside the writer,
   * for when another program writes to the file as well.
   */
  readonly writer: Copier | null;
  readonly places: Places;
  readonly keep: Retention;
  /** Seconds between two scheduled backups; 0: none are made. */
  readonly every: number;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly jobs: Pick<Jobs, "track">;
}

/** Functions of the writer that backups need. */
export interface Copier {
  copy(to: string): Promise<CopyReport>;
  cancelCopy(): Promise<void>;
}

/** Polling interval of a running copy in milliseconds. */
const WATCH_MS = 200;

/**
 * Backups of the server's database: by schedule or on request, one job at a time, each in its own process. A
 * second job is refused with `backup_running` and changes nothing; a scheduled one is retried later. Closing
 * aborts the running job and removes its files.
 */
export class Backups {
  readonly #options: BackupsOptions;
  readonly #jobs = new JobBook();
  readonly #schedule: Schedule;
  #running: BackupProcess<BackupJob> | undefined;
  #listing: Promise<readonly Manifest[]> | undefined;
  #busy = false;
  #settled: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: BackupsOptions) {
    this.#options = options;
    this.#schedule = new Schedule({
      everyMs: options.every * 1_000,
      make: () => this.#scheduled(),
      last: async () => Date.parse((await this.list("folder"))[0]?.created_at ?? ""),
      onFailure: (error) => options.log.warn({ err: error }, "the scheduled backup will be retried"),
    });
    void this.#rememberLast();
  }

  /**
   * Concurrent requests for the bucket's list share one: each takes a process.
   *
   * @throws AppError `backup_failed`, `bucket_failed`; `invalid` without a bucket.
   */
  async list(from: Place): Promise<readonly Manifest[]> {
    const { places } = this.#options;
    this.#assertPlace(from);
    if (from === "folder") return backupsIn(new BackupFolder(places.folder), places).catch(rethrow);
    this.#listing ??= runBackupJob("list", places, { from }).finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  /** @throws AppError `backup_running`. */
  create(reason: Reason): Job {
    return this.#start("create", (onProgress) => this.#make(reason, onProgress)).job;
  }

  /**
   * @throws AppError `backup_running`; `backup_unknown`, for the bucket found out only by the job; `invalid`
   *   without a bucket.
   */
  async verify(from: Place, id: string): Promise<Job> {
    this.#assertPlace(from);
    const { places } = this.#options;
    if (from === "folder") await find(new BackupFolder(places.folder), id, places).catch(rethrow);
    return this.#start("verify", (onProgress) => this.#inProcess("verify", { from, id }, onProgress)).job;
  }

  /**
   * A backup in the folder, and the path of its data. The bucket has its own tools for downloads.
   *
   * @throws AppError `backup_unknown`, `backup_failed`.
   */
  async data(id: string): Promise<{ readonly backup: Manifest; readonly file: string }> {
    const { places } = this.#options;
    const folder = new BackupFolder(places.folder);
    const backup = await find(folder, id, places).catch(rethrow);
    return { backup, file: join(folder.pathOf(backup), DATA_FILE) };
  }

  /** @throws AppError `backup_running`, `backup_failed`, `bucket_failed`; `invalid` without a bucket. */
  async prune(from: Place, dryRun: boolean): Promise<Pruned> {
    this.#assertPlace(from);
    const { places, keep } = this.#options;
    const request = { from, keep, dryRun };
    return this.#alone(() =>
      from === "folder"
        ? RUN.prune(places, request, () => {}).catch(rethrow)
        : this.#inProcess("prune", request),
    );
  }

  /** @throws AppError `not_found`: unknown, or no longer kept. */
  job(id: number): Readonly<Job> {
    return this.#jobs.get(id);
  }

  #assertPlace(from: Place): void {
    if (from === "bucket" && this.#options.places.bucket === null) throw noBucket();
  }

  /** Aborts the running job and removes its files. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#schedule.close();
    if (!this.#busy) return;
    await this.#cancel();
    await this.#settled;
    await new BackupFolder(this.#options.places.folder).sweep();
  }

  /** Aborts the running job in any phase. The next job removes what it leaves behind. */
  async #cancel(): Promise<void> {
    // A dead writer has no copy in progress.
    await this.#options.writer?.cancelCopy().catch(() => {});
    await this.#running?.close();
  }

  #start(
    kind: Job["job"],
    work: (onProgress: OnProgress) => Promise<Manifest>,
  ): { job: Job; settled: Promise<void> } {
    const job = newJob(kind);
    let tracked: Tracked | undefined;
    const working = this.#alone(() =>
      work((phase, done, total) => {
        Object.assign(job, { phase, done, total });
        tracked?.report({ phase, done, total });
      }),
    );
    this.#jobs.add(job);
    tracked = this.#options.jobs.track(`backup.${kind}`, { cancel: () => void this.#cancel() });
    const settled = working.then(
      (backup) => {
        tracked.done(backup);
        this.#finish(job, backup);
      },
      (error) => {
        tracked.failed(toBackupError(error));
        this.#fail(job, error);
      },
    );
    return { job, settled };
  }

  async #make(reason: Reason, onProgress: OnProgress): Promise<Manifest> {
    const { database, writer, places, log, metrics } = this.#options;
    const request = { database, reason, version };
    if (writer === null) return this.#inProcess("create", { ...request, copied: null }, onProgress);
    const folder = new BackupFolder(places.folder);
    return folder.working(async (path) => {
      const to = join(path, COPY_FILE);
      await folder.assertRoom(statSync(database).size);
      if (this.#closed) throw new AppError("closing");
      emptyFile(to);
      const { at, pages, longestMs, lastMs } = await watched(to, database, onProgress, () => writer.copy(to));
      metrics.backupLongestStep.set(longestMs / 1_000);
      log.info({ pages, longest_step_ms: longestMs, last_step_ms: lastMs }, "database copied");
      return this.#inProcess("create", { ...request, copied: { path, at } }, onProgress);
    });
  }

  /** Runs the work alone, or throws at once if a job is running. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new AppError("closing");
    if (this.#busy) throw new AppError("backup_running");
    this.#busy = true;
    const working = work().finally(() => {
      this.#busy = false;
    });
    this.#settled = working.catch(() => {});
    return working;
  }

  async #inProcess<J extends BackupJob>(
    job: J,
    request: BackupJobs[J]["request"],
    onProgress?: OnProgress,
  ): Promise<BackupJobs[J]["reply"]> {
    if (this.#closed) throw new AppError("closing");
    const running = new BackupProcess(job, this.#options.places, request, onProgress);
    this.#running = running as unknown as BackupProcess<BackupJob>;
    try {
      return await running.result;
    } finally {
      this.#running = undefined;
    }
  }

  #finish(job: Job, backup: Manifest): void {
    Object.assign(job, { status: "done", finished_at: new Date().toISOString(), backup });
    if (job.job === "verify") return;
    const { log, metrics, places } = this.#options;
    metrics.backups.inc({ result: "ok" });
    this.#gauge(backup);
    const { id, reason, seconds, bytes } = backup;
    log.info({ backup: id, reason, seconds, bytes, folder: places.folder }, "backup made");
  }

  #fail(job: Job, cause: unknown): void {
    const error = toBackupError(cause);
    const { code, message: detail } = error;
    const finished_at = new Date().toISOString();
    Object.assign(job, { status: "failed", finished_at, error: { code, detail, hint: ERRORS[code].hint } });
    if (this.#closed) return;
    const { log, metrics } = this.#options;
    if (job.job === "create") metrics.backups.inc({ result: "failed" });
    log.error({ code, err: error }, job.job === "create" ? "backup failed" : "backup not verified");
  }

  #gauge({ created_at, seconds, bytes }: Manifest): void {
    const { metrics } = this.#options;
    metrics.backupLastSuccess.set(Date.parse(created_at) / 1_000);
    metrics.backupLastDuration.set(seconds);
    metrics.backupLastBytes.set(bytes);
  }

  /** So that an alert on old backups does not start again with each start. */
  async #rememberLast(): Promise<void> {
    const [last] = await this.list("folder").catch(() => []);
    if (last !== undefined) this.#gauge(last);
  }

  /** Makes a backup, then applies retention to the folder and the bucket. */
  async #scheduled(): Promise<void> {
    const { places, log } = this.#options;
    const { job, settled } = this.#start("create", (onProgress) => this.#make("scheduled", onProgress));
    await settled;
    if (job.error !== null) throw new AppError(job.error.code, { detail: job.error.detail });
    for (const from of places.bucket === null ? (["folder"] as const) : (["folder", "bucket"] as const)) {
      const { removed } = await this.prune(from, false);
      if (removed.length > 0) log.info({ from, removed: removed.map(({ id }) => id) }, "old backups removed");
    }
  }
}

function rethrow(error: unknown): never {
  throw toBackupError(error);
}

/** The writer reports nothing during the copy: its progress is the file's size. */
async function watched<T>(
  copy: string,
  database: string,
  onProgress: OnProgress,
  action: () => Promise<T>,
): Promise<T> {
  const look = () => onProgress("copy", statSync(copy).size, statSync(database).size);
  const watch = setInterval(look, WATCH_MS).unref();
  try {
    return await action();
  } finally {
    clearInterval(watch);
  }
}
