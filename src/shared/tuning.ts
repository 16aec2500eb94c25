/** Memory that SQLite may use for one connection. */
export interface ConnectionMemory {
  /** KiB of page cache. */
  readonly cacheKib: number;
  /** MiB of the file to memory-map; 0 = none. */
  readonly mmapMib: number;
}

/**
 * Values chosen by measurement. They are no settings: an operator need not know them. They are in one place so that
 * the benchmark can replace them and show the effect of each (bench/DESIGN.md).
 */
export interface Tuning {
  /** Reads per batch on the point lane; 1 = no batching. */
  readonly readBatch: number;
  /** Reads per batch on the scan lane, for reads that were brief in their last run. */
  readonly scanBatch: number;
  /** Commands per commit; 1 = no group commit. */
  readonly writeBatch: number;
  /** Whether scans have their own threads. If not, all threads run any read. */
  readonly lanes: boolean;
  /** Bytes of WAL that are checkpointed as soon as nothing waits. */
  readonly walIdleBytes: number;
  /** Bytes of WAL past which scans are held until the WAL is empty. */
  readonly walCapBytes: number;
  readonly reader: ConnectionMemory;
  readonly writer: ConnectionMemory;
}

export const TUNING: Tuning = Object.freeze({
  readBatch: 128,
  scanBatch: 16,
  // Past a few hundred the sync's share is small, but the wait is not.
  writeBatch: 512,
  lanes: true,
  walIdleBytes: 4_096_000,
  walCapBytes: 24_576_000,
  reader: { cacheKib: 8_192, mmapMib: 0 },
  writer: { cacheKib: 16_384, mmapMib: 0 },
});
