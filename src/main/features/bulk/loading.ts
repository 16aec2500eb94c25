import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { isHeld, WriterLock } from "../../../shared/database/lock.ts";
import { AppError } from "../../../shared/errors.ts";
import type { AdoptRequest } from "../../../shared/protocol.ts";
import type { Logger } from "../../engine/log.ts";
import type { Jobs, Report, Tracked } from "../jobs/feature.ts";

/** The folder that a catalogue is loaded in: beside the database. */
export const loadingFolder = (database: string): string => `${database}.loading`;

/** What the right to load is locked by: a name, and no file of its own. */
const loadLock = (database: string): string => `${database}.load`;

/** The database that a catalogue is loaded into, before it takes the place of the one there is. */
export const stagedFile = (database: string): string => join(loadingFolder(database), "database.sqlite");

export const isLoading = (database: string): boolean => isHeld(loadLock(database));

/** To the writer, at this moment. */
export const adoptRequest = (database: string): AdoptRequest => ({
  staged: stagedFile(database),
  time: new Date().toISOString().replaceAll(/[-:.]/g, ""),
});

/**
 * The right to load a catalogue into a database: one process has it at a time, until it lets go or ends.
 *
 * @throws AppError `import_running`, naming who loads.
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

/** Milliseconds between two looks whether the process that loads is still at it. */
const LOOK_MS = 500;

/**
 * Whether a catalogue is being loaded beside the one that this server serves. The process that loads says when it
 * begins; that it has ended, with a catalogue or without, is seen by its lock, which ends with it.
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
   * @param tracked whether the catalogue takes this one's place when it is loaded: only then its end is told here.
   * @throws AppError `import_refused` when nobody loads.
   */
  begin(tracked = false): void {
    if (this.underWay) return;
    if (!isHeld(this.#lock)) throw new AppError("import_refused", { detail: "nobody loads a catalogue" });
    this.#log.info("loading: a catalogue is being loaded beside this one");
    if (tracked) this.#job = this.#jobs.track("catalogue.load");
    this.#watch = setInterval(() => isHeld(this.#lock) || this.close(), LOOK_MS).unref();
  }

  /** Rows that are loaded, as the process that loads says. */
  report(report: Report): void {
    this.#job?.report(report);
  }

  /** The catalogue is served now. */
  adopted(kept: string): void {
    this.#job?.done({ kept });
    this.#job = undefined;
    this.close();
  }

  /** Again is harmless. */
  close(): void {
    if (this.underWay) this.#log.info("the load of a catalogue has ended");
    clearInterval(this.#watch);
    this.#watch = undefined;
    this.#job?.failed(new AppError("import_refused", { detail: "the process that loaded has ended" }));
    this.#job = undefined;
  }
}
