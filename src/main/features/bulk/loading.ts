import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { isHeld, WriterLock } from "../../../shared/database/lock.ts";
import { AppError } from "../../../shared/errors.ts";
import type { AdoptRequest } from "../../../shared/protocol.ts";
import type { Logger } from "../../engine/log.ts";
import type { Jobs, Report, Tracked } from "../jobs/feature.ts";

/** The folder that a catalogue is loaded into, beside the database. */
export const loadingFolder = (database: string): string => `${database}.loading`;

/** Name of the lock that grants the right to load. It has no file. */
const loadLock = (database: string): string => `${database}.load`;

/** The database that a catalogue is loaded into before it replaces the current one. */
export const stagedFile = (database: string): string => join(loadingFolder(database), "database.sqlite");

export const isLoading = (database: string): boolean => isHeld(loadLock(database));

/** The request to the writer. */
export const adoptRequest = (database: string): AdoptRequest => ({
  staged: stagedFile(database),
  time: new Date().toISOString().replaceAll(/[-:.]/g, ""),
});

/**
 * The right to load a catalogue into a database: one process holds it at a time, until it releases it or
 * ends.
 *
 * @throws AppError `import_running`, naming the process that loads.
 */
export function lockLoading(database: string): Disposable {
  mkdirSync(dirname(database), { recursive: true });
  try {
    const lock = new WriterLock(loadLock(database));
    return { [Symbol.dispose]: () => lock.release() };
  } catch (error) {
    if (!(error instanceof AppError && error.code === "locked")) throw error;
    throw new AppError("import_running", { detail: error.message, cause: error });
  }
}

/** Milliseconds between two checks whether the loading process still runs. */
const POLL_MS = 500;

/**
 * Whether a catalogue is being loaded beside the served one. The loading process announces its start. Its
 * end, with or without success, is detected by its lock, which ends with it.
 */
export class Loading {
  readonly #lock: string;
  readonly #log: Logger;
  readonly #jobs: Pick<Jobs, "track">;
  #watch: NodeJS.Timeout | undefined;
  #job: Tracked | undefined;

  constructor(database: string, log: Logger, jobs: Pick<Jobs, "track">) {
    this.#lock = loadLock(database);
    this.#log = log;
    this.#jobs = jobs;
    if (isHeld(this.#lock)) this.begin();
  }

  get underWay(): boolean {
    return this.#watch !== undefined;
  }

  /**
   * @param tracked whether the catalogue will replace this one: only then its end is reported here.
   * @throws AppError `import_refused` when nobody loads.
   */
  begin(tracked = false): void {
    if (this.underWay) return;
    if (!isHeld(this.#lock)) throw new AppError("import_refused", { detail: "no catalogue is being loaded" });
    this.#log.info("loading: a catalogue is being loaded beside this one");
    if (tracked) this.#job = this.#jobs.track("catalogue.load");
    this.#watch = setInterval(() => isHeld(this.#lock) || this.close(), POLL_MS).unref();
  }

  /** Loaded rows, as reported by the loading process. */
  report(report: Report): void {
    this.#job?.report(report);
  }

  /** The catalogue is now served. */
  adopted(kept: string): void {
    this.#job?.done({ kept });
    this.#job = undefined;
    this.close();
  }

  /** Idempotent. */
  close(): void {
    if (this.underWay) this.#log.info("the load of a catalogue has ended");
    clearInterval(this.#watch);
    this.#watch = undefined;
    this.#job?.failed(new AppError("import_refused", { detail: "the process that loaded has ended" }));
    this.#job = undefined;
  }
}
