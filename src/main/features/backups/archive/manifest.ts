import { createHash } from "node:crypto";
import { z } from "zod";

/** Why a backup was made. */
export const REASONS = ["manual", "scheduled", "migration", "replacement"] as const;
export type Reason = (typeof REASONS)[number];

/** `20261120T121500123Z`: the time of its state. Sorts as text. */
export const BACKUP_ID = /^\d{8}T\d{9}Z$/;

/**
 * The manifest beside a backup's data, `backup.json`: enough to choose a backup and to check that it is complete
 * without opening it. Sizes are bytes, times RFC 3339 UTC, checksums SHA-256 in hexadecimal.
 */
export const MANIFEST = z
  .object({
    /** Format 2 adds a checksum of the manifest and the database's identity. */
    format: z.union([z.literal(1), z.literal(2)]),
    id: z.string().regex(BACKUP_ID),
    reason: z.enum(REASONS),
    /** The time of its state: it has every write acknowledged before, and none after. */
    created_at: z.string(),
    chinook_version: z.string(),
    sqlite_version: z.string(),
    /** Migrations applied. */
    schema_version: z.int().min(0),
    /** Size of the copied database file. */
    database_bytes: z.int().positive(),
    database_sha256: z.string().length(64),
    compression: z.literal("zstd"),
    /** Size of the compressed data. */
    bytes: z.int().positive(),
    sha256: z.string().length(64),
    /** By table, counted in the copy. */
    rows: z.record(z.string(), z.int().min(0)),
    /** Duration from `created_at` until it was checked. */
    seconds: z.number(),
    /** Identity of the database; null in old backups. Several databases may keep their backups in one place. */
    database_id: z.string().nullable().default(null),
    /** Of all other fields, by {@link seal}. */
    checksum: z.string().optional(),
  })
  .meta({ id: "Backup" });

export type Manifest = Readonly<z.infer<typeof MANIFEST>>;

export const DATA_FILE = "database.sqlite.zst";
export const MANIFEST_FILE = "backup.json";

export const backupId = (time: Date): string => time.toISOString().replaceAll(/[-:.]/g, "");

/** Adds the checksum, which detects any change of a field, by damage or by hand. */
export function seal(manifest: Manifest): Manifest {
  const { checksum: _, ...fields } = manifest;
  return { ...fields, checksum: createHash("sha256").update(canonical(fields)).digest("hex") };
}

/** JSON with sorted members. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );

/** Undefined for an invalid or changed manifest, or an unknown format. */
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
