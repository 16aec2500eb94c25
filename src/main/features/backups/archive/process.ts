import { setPriority } from "node:os";
import type { Failure } from "../../../../shared/errors.ts";
import { toBackupError } from "./errors.ts";
import { type BackupJob, type Places, RUN } from "./jobs.ts";
import type { Phase } from "./unpack.ts";

/**
 * A process that runs one backup job and ends.
 *
 * It is a process, not a thread, because its steps are long and can't be interrupted (the check of a large database
 * is one call of SQLite): a process can be killed at any time, and is when its parent ends. It runs at a low
 * priority, including compression, and its memory is released at its end.
 */
export interface JobRequest {
  readonly job: BackupJob;
  readonly places: Places;
  readonly request: unknown;
}

export type JobMessage =
  | { readonly phase: Phase; readonly done: number; readonly total: number }
  | { readonly reply: unknown }
  | { readonly failure: Failure };

/** Added to the niceness of the process and of all its threads. */
const NICE = 10;

/** Milliseconds between two progress reports. */
const REPORT_MS = 100;

const send = (message: JobMessage): Promise<void> =>
  new Promise((resolve) => process.send!(message, () => resolve()));

function reporter() {
  let [last, at] = ["", 0];
  return (phase: Phase, done: number, total: number): void => {
    const now = performance.now();
    if (phase === last && now - at < REPORT_MS && done < total) return;
    [last, at] = [phase, now];
    void send({ phase, done, total });
  };
}

async function work({ job, places, request }: JobRequest): Promise<void> {
  try {
    await send({ reply: await (RUN[job] as (...args: unknown[]) => unknown)(places, request, reporter()) });
  } catch (error) {
    const { code, message } = toBackupError(error);
    await send({ failure: { code, message } });
  }
  process.disconnect();
}

process.on("disconnect", () => process.exit());
setPriority(NICE);
process.once("message", (request: JobRequest) => void work(request));
