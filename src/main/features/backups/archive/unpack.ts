import type { Readable } from "node:stream";
import { AppError } from "../../../../shared/errors.ts";
import { type Converted, decompress } from "./archive.ts";
import { checkDatabase } from "./check.ts";
import type { Manifest } from "./manifest.ts";

export const PHASES = ["copy", "compress", "read", "check", "upload"] as const;
export type Phase = (typeof PHASES)[number];

/** Progress of a phase in bytes. A check has no measure: 0 of 0. */
export type OnProgress = (phase: Phase, done: number, total: number) => void;

/**
 * Decompresses a backup to a database and checks it: first the checksums on both sides of the compression, then the
 * database itself. Afterwards `to` is the database as it was copied, synced and ready to use.
 *
 * @param data the compressed data.
 * @throws AppError `backup_damaged`. Then the file at `to` must not be used.
 */
export async function unpack(
  data: Readable,
  manifest: Manifest,
  to: string,
  onProgress: OnProgress,
): Promise<void> {
  const converted = await intact(
    decompress(data, to, manifest.database_bytes, (done) => onProgress("read", done, manifest.bytes)),
  );
  compare("compressed data", manifest.sha256, converted.compressed.sha256);
  compare("database", manifest.database_sha256, converted.plain.sha256);
  onProgress("check", 0, 0);
  checkDatabase(to, manifest.rows);
}

/** An error of the decompressor means damage; a full disk does not. */
async function intact(converting: Promise<Converted>): Promise<Converted> {
  try {
    return await converting;
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    if (!code.startsWith("ZSTD_") && !code.startsWith("Z_")) throw error;
    throw damaged(`the compressed data cannot be read: ${(error as Error).message}`, error);
  }
}

function compare(what: string, expected: string, got: string): void {
  if (got !== expected) throw damaged(`the checksum of the ${what} is ${got}, expected ${expected}`);
}

const damaged = (detail: string, cause?: unknown) => new AppError("backup_damaged", { detail, cause });
