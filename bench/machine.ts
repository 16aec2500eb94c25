import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { median } from "./targets.ts";

const TMPFS = 0x01021994;
const SYNCS = 21;

/** What figures are worth nothing without. */
export function describeMachine(directory: string) {
  return {
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memory_bytes: totalmem(),
    node: process.version,
    sqlite: sqliteVersion(),
    /** Databases in memory make a durable commit cost nothing. */
    in_memory_filesystem: statfsSync(directory).type === TMPFS,
    fsync_ms: fsyncMs(directory),
    load_average_before: loadavg()[0]!,
  };
}

export type Machine = ReturnType<typeof describeMachine>;

function sqliteVersion(): string {
  const db = new Database(":memory:");
  const version = db.prepare<[], string>("SELECT sqlite_version()").pluck().get()!;
  db.close();
  return version;
}

/** The median of appending a page and waiting for the disk: the floor of every durable commit. */
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
