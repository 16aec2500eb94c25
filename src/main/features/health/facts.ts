import type { WalState } from "../../../shared/protocol.ts";
import type { Settings } from "../../../shared/settings.ts";
import type { ServerStatus } from "../feature.ts";
import type { DiskSync } from "./disk-sync.ts";
import type { IntegrityReport } from "./integrity/steps.ts";
import type { Folder, Machine } from "./machine.ts";
import type { Window } from "./window.ts";

/**
 * All inputs of the checks, as plain data of one moment. So a check is a pure function, and gathering decides
 * nothing.
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
  /** Seconds since this node was last known to be up to date; null without a cluster. */
  readonly clusterBehind: number | null;
  /** Milliseconds since the last checkpoint that caught up. */
  readonly checkpointBehindMs: number;
  /** Other processes that hold a snapshot: `sqlite3 (4711)`. Determined only while checkpoints are behind. */
  readonly snapshotHolders: readonly string[];
  readonly machine: Machine;
  readonly folders: Readonly<Record<"database" | "backups" | "temporary", Folder>>;
  readonly diskSync: DiskSync | null;
  /** Fullness of the cache's fuller tier: 0 to 1. */
  readonly cacheFullness: number;
  /** Share of tracks in the text index; null if unknown. */
  readonly textCoverage: number | null;
  readonly vectors: VectorFacts | null;
  /** Why the vector extension does not work; null when it does. */
  readonly vectorExtension: string | null;
  readonly integrity: IntegrityReport | null;
  readonly schema: { readonly version: number; readonly known: number };
  readonly backups: BackupFacts;
}

export interface VectorFacts {
  /** Share of tracks with the vectors that the server computes itself: the minimum over these kinds. */
  readonly coverage: number;
  readonly failed: number;
  /** Milliseconds since the number of missing vectors last changed. */
  readonly unchangedMs: number;
}

export interface BackupFacts {
  /** Milliseconds since the state of the newest backup; null if there is none. */
  readonly ageMs: number | null;
  /**
   * The same for the bucket; an error's text if it can't be reached; undefined if no bucket is configured.
   */
  readonly bucketAgeMs: number | null | string | undefined;
  /** Whether no user data can be lost: the catalogue is empty, or the unchanged demo. */
  readonly nothingToLose: boolean;
}
