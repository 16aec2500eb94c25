import { open, rm } from "node:fs/promises";
import { join } from "node:path";

/** The time that a disk takes to make one page durable. */
export interface DiskSync {
  /** Minimum and median of the attempts, in milliseconds. */
  readonly leastMs: number;
  readonly medianMs: number;
}

const PAGE = Buffer.alloc(4_096, 1);
const ATTEMPTS = 9;

/**
 * Measures the lower bound of a durable commit: appends a page to a file in the folder and syncs it, a few
 * times. The file is removed.
 *
 * @throws the file system's error.
 */
export async function measureSync(folder: string): Promise<DiskSync> {
  const path = join(folder, `.chinook-sync-${process.pid}`);
  const file = await open(path, "w", 0o600);
  try {
    const times: number[] = [];
    for (let i = 0; i < ATTEMPTS; i++) {
      const started = performance.now();
      await file.write(PAGE);
      await file.datasync();
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    return { leastMs: times[0]!, medianMs: times[Math.floor(ATTEMPTS / 2)]! };
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}
