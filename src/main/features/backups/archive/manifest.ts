import { z } from "zod";

/** Why a backup was taken. */
export const REASONS = ["manual", "scheduled", "migration", "replacement"] as const;
export type Reason = (typeof REASONS)[number];

/** `20261120T121500123Z`: the moment that it shows, which sorts as text. */
export const BACKUP_ID = /^\d{8}T\d{9}Z$/;

/**
 * What stands beside a backup's data, as `backup.json`: enough to choose one and to tell whether it is whole
 * without opening it. Sizes are bytes, times RFC 3339 UTC, checksums SHA-256 in hexadecimal.
 */
export const MANIFEST = z.object({
  format: z.literal(1),
  id: z.string().regex(BACKUP_ID),
  reason: z.enum(REASONS),
  /** The moment that it shows: what was answered before it is in the backup, what came after is not. */
  created_at: z.string(),
  chinook_version: z.string(),
  sqlite_version: z.string(),
  /** Migrations applied. */
  schema_version: z.int().min(0),
  /** Of the database file as it was copied. */
  database_bytes: z.int().positive(),
  database_sha256: z.string().length(64),
  compression: z.literal("zstd"),
  /** Of the compressed data. */
  bytes: z.int().positive(),
  sha256: z.string().length(64),
  /** By table, counted in the copy. */
  rows: z.record(z.string(), z.int().min(0)),
  /** From that moment until it was checked. */
  seconds: z.number(),
});

export type Manifest = Readonly<z.infer<typeof MANIFEST>>;

export const DATA_FILE = "database.sqlite.zst";
export const MANIFEST_FILE = "backup.json";

export const backupId = (time: Date): string => time.toISOString().replaceAll(/[-:.]/g, "");

/** Undefined for what is no manifest, or one of a format that this release does not know. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    return MANIFEST.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export const newestFirst = (a: Manifest, b: Manifest): number => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
