import type { Settings } from "../../shared/settings.ts";
import type { Tuning } from "../../shared/tuning.ts";
import { Cache } from "./cache/cache.ts";
import type { Commands } from "./commands/command-bus.ts";
import { Housekeeping, type Upkeep } from "./housekeeping.ts";
import type { Logger } from "./log.ts";
import { createMetrics, type GaugeSources, type Metrics } from "./metrics.ts";
import type { Answers } from "./reads/answers.ts";
import { ReadSide } from "./reads/read-side.ts";
import type { Storage } from "./storage/storage.ts";
import { WriteSide } from "./write-side.ts";

const MEBIBYTE = 1_048_576;
const SWEEP_MS = 5_000;

export interface EngineOptions {
  readonly settings: Settings;
  readonly log: Logger;
  readonly tuning?: Tuning | undefined;
  /** Runs once the database is open and before any read: creates the demo catalogue. */
  readonly fill: (writes: WriteSide) => Promise<void>;
  /** As {@link LocalStorageOptions.beforeMigration}. */
  readonly beforeMigration: () => Promise<unknown>;
  /** Hourly tasks of the features. */
  readonly upkeep: readonly Upkeep[];
}

type OnCommit = (tags: readonly string[]) => void;

interface Parts {
  readonly metrics: Metrics;
  readonly cache: Cache;
  readonly writes: WriteSide;
  readonly reads: ReadSide;
}

/**
 * Runs any read and any command: cache, lanes, command bus and storage. It knows no feature.
 *
 * It opens the writer first (create, migrate), then the readers, and closes them in reverse order. If opening fails
 * half-way, the opened parts are closed. Closing is idempotent.
 */
export class Engine {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly cache: Cache;
  readonly storage: Storage;
  readonly writes: WriteSide;
  readonly reads: ReadSide;
  readonly housekeeping: Housekeeping;
  readonly #listeners: OnCommit[];
  readonly #resources: AsyncDisposableStack;
  readonly #sweeper: NodeJS.Timeout;

  private constructor(
    { log, upkeep }: EngineOptions,
    parts: Parts,
    listeners: OnCommit[],
    resources: AsyncDisposableStack,
  ) {
    this.log = log;
    this.metrics = parts.metrics;
    this.cache = parts.cache;
    this.writes = parts.writes;
    this.storage = parts.writes.storage;
    this.reads = parts.reads;
    this.#listeners = listeners;
    this.#resources = resources;
    this.housekeeping = new Housekeeping({
      commands: this.commands,
      optimize: () => this.storage.optimize(),
      ...{ upkeep, log, metrics: this.metrics },
    });
    this.#sweeper = setInterval(() => parts.cache.collect(), SWEEP_MS).unref();
  }

  /** @throws AppError if the database is locked or unusable. */
  static async open(options: EngineOptions): Promise<Engine> {
    const { settings, log, tuning, fill, beforeMigration } = options;
    const tuned = tuning === undefined ? {} : { tuning };
    await using opened = new AsyncDisposableStack();
    const metrics = createMetrics();
    const cache = opened.adopt(new Cache({ maxBytes: settings.cacheMb * MEBIBYTE }), (cache) =>
      cache.close(),
    );
    const listeners: OnCommit[] = [];
    // Readers open after the writer. Until then a checkpoint has no scans to pause.
    let reads: ReadSide | undefined;
    const invalidate = (tags: readonly string[]) => {
      cache.invalidate(tags);
      for (const listener of listeners) listener(tags);
    };
    const writes = opened.adopt(
      await WriteSide.open({
        ...tuned,
        settings,
        log,
        metrics,
        beforeMigration,
        invalidate,
        onReplaced: () => {
          reads?.reopen();
          invalidate(["*"]);
        },
        onForeignWrite: () => invalidate(["*"]),
        whileReadersClosed: (action) => (reads === undefined ? action() : reads.whileClosed(action)),
        whileScansHeld: (action) => (reads === undefined ? action() : reads.whileScansHeld(action)),
      }),
      (writes) => writes.close(),
    );
    await fill(writes);
    reads = opened.adopt(await ReadSide.open({ ...tuned, settings, cache, log, metrics }), (reads) =>
      reads.close(),
    );
    return new Engine(options, { metrics, cache, writes, reads }, listeners, opened.move());
  }

  get answers(): Answers {
    return this.reads.answers;
  }

  get commands(): Commands {
    return this.writes.commands;
  }

  get alive(): boolean {
    return this.storage.alive && this.reads.alive;
  }

  /** Calls the listener after each commit, after the cache's invalidation and before the response. */
  onCommit(listener: OnCommit): void {
    this.#listeners.push(listener);
  }

  get gauges(): Omit<
    GaugeSources,
    "databaseBytes" | "ftsCoverage" | "vectorCoverage" | "playTotalsDue" | "healthChecks"
  > {
    const { cache, reads, writes, storage } = this;
    return {
      cacheEntries: () => cache.entryCounts,
      cacheBytes: () => ({ ...cache.bytes }),
      staleFills: () => cache.counters.staleFills,
      invalidations: () => cache.counters.invalidations,
      readQueues: () => reads.queueLengths,
      writeQueue: () => writes.queueLength,
      wal: () => storage.wal,
      clusterBehind: () => storage.positions?.behindSeconds ?? 0,
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.housekeeping.close();
    await this.#resources.disposeAsync();
  }
}
