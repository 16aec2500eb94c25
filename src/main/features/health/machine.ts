import { readdir, readFile, readlink, stat, statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import { getHeapStatistics } from "node:v8";

/** What the operating system gives this process, and how much of it is used. */
export interface Machine {
  readonly residentBytes: number;
  /** Of the machine, or of the control group that the process is in. */
  readonly memoryBytes: number;
  /** What could still be had without swapping. */
  readonly availableBytes: number;
  readonly heapRatio: number;
  /** Null where the system does not tell (other than Linux). */
  readonly descriptors: number | null;
  readonly maxDescriptors: number | null;
}

export async function machineFacts(): Promise<Machine> {
  const constrained = process.constrainedMemory();
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return {
    residentBytes: process.memoryUsage.rss(),
    memoryBytes: constrained > 0 ? Math.min(constrained, totalmem()) : totalmem(),
    availableBytes: process.availableMemory(),
    heapRatio: used_heap_size / heap_size_limit,
    descriptors: await countDescriptors(),
    maxDescriptors: await descriptorLimit(),
  };
}

/** One that cannot be counted because none is left is told by the limit. */
const countDescriptors = (): Promise<number | null> =>
  readdir("/proc/self/fd").then(
    ({ length }) => length,
    (error: NodeJS.ErrnoException) => (error.code === "EMFILE" ? descriptorLimit() : null),
  );

let limit: Promise<number | null> | undefined;

/** Read once, and early: when descriptors have run out, nothing can be read. */
export function descriptorLimit(): Promise<number | null> {
  limit ??= readFile("/proc/self/limits", "utf8").then(
    (limits) => Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.NaN) || null,
    () => null,
  );
  return limit;
}

export interface Folder {
  readonly path: string;
  /** What an unprivileged process may still write. Null where it cannot be told. */
  readonly freeBytes: number | null;
  /** Null where the file system has no fixed number of files, or does not tell. */
  readonly freeFiles: number | null;
  /** `ext4`, `nfs` and so on, as far as its number is known. */
  readonly fileSystem: string;
}

export const unknownFolder = (path: string): Folder => ({
  path,
  freeBytes: null,
  freeFiles: null,
  fileSystem: "unknown",
});

/** A folder that is not there yet is judged by the nearest one above it that is. */
export async function folderFacts(path: string): Promise<Folder> {
  const found = await statfs(await nearest(path)).catch(() => undefined);
  if (found === undefined) return unknownFolder(path);
  const { bavail, bsize, ffree, files, type } = found;
  return {
    path,
    freeBytes: bavail * bsize,
    freeFiles: files === 0 ? null : ffree,
    fileSystem: FILE_SYSTEMS[type] ?? "other",
  };
}

/** The nearest folder that is there, the path itself or one above it. */
export const nearest = (path: string): Promise<string> =>
  stat(path).then(
    () => path,
    () => (dirname(path) === path ? path : nearest(dirname(path))),
  );

/** Numbers of `statfs`, from Linux' `magic.h`. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: "ext4",
  1481003842: "xfs",
  2435016766: "btrfs",
  801189825: "zfs",
  4076150800: "f2fs",
  16914836: "tmpfs",
  2240043254: "ramfs",
  2035054128: "overlay",
  26985: "nfs",
  4283649346: "cifs",
  4266872130: "smb",
  20859: "smb",
  16914839: "9p",
  1702057286: "fuse",
  12805120: "ceph",
};

/** Whose files are gone with the machine's power, or with the container. */
export const VOLATILE: ReadonlySet<string> = new Set(["tmpfs", "ramfs", "overlay"]);
/** Where SQLite's locks and shared memory cannot be relied upon. */
export const REMOTE: ReadonlySet<string> = new Set(["nfs", "cifs", "smb", "9p", "ceph"]);

/** First and last byte of the locks by which a reader of the WAL marks its snapshot, in SQLite's `-shm` file. */
const READ_MARKS = [123, 127] as const;

/**
 * Processes other than this one that hold a snapshot of the database, by the locks that SQLite takes for it. Linux
 * lists them; elsewhere nobody is named.
 */
export async function snapshotHolders(database: string): Promise<string[]> {
  try {
    const { ino } = await stat(`${database}-shm`, { bigint: true });
    const locks = await readFile("/proc/locks", "utf8");
    const pids = new Set(locks.split("\n").flatMap((line) => holderIn(line, ino)));
    pids.delete(process.pid);
    return Promise.all([...pids].map(nameOf));
  } catch {
    return [];
  }
}

/** `1: POSIX  ADVISORY  READ 4711 08:01:131 124 124`. */
function holderIn(line: string, inode: bigint): number[] {
  const found = / READ\s+(\d+) [\da-f]+:[\da-f]+:(\d+) (\d+) (\d+)$/.exec(line);
  if (found === null || BigInt(found[2]!) !== inode) return [];
  const [first, last] = [Number(found[3]), Number(found[4])];
  return first <= READ_MARKS[1] && last >= READ_MARKS[0] ? [Number(found[1])] : [];
}

const nameOf = async (pid: number): Promise<string> => {
  const program = await readlink(`/proc/${pid}/exe`).catch(() => "a program");
  return `${program.slice(program.lastIndexOf("/") + 1)} (${pid})`;
};
