import { createHash } from "node:crypto";
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
export const MANIFEST = z
  .object({
    /** 2 has a checksum of all that stands here, and says which database it is of. */
    format: z.union([z.literal(1), z.literal(2)]),
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
    /** What tells this database from others whose backups are in the same place; null in a backup of old. */
    database_id: z.string().nullable().default(null),
    /** Of everything else in it, by {@link seal}. */
    checksum: z.string().optional(),
  })
  .meta({ id: "Backup" });

export type Manifest = Readonly<z.infer<typeof MANIFEST>>;

export const DATA_FILE = "database.sqlite.zst";
export const MANIFEST_FILE = "backup.json";

export const backupId = (time: Date): string => time.toISOString().replaceAll(/[-:.]/g, "");

/** With its checksum: no field can change, by damage or by hand, without being noticed. */
export function seal(manifest: Manifest): Manifest {
  const { checksum: _, ...fields } = manifest;
  return { ...fields, checksum: createHash("sha256").update(canonical(fields)).digest("hex") };
}

/** JSON with members in order, whoever wrote it. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );

/** Undefined for what is no manifest, a changed one, or one of a format that this release does not know. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    const manifest = MANIFEST.parse(JSON.parse(text));
    const whole = manifest.format === 1 || seal(manifest).checksum === manifest.checksum;
    return whole ? manifest : undefined;
  } catch {
    return undefined;
  }
}

export const newestFirst = (a: Manifest, b: Manifest): number => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
