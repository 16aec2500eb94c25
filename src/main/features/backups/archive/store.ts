import type { Readable } from "node:stream";
import type { Manifest } from "./manifest.ts";

/**
 * Where backups are: a folder, or a bucket of object storage.
 *
 * A backup is there when its manifest is, and the manifest comes last and goes first: one that was cut off half-way,
 * on its way in or out, is never listed.
 */
export interface BackupStore {
  /** What it is, for a person. */
  readonly name: string;
  /** Newest first. What is no backup is passed over. */
  list(): Promise<Manifest[]>;
  /** The compressed data. */
  read(backup: Manifest): Promise<Readable>;
  remove(backup: Manifest): Promise<void>;
}

export const PLACES = ["folder", "bucket"] as const;
export type Place = (typeof PLACES)[number];
