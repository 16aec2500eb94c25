import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { AppError } from "../../../../shared/errors.ts";
import { readPieces } from "./archive.ts";
import { sync } from "./durable.ts";
import { DATA_FILE, MANIFEST_FILE, type Manifest, newestFirst, parseManifest } from "./manifest.ts";
import type { BackupStore } from "./store.ts";

/**
 * A folder of backups, each a subfolder with the data and its manifest.
 *
 * A backup is built in a subfolder whose name begins with a dot. When everything in it is synced, one rename gives
 * it its final name: it is complete or absent. Deletion works the same way. The next process removes what a dead
 * process left; the name contains the process.
 */
export class BackupFolder implements BackupStore {
  readonly name: string;

  constructor(path: string) {
    this.name = path;
  }

  async list(): Promise<Manifest[]> {
    const found = await Promise.all((await this.#entries()).map((id) => this.#manifest(id)));
    return found.filter((manifest) => manifest !== undefined).sort(newestFirst);
  }

  async read({ id }: Manifest): Promise<Readable> {
    return readPieces(join(this.name, id, DATA_FILE));
  }

  async remove({ id }: Manifest): Promise<void> {
    const doomed = join(this.name, workName());
    await rename(join(this.name, id), doomed);
    await sync(this.name);
    await rm(doomed, { recursive: true });
  }

  /** A temporary subfolder, removed when the action is done. It is on the same disk as the backups. */
  async working<T>(action: (path: string) => Promise<T>): Promise<T> {
    await mkdir(this.name, { recursive: true, mode: 0o700 });
    await this.sweep();
    const path = join(this.name, workName());
    await mkdir(path, { mode: 0o700 });
    try {
      return await action(path);
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  }

  /**
   * A backup must not fill the disk that the server needs.
   *
   * @throws AppError `disk_full` if the space is insufficient.
   */
  async assertRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.name);
    if (bavail * bsize >= bytes) return;
    const mib = (count: number) => `${Math.ceil(count / 1_048_576)} MiB`;
    throw new AppError("disk_full", {
      detail: `${this.name} has room for ${mib(bavail * bsize)}, the copy of the database needs ${mib(bytes)}`,
    });
  }

  /** Turns a working folder, which contains only the data, into a backup. */
  async admit(path: string, manifest: Manifest): Promise<void> {
    const file = join(path, MANIFEST_FILE);
    await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flag: "wx", flush: true });
    await sync(path);
    await rename(path, join(this.name, manifest.id));
    await sync(this.name);
  }

  /** Removes incomplete backups of dead processes. */
  async sweep(): Promise<void> {
    const left = (await readdir(this.name)).filter(isAbandoned);
    await Promise.all(left.map((entry) => rm(join(this.name, entry), { recursive: true, force: true })));
  }

  /** Path of a backup's folder. */
  pathOf({ id }: Manifest): string {
    return join(this.name, id);
  }

  async #entries(): Promise<string[]> {
    try {
      return (await readdir(this.name)).filter((entry) => !entry.startsWith("."));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  /** Undefined unless its data is present and has the right size. */
  async #manifest(id: string): Promise<Manifest | undefined> {
    try {
      const manifest = parseManifest(await readFile(join(this.name, id, MANIFEST_FILE), "utf8"));
      const { size } = await stat(join(this.name, id, DATA_FILE));
      return manifest?.id === id && manifest.bytes === size ? manifest : undefined;
    } catch {
      return undefined;
    }
  }
}

const WORK = /^\.work-(.+)-(\d+)-[0-9a-f]{8}$/;

const workName = (): string => `.work-${hostname()}-${process.pid}-${randomBytes(4).toString("hex")}`;

/** Whether it belongs to a dead process of this machine. */
function isAbandoned(entry: string): boolean {
  const [, host, pid] = WORK.exec(entry) ?? [];
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
