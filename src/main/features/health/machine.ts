import { readdir, readFile, readlink, stat, statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import { getHeapStatistics } from "node:v8";

/** Resources that the operating system gives this process, and their use. */
export interface Machine {
  readonly residentBytes: number;
  /** Of the machine, or of the control group that the process is in. */
  readonly memoryBytes: number;
  /** Memory available without swapping. */
  readonly availableBytes: number;
  readonly heapRatio: number;
  /** Null if the system does not report it (other than Linux). */
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

/** If none is left to count with, the number is the limit. */
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
  /** Space available to an unprivileged process. Null if unknown. */
  readonly freeBytes: number | null;
  /** Null if the file system has no fixed number of files, or does not report it. */
  readonly freeFiles: number | null;
  /** `ext4`, `nfs` and so on, if its number is known. */
  readonly fileSystem: string;
}

export const unknownFolder = (path: string): Folder => ({
  path,
  freeBytes: null,
  freeFiles: null,
  fileSystem: "unknown",
});

/** For a missing folder: the facts of its nearest existing parent. */
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

/** The path itself or its nearest existing parent. */
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

/** File systems that lose their files with the machine's power, or with the container. */
export const VOLATILE: ReadonlySet<string> = new Set(["tmpfs", "ramfs", "overlay"]);
/** File systems on which SQLite's locks and shared memory are unreliable. */
export const REMOTE: ReadonlySet<string> = new Set(["nfs", "cifs", "smb", "9p", "ceph"]);

/** First and last byte of the locks with which WAL readers mark their snapshots, in SQLite's `-shm` file. */
const READ_MARKS = [123, 127] as const;

/**
 * Other processes that hold a snapshot of the database, found by SQLite's locks. Only Linux lists them;
 * elsewhere the list is empty.
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
