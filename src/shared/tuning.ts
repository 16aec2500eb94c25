/** What SQLite may keep in memory for one connection. */
export interface ConnectionMemory {
  /** KiB of page cache. */
  readonly cacheKib: number;
  /** MiB of the file that are mapped rather than read; 0 = none. */
  readonly mmapMib: number;
}

/**
 * Numbers that were chosen by measuring and that nobody who runs the server needs to know: no settings, but in one
 * place, so that the benchmark can put others in their stead and show what each is worth (bench/DESIGN.md).
 */
export interface Tuning {
  /** Reads that travel to a thread together; 1 = no batching. */
  readonly readBatch: number;
  /** The same on the scan lane, for reads that were brief when they last ran. */
  readonly scanBatch: number;
  /** Commands that share a commit; 1 = a commit each. */
  readonly writeBatch: number;
  /** Whether scans have threads of their own; if not, all threads take whatever comes. */
  readonly lanes: boolean;
  /** Bytes of WAL that are moved to the file as soon as nothing waits. */
  readonly walIdleBytes: number;
  /** Bytes of WAL past which scans are held until the WAL is empty again. */
  readonly walCapBytes: number;
  readonly reader: ConnectionMemory;
  readonly writer: ConnectionMemory;
}

export const TUNING: Tuning = Object.freeze({
  readBatch: 128,
  scanBatch: 16,
  // Past a few hundred the share of the sync is small and the wait is not.
  writeBatch: 512,
  lanes: true,
  walIdleBytes: 4_096_000,
  walCapBytes: 24_576_000,
  reader: { cacheKib: 8_192, mmapMib: 0 },
  writer: { cacheKib: 16_384, mmapMib: 0 },
});
