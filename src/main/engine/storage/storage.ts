import type PQueue from "p-queue";
import type {
  AdoptReport,
  AdoptRequest,
  CheckpointReport,
  CopyReport,
  MigrationReport,
  MigrationStatus,
  StatementCosts,
  WalState,
} from "../../../shared/protocol.ts";
import type { Positions } from "../cluster/positions.ts";
import type { BatchExecutor } from "../commands/write-queue.ts";

/**
 * Storage of the database: the writer thread over a local file, or another executor of SQL batches.
 *
 * The command bus needs only a {@link BatchExecutor}. The other members serve operation. A storage that lacks one
 * refuses it with `in_use` and says who does it instead.
 */
export interface Storage extends BatchExecutor {
  /** How far answers have come, where several servers share a database. */
  readonly positions?: Positions;
  /** The job queue. Priorities: checkpoints, then batches, then maintenance. */
  readonly jobs: PQueue;
  /** Whether batches are accepted now. */
  readonly alive: boolean;
  /** The number of the last applied migration. */
  readonly schemaVersion: number;
  readonly wal: WalState;
  optimize(): Promise<{ readonly ms: number }>;
  /** What the statements of commands have cost. */
  statements(): Promise<readonly StatementCosts[]>;
  /** Empties the WAL. */
  checkpoint(): Promise<CheckpointReport>;
  migrate(target: number | "latest"): Promise<MigrationReport>;
  migrations(): Promise<readonly MigrationStatus[]>;
  /** Replaces the database by another: as a whole, in one step, before every waiting batch. */
  adopt(request: AdoptRequest): Promise<AdoptReport>;
  /** Copies the database to an empty file while batches go on. */
  copy(to: string): Promise<CopyReport>;
  cancelCopy(): Promise<void>;
  /** Publishes the server's URL to processes that find the database locked. */
  announce(url: string): Promise<void>;
  /** Finishes running jobs. Idempotent. */
  close(): Promise<void>;
}
