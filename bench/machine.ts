import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { median } from "./statistics.ts";

const TMPFS = 0x01021994;
const SYNCS = 21;

/** Machine data without which figures mean nothing. */
export function describeMachine(directory: string) {
  return {
    date: new Date().toISOString(),
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memory_bytes: totalmem(),
    node: process.version,
    sqlite: sqliteVersion(),
    /** On a file system in memory a durable commit costs nothing. */
    in_memory_filesystem: statfsSync(directory).type === TMPFS,
    fsync_ms: fsyncMs(directory),
    load_average_before: loadavg()[0]!,
  };
}

/** Busy and total milliseconds of all processors since the machine started. */
export function processorTime(): { readonly busy: number; readonly all: number } {
  const times = cpus().map(({ times }) => times);
  const all = times.reduce((sum, time) => sum + Object.values(time).reduce((a, b) => a + b, 0), 0);
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all };
}

export type Machine = ReturnType<typeof describeMachine>;

function sqliteVersion(): string {
  const db = new Database(":memory:");
  const version = db.prepare<[], string>("SELECT sqlite_version()").pluck().get()!;
  db.close();
  return version;
}

/** Median time to append a page and sync it: the minimum of every durable commit. */
function fsyncMs(directory: string): number {
  const name = join(directory, "fsync");
  const file = openSync(name, "w");
  const page = Buffer.alloc(4_096, 1);
  const times = Array.from({ length: SYNCS }, () => {
    const started = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    return performance.now() - started;
  });
  closeSync(file);
  rmSync(name);
  return median(times);
}
