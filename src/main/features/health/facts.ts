import type { WalState } from "../../../shared/protocol.ts";
import type { Settings } from "../../../shared/settings.ts";
import type { ServerStatus } from "../feature.ts";
import type { DiskSync } from "./disk-sync.ts";
import type { IntegrityReport } from "./integrity/look.ts";
import type { Folder, Machine } from "./machine.ts";
import type { Window } from "./window.ts";

/**
 * Everything that checks judge by, as plain data of one moment. So a check is a pure function, and what gathers the
 * facts decides nothing.
 */
export interface Facts {
  readonly settings: Settings;
  readonly status: ServerStatus;
  readonly writer: boolean;
  readonly readers: boolean;
  /** Counters of the last five minutes, and of the last hour. */
  readonly recent: Window;
  readonly hour: Window;
  readonly wal: WalState;
  /** Seconds since what the server shows was last known to be all there is; null without a cluster. */
  readonly clusterBehind: number | null;
  /** Milliseconds since the WAL was last in the file as far as it should be. */
  readonly checkpointBehindMs: number;
  /** Other processes that hold a snapshot: `sqlite3 (4711)`. Asked only while checkpoints are behind. */
  readonly snapshotHolders: readonly string[];
  readonly machine: Machine;
  readonly folders: Readonly<Record<"database" | "backups" | "temporary", Folder>>;
  readonly diskSync: DiskSync | null;
  /** How full the cache's fuller tier is: 0 to 1. */
  readonly cacheFullness: number;
  /** Share of tracks that the text index knows; null when it cannot be told. */
  readonly textCoverage: number | null;
  readonly vectors: VectorFacts | null;
  /** Why the vector extension does not work; null when it does. */
  readonly vectorExtension: string | null;
  readonly integrity: IntegrityReport | null;
  readonly schema: { readonly version: number; readonly known: number };
  readonly backups: BackupFacts;
}

export interface VectorFacts {
  /** Share of tracks with the vectors that the server computes itself: the least of these kinds. */
  readonly coverage: number;
  readonly failed: number;
  /** Milliseconds since the number of missing vectors last changed. */
  readonly unchangedMs: number;
}

export interface BackupFacts {
  /** Milliseconds since the moment that the newest backup shows; null where there is none. */
  readonly ageMs: number | null;
  /** The same in the bucket; an error's text when it cannot be asked; undefined where there is no bucket. */
  readonly bucketAgeMs: number | null | string | undefined;
  /** Whether there is nothing of anybody's own to lose: an empty catalogue, or the demo as it was generated. */
  readonly nothingToLose: boolean;
}
