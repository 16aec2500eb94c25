import type { Settings } from "../../shared/settings.ts";
import { TUNING, type Tuning } from "../../shared/tuning.ts";
import { Commands } from "./commands/command-bus.ts";
import { type Committed, WriteQueue } from "./commands/write-queue.ts";
import { type Logger, SLOW_MS } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { LocalStorage, type LocalStorageOptions } from "./storage/local-storage.ts";
import type { Storage } from "./storage/storage.ts";

const MEBIBYTE = 1_048_576;
const MAX_BATCH_BYTES = 8 * MEBIBYTE;
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 64 * MEBIBYTE;
const DEADLINE_MS = 5_000;
/** Half of the deadline: even an estimate wrong by a factor of two wastes no work. */
const MAX_WAIT_MS = DEADLINE_MS / 2;

export interface WriteSideOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Called with the tags of a commit, after it and before the response. */
  readonly invalidate: (tags: readonly string[]) => void;
  readonly tuning?: Tuning | undefined;
}

export interface StorageOptions extends LocalStorageOptions {
  readonly settings: LocalStorageOptions["settings"] & Pick<Settings, "writer">;
  /** As {@link ClusterStorageOptions.whileReadersClosed}; nobody reads by default. */
  readonly whileReadersClosed?: (action: () => Promise<void>) => Promise<void>;
}

/** Imported on demand: few need it. */
async function openCluster(options: StorageOptions & WriteSideOptions): Promise<Storage> {
  const { ClusterStorage } = await import("./cluster/cluster-storage.ts");
  const { invalidate: onChange, whileReadersClosed = (action) => action(), ...rest } = options;
  return ClusterStorage.open({ ...rest, onChange, whileReadersClosed });
}

/**
 * The write side: a storage behind the queue and the command bus. The server has one, and so does a CLI command
 * that writes while no server runs: there is one way to write.
 */
export class WriteSide {
  readonly storage: Storage;
  readonly commands: Commands;
  readonly #queue: WriteQueue;
  #closing: Promise<void> | undefined;

  constructor(storage: Storage, options: WriteSideOptions) {
    this.storage = storage;
    this.#queue = openQueue(storage, options);
    this.commands = openCommands(this.#queue, options);
  }

  /** Over a local file, or a cluster. @throws AppError as {@link LocalStorage.open} or {@link ClusterStorage.open}. */
  static async open(options: StorageOptions & WriteSideOptions): Promise<WriteSide> {
    const { writer } = options.settings;
    const storage = await (writer === "local" ? LocalStorage.open(options) : openCluster(options));
    return new WriteSide(storage, options);
  }

  /** Waiting commands. */
  get queueLength(): number {
    return this.#queue.length;
  }

  /** Runs queued commands, then closes the storage. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#queue.close().then(() => this.storage.close());
    return this.#closing;
  }
}

function openQueue(storage: Storage, { metrics, tuning = TUNING }: WriteSideOptions): WriteQueue {
  return new WriteQueue(storage, storage.jobs, {
    maxWaiting: MAX_WAITING,
    maxWaitingBytes: MAX_WAITING_BYTES,
    maxWaitMs: MAX_WAIT_MS,
    maxBatch: tuning.writeBatch,
    maxBatchBytes: MAX_BATCH_BYTES,
    deadlineMs: DEADLINE_MS,
    onBatch: (size, { commitMs }: Committed) => {
      metrics.writeBatchSize.observe(size);
      metrics.commitDuration.observe(commitMs / 1_000);
    },
  });
}

function openCommands(queue: WriteQueue, { metrics, log, invalidate }: WriteSideOptions): Commands {
  return new Commands({
    queue,
    invalidate,
    onOutcome: ({ name, background }, { waitedMs, ms }) => {
      metrics.writeWait.observe(waitedMs / 1_000);
      metrics.writeDuration.observe(ms / 1_000, name);
      if (ms >= SLOW_MS) log[background ? "debug" : "warn"]({ command: name, ms }, "slow command");
    },
    onFailure: (_, code) => metrics.writeFailures.inc({ code }),
  });
}
