import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError, fromFailure } from "../../../shared/errors.ts";
import type { BackupJob, BackupJobs, Places } from "./archive/jobs.ts";
import type { JobMessage } from "./archive/process.ts";
import type { OnProgress } from "./archive/unpack.ts";

/** MiB of JavaScript heap. Data is streamed. */
const HEAP_MB = 128;

const MODULE = fileURLToPath(new URL(`./archive/process${extname(import.meta.url)}`, import.meta.url));

/**
 * The main thread's side of a backup process with one job. `result` settles exactly once. If the process ends
 * without a result, or is killed, it is rejected with `backup_failed`.
 */
export class BackupProcess<J extends BackupJob> {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly result: Promise<BackupJobs[J]["reply"]>;

  constructor(job: J, places: Places, request: BackupJobs[J]["request"], onProgress: OnProgress = () => {}) {
    this.#child = fork(MODULE, {
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#exited = once(this.#child, "exit").catch(() => {});
    this.result = new Promise((resolve, reject) => {
      this.#child.on("message", (message: JobMessage) => {
        if ("reply" in message) resolve(message.reply as BackupJobs[J]["reply"]);
        else if ("failure" in message) reject(fromFailure(message.failure));
        else onProgress(message.phase, message.done, message.total);
      });
      this.#child.once("error", (cause) => reject(new AppError("backup_failed", { cause })));
      this.#child.once("exit", (code, signal) =>
        reject(new AppError("backup_failed", { detail: `its process ended with ${signal ?? code}` })),
      );
    });
    this.#child.send({ job, places, request });
  }

  /** Kills the process at any point. The next one removes what it leaves. Idempotent. */
  async close(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }
}

/** Runs one job in its own process. */
export const runBackupJob = <J extends BackupJob>(
  job: J,
  places: Places,
  request: BackupJobs[J]["request"],
  onProgress?: OnProgress,
): Promise<BackupJobs[J]["reply"]> => new BackupProcess(job, places, request, onProgress).result;
