import type { Settings } from "../../shared/settings.ts";
import type { Cache } from "../cache/cache.ts";
import { type Logger, SLOW_MS } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { Answers } from "./answers.ts";
import { Lane, type LaneOptions } from "./lane.ts";

/** Reads that travel to a thread together. */
const MAX_BATCH = 64;
const MAX_WAITING = 10_000;
const DEADLINE_MS = 5_000;
/** Added to the scan threads' niceness. */
const SCAN_NICE = 10;

export interface ReadSideOptions {
  readonly settings: Pick<Settings, "database" | "pointReaders" | "scanReaders">;
  readonly cache: Cache;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Everything that reads: the two lanes, and the answers that come from them or from the cache. */
export class ReadSide {
  readonly #lanes: Readonly<Record<"point" | "scan", Lane>>;
  readonly answers: Answers;

  private constructor(lanes: Record<"point" | "scan", Lane>, { cache, log, metrics }: ReadSideOptions) {
    this.#lanes = lanes;
    this.answers = new Answers({
      cache,
      lanes,
      onLookup: ({ cache: { table } }, result) => {
        if (table !== "none") metrics.cacheRequests.inc({ cache: table, result });
      },
      onRead: ({ name, lane }, { waitedMs, ms }) => {
        metrics.readWait.observe({ lane }, waitedMs / 1_000);
        metrics.readDuration.observe({ read: name }, ms / 1_000);
        if (ms >= SLOW_MS) log.warn({ read: name, ms }, "slow read");
      },
    });
  }

  /** The database must exist: the writer comes first. */
  static async open(options: ReadSideOptions): Promise<ReadSide> {
    const { settings, metrics } = options;
    const common = { file: settings.database, maxWaiting: MAX_WAITING, deadlineMs: DEADLINE_MS };
    const open = (lane: Pick<LaneOptions, "name" | "threads" | "maxBatch" | "nice">) =>
      Lane.open({
        ...common,
        ...lane,
        onBatch: (size) => metrics.readBatchSize.observe({ lane: lane.name }, size),
      });
    const [point, scan] = await Promise.all([
      open({ name: "point", threads: settings.pointReaders, maxBatch: MAX_BATCH, nice: 0 }),
      open({ name: "scan", threads: settings.scanReaders, maxBatch: 1, nice: SCAN_NICE }),
    ]);
    return new ReadSide({ point, scan }, options);
  }

  get queueLengths(): { point: number; scan: number } {
    return { point: this.#lanes.point.length, scan: this.#lanes.scan.length };
  }

  get alive(): boolean {
    return this.#lanes.point.threads > 0 && this.#lanes.scan.threads > 0;
  }

  /** Runs the action while no thread of this process holds a snapshot. */
  async whilePaused<T>(action: () => Promise<T>): Promise<T> {
    const lanes = Object.values(this.#lanes);
    try {
      await Promise.all(lanes.map((lane) => lane.pause()));
      return await action();
    } finally {
      for (const lane of lanes) lane.resume();
    }
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#lanes).map((lane) => lane.close()));
  }
}
