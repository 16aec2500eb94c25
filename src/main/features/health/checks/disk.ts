import { atMost, type Check, type Finding, finding } from "../check.ts";
import type { Facts } from "../facts.ts";
import { type Folder, REMOTE, VOLATILE } from "../machine.ts";

/** Commits are slow above this, and above a multiple of the disk's sync time. Milliseconds. */
const SLOW_COMMIT_MS = 100;
const SYNCS = 20;
/** A commit does more than its sync, and this compares the median, not the minimum. */
const SLOW_SYNC_MS = 25;

const space = (name: keyof Facts["folders"], wanted: (facts: Facts) => number, advice: string): Check => ({
  name: `disk_${name}`,
  judge: (facts) => judgeSpace(facts.folders[name], wanted(facts), advice),
});

function judgeSpace({ path, freeBytes, freeFiles }: Folder, wanted: number, advice: string): Finding {
  const full = freeFiles !== null && freeFiles < 100;
  const free = full ? 0 : freeBytes;
  const status = free === null || free >= wanted ? "ok" : free < wanted / 10 ? "fail" : "warn";
  const why = full ? "The file system has no room for more files" : "Little space is free";
  return finding(status, free, wanted, `${why} in ${path}. ${advice}`, "bytes");
}

const MEBIBYTE = 1_048_576;

/** Whether the disk is fast enough, and has space. */
export const DISK: readonly Check[] = [
  {
    name: "commit_time",
    judge: ({ recent, diskSync }) => {
      const warn = Math.max(SLOW_COMMIT_MS, SYNCS * (diskSync?.medianMs ?? 0));
      const floor = diskSync === null ? "" : ` One sync takes ${diskSync.medianMs.toFixed(2)} ms here.`;
      return atMost(recent.p99("commit"), {
        warn,
        fail: 10 * warn,
        unit: "ms",
        advice: `Commits take far longer than the disk needs.${floor} Check for other programs that write to the same disk, and for large commands in \`chinook_write_duration_seconds\`.`,
      });
    },
  },
  {
    name: "disk_sync",
    judge: ({ diskSync, settings }) =>
      atMost(diskSync?.medianMs ?? null, {
        warn: SLOW_SYNC_MS,
        unit: "ms",
        advice:
          settings.synchronous === "full"
            ? "Every commit waits for this: use a faster disk, or accept with CHINOOK_SYNCHRONOUS=normal that a power cut loses the last writes."
            : "The disk is slow: checkpoints and backups take long. Use a faster disk.",
      }),
  },
  {
    name: "file_system",
    judge: ({ folders: { database } }) => {
      const { fileSystem, path } = database;
      const remote = REMOTE.has(fileSystem);
      const status = remote ? "fail" : VOLATILE.has(fileSystem) ? "warn" : "ok";
      const advice = remote
        ? `${path} is on a network file system, where locks and shared memory are unreliable: use a local disk (CHINOOK_DATABASE).`
        : `${path} is lost with the ${fileSystem === "overlay" ? "container: mount a volume there" : "machine's power: use a disk"} (CHINOOK_DATABASE).`;
      return finding(status, fileSystem, "a local disk", advice);
    },
  },
  space(
    "database",
    ({ settings }) => settings.healthDiskFreeMb * MEBIBYTE,
    "Free space: a full disk refuses writes with 507. `chinook backup prune` removes old backups; CHINOOK_HEALTH_DISK_FREE_MB is the threshold.",
  ),
  space(
    "backups",
    ({ settings }) => settings.healthDiskFreeMb * MEBIBYTE,
    "Free space, keep fewer backups (CHINOOK_BACKUP_KEEP_LAST), or keep them elsewhere (CHINOOK_BACKUP_DIR).",
  ),
  space(
    "temporary",
    ({ settings }) => Math.min(settings.healthDiskFreeMb, 64) * MEBIBYTE,
    "Free space, or set TMPDIR to another folder.",
  ),
];
