import { setPriority } from "node:os";
import type { Failure } from "../../../../shared/errors.ts";
import { toBackupError } from "./errors.ts";
import { type BackupJob, type Places, RUN } from "./jobs.ts";
import type { Phase } from "./unpack.ts";

/**
 * A process that does one job of backups and ends.
 *
 * It is a process and no thread because its steps are long and cannot be interrupted (a check of a large database
 * is one call of SQLite's): a process can be ended at any moment, and so it is when whoever started it goes. The
 * scheduler lets everything else run first, compression included, and its memory is given back when it is done.
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

/** Added to the niceness of the process, and so of every thread that it starts. */
const NICE = 10;

/** Milliseconds between two reports of progress within a phase. */
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
