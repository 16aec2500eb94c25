import { createReadStream, mkdirSync, rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../../../shared/errors.ts";

/** Bytes read from the file at once. */
const CHUNK = 262_144;

/** A file that was sent, beside the database: it is imported after its request has been answered. */
export interface Spooled {
  readonly bytes: number;
  read(): AsyncIterable<Uint8Array>;
  remove(): Promise<void>;
}

const folderOf = (database: string): string => `${database}.import`;

/** What a server that has ended left. */
export const sweepSpool = (database: string): void =>
  rmSync(folderOf(database), { recursive: true, force: true });

/** @throws AppError `disk_full`, or as the stream does; then nothing is left. */
export async function spool(database: string, stream: AsyncIterable<Uint8Array>): Promise<Spooled> {
  const folder = folderOf(database);
  const path = join(folder, "lines");
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const bytes = await write(path, stream);
    return { bytes, read: () => createReadStream(path, { highWaterMark: CHUNK }), remove };
  } catch (error) {
    await remove().catch(() => {});
    throw (error as NodeJS.ErrnoException).code === "ENOSPC"
      ? new AppError("disk_full", { cause: error })
      : error;
  }
}

async function write(path: string, stream: AsyncIterable<Uint8Array>): Promise<number> {
  await using file = await open(path, "w", 0o600);
  let bytes = 0;
  for await (const chunk of stream) {
    await file.writeFile(chunk);
    bytes += chunk.length;
  }
  return bytes;
}
