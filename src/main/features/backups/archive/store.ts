import type { Readable } from "node:stream";
import type { Manifest } from "./manifest.ts";

/**
 * Storage of backups: a folder or a bucket.
 *
 * A backup exists if its manifest does. The manifest is written last and deleted first, so an interrupted backup or
 * deletion is never listed.
 */
export interface BackupStore {
  /** For messages. */
  readonly name: string;
  /** Newest first. Anything else than backups is ignored. */
  list(): Promise<Manifest[]>;
  /** The compressed data. */
  read(backup: Manifest): Promise<Readable>;
  remove(backup: Manifest): Promise<void>;
}

export const PLACES = ["folder", "bucket"] as const;
export type Place = (typeof PLACES)[number];
