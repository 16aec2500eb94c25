import type PQueue from "p-queue";
import type { CheckpointMode, CheckpointReport, WalState } from "../../../shared/protocol.ts";
import { PRIORITY } from "../commands/write-queue.ts";

export interface CheckpointerOptions {
  /** Uncheckpointed frames from which a PASSIVE checkpoint runs as soon as nothing waits. */
  readonly idleFrames: number;
  /** WAL frames from which readers are paused and the WAL is truncated, whatever waits. */
  readonly capFrames: number;
  readonly run: (mode: CheckpointMode) => Promise<CheckpointReport>;
  /** Runs the action while no reader of this process holds a snapshot, as far as that can be had soon. */
  readonly whilePaused: <T>(action: () => Promise<T>) => Promise<T>;
  readonly onReport: (report: CheckpointReport) => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Decides when the writer checkpoints; `wal_autocheckpoint` is off.
 *
 * PASSIVE disturbs nobody but cannot start the WAL over while any reader looks at it, and under load one always
 * does. So there is a cap: past it a PASSIVE pass moves the bulk, then readers are held for the moment that
 * TRUNCATE needs for the rest. A long read, here or in another process, can still hold it back; then, and when it
 * fails, it is tried again after the WAL has grown by another cap's half, so that neither turns into a pause per
 * commit.
 */
export class Checkpointer {
  readonly #jobs: PQueue;
  readonly #options: CheckpointerOptions;
  #queued = false;
  /** Frames at which the next forced attempt is due. */
  #due: number;

  constructor(jobs: PQueue, options: CheckpointerOptions) {
    this.#jobs = jobs;
    this.#options = options;
    this.#due = options.capFrames;
  }

  /** To be told after every commit. */
  observe(wal: WalState): void {
    if (this.#queued) return;
    if (wal.frames < this.#options.capFrames) this.#due = this.#options.capFrames;
    if (wal.frames >= this.#due) this.#add(() => this.#force(wal.frames), PRIORITY.checkpoint);
    else if (wal.frames - wal.checkpointed >= this.#options.idleFrames) {
      this.#add(() => this.#pass("PASSIVE"), PRIORITY.maintenance);
    }
  }

  #add(job: () => Promise<unknown>, priority: number): void {
    this.#queued = true;
    const done = () => {
      this.#queued = false;
    };
    this.#jobs.add(job, { priority }).catch(this.#options.onFailure).finally(done);
  }

  async #force(frames: number): Promise<void> {
    const { capFrames, whilePaused } = this.#options;
    this.#due = frames + capFrames / 2;
    await this.#pass("PASSIVE");
    const { complete, wal } = await whilePaused(() => this.#pass("TRUNCATE"));
    this.#due = complete ? capFrames : wal.frames + capFrames / 2;
  }

  async #pass(mode: CheckpointMode): Promise<CheckpointReport> {
    const report = await this.#options.run(mode);
    this.#options.onReport(report);
    return report;
  }
}
