import type PQueue from "p-queue";
import type {
  AdoptReport,
  AdoptRequest,
  CheckpointReport,
  CopyReport,
  MigrationReport,
  MigrationStatus,
  WalState,
} from "../../../shared/protocol.ts";
import type { BatchExecutor } from "../commands/write-queue.ts";

/**
 * Whoever keeps the database: the writer thread over a local file, or something else that executes batches of SQL.
 *
 * The command bus needs a {@link BatchExecutor} and nothing besides; what is here beyond that is for operation. A
 * storage that has no such thing refuses it with `in_use`, saying who does it instead.
 */
export interface Storage extends BatchExecutor {
  /** In which everything takes its turn: checkpoints first, then batches, then maintenance. */
  readonly jobs: PQueue;
  /** Whether batches are taken now. */
  readonly alive: boolean;
  /** The number of the last migration. */
  readonly schemaVersion: number;
  readonly wal: WalState;
  optimize(): Promise<{ readonly ms: number }>;
  /** Empties the WAL. */
  checkpoint(): Promise<CheckpointReport>;
  migrate(target: number | "latest"): Promise<MigrationReport>;
  migrations(): Promise<readonly MigrationStatus[]>;
  /** Puts another database in the place of the one there is, whole and in one step, before every batch that waits. */
  adopt(request: AdoptRequest): Promise<AdoptReport>;
  /** Copies the database to an empty file while batches go on. */
  copy(to: string): Promise<CopyReport>;
  cancelCopy(): Promise<void>;
  /** Where the server listens, for those who find the database held. */
  announce(url: string): Promise<void>;
  /** Finishes what runs. Again is harmless. */
  close(): Promise<void>;
}
