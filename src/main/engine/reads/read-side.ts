import { AppError, type ErrorCode } from "../../../shared/errors.ts";
import type { StatementCosts } from "../../../shared/protocol.ts";
import type { Settings } from "../../../shared/settings.ts";
import { StatementMeter } from "../../../shared/statement-meter.ts";
import { TUNING, type Tuning } from "../../../shared/tuning.ts";
import type { Cache } from "../cache/cache.ts";
import { type Logger, SLOW_MS } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { Answers } from "./answers.ts";
import { Lane, type LaneOptions } from "./lane.ts";

/** Milliseconds: on the scan lane, reads that took less in their last run are batched. */
const BRIEF_MS = 1;
const MAX_WAITING = 10_000;
const DEADLINE_MS = 5_000;
/** Half of the deadline: even an estimate wrong by a factor of two wastes no work. */
const MAX_WAIT_MS = DEADLINE_MS / 2;
/** Added to the scan threads' niceness. */
const SCAN_NICE = 5;
/**
 * Milliseconds to wait for running scans, and then to hold new ones. A scan checks its deadline only now and then,
 * hence the margin.
 */
const HOLD_MS = DEADLINE_MS + 500;

/** Texts of statements whose costs are kept. */
const MAX_METERED = 512;
/** Failures that say nothing of a read's statement. */
const UNSENT: ReadonlySet<ErrorCode> = new Set(["overloaded", "closing"]);

export interface ReadSideOptions {
  readonly settings: Pick<Settings, "database" | "pointReaders" | "scanReaders">;
  readonly cache: Cache;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tuning?: Tuning;
}

/** The read side: the two lanes, and the answers from them or from the cache. */
export class ReadSide {
  readonly #lanes: Readonly<Record<"point" | "scan", Lane>>;
  readonly #meter = new StatementMeter(MAX_METERED);
  readonly answers: Answers;

  private constructor(lanes: Record<"point" | "scan", Lane>, { cache, log, metrics }: ReadSideOptions) {
    this.#lanes = lanes;
    this.answers = new Answers({
      cache,
      lanes,
      onLookup: ({ cache: { table } }, result) => {
        if (table !== "none") metrics.lookUps.count(table, result);
      },
      onRead: ({ name, lane, background }, { sql, params }, { row, waitedMs, ms }) => {
        this.#meter.of(sql, name).ran(ms, params, row === null ? 0 : 1, 0, row?.[0]?.length ?? 0);
        metrics.readWait.observe(waitedMs / 1_000, lane);
        metrics.readDuration.observe(ms / 1_000, name);
        if (ms >= SLOW_MS) log[background ? "debug" : "warn"]({ read: name, ms }, "slow read");
      },
      onReadFailed: ({ name }, { sql, params }, error, ms) => {
        const code = error instanceof AppError ? error.code : "internal";
        if (!UNSENT.has(code))
          this.#meter.of(sql, name).failed(code === "read_timeout" ? ms : undefined, params);
      },
    });
  }

  /** The database must exist, so open the writer first. */
  static async open(options: ReadSideOptions): Promise<ReadSide> {
    const { settings, metrics, log, tuning = TUNING } = options;
    const { database: file, pointReaders, scanReaders } = settings;
    const bounds = { maxWaiting: MAX_WAITING, maxWaitMs: MAX_WAIT_MS, deadlineMs: DEADLINE_MS };
    const open = (lane: Pick<LaneOptions, "name" | "threads" | "maxBatch" | "briefMs" | "nice">) =>
      Lane.open({
        file,
        memory: tuning.reader,
        ...bounds,
        ...lane,
        onBatch: (size) => metrics.readBatchSize.observe(size, lane.name),
        onLost: () => {
          metrics.threadsLost.inc({ thread: lane.name });
          log.error({ lane: lane.name }, "a reader thread died: starting another");
        },
      });
    if (!tuning.lanes) {
      const [threads, maxBatch] = [pointReaders + scanReaders, tuning.readBatch];
      const only = await open({ name: "point", threads, maxBatch, briefMs: BRIEF_MS, nice: 0 });
      return new ReadSide({ point: only, scan: only }, options);
    }
    const opening = [
      open({ name: "point", threads: pointReaders, maxBatch: tuning.readBatch, nice: 0 }),
      open({
        name: "scan",
        threads: scanReaders,
        maxBatch: tuning.scanBatch,
        briefMs: BRIEF_MS,
        nice: SCAN_NICE,
      }),
    ] as const;
    const [points, scans] = await Promise.all(opening).catch((error) => closeOpened(opening, error));
    return new ReadSide({ point: points, scan: scans }, options);
  }

  /** What the statements of reads have cost. */
  get statements(): readonly StatementCosts[] {
    return this.#meter.costs;
  }

  get queueLengths(): { point: number; scan: number } {
    return { point: this.#lanes.point.length, scan: this.#lanes.scan.length };
  }

  /** Threads that run reads now, by lane. */
  get busy(): { point: number; scan: number } {
    return { point: this.#lanes.point.busy, scan: this.#lanes.scan.busy };
  }

  get alive(): boolean {
    return this.#lanes.point.alive && this.#lanes.scan.alive;
  }

  /**
   * Runs the action while no scan holds a snapshot. New scans are held. Running ones are awaited: each ends by its
   * deadline. If one is stuck past its deadline, the action runs anyway. New scans are held for a deadline at most.
   */
  async whileScansHeld<T>(action: () => Promise<T>): Promise<T> {
    const { scan } = this.#lanes;
    if (!(await scan.pause(HOLD_MS))) return action();
    let held = true;
    const release = () => {
      if (held) scan.resume();
      held = false;
    };
    const patience = setTimeout(release, HOLD_MS);
    try {
      return await action();
    } finally {
      clearTimeout(patience);
      release();
    }
  }

  /**
   * Runs the action while no thread has the file open. Reads wait, and then reopen it. A read that is stuck keeps its
   * connection.
   */
  async whileClosed(action: () => Promise<void>): Promise<void> {
    const lanes = [...new Set(Object.values(this.#lanes))];
    const paused = await Promise.all(lanes.map((lane) => lane.pause(HOLD_MS)));
    try {
      await Promise.all(lanes.map((lane) => lane.closeConnections()));
      await action();
    } finally {
      for (const [i, lane] of lanes.entries()) if (paused[i]) lane.resume();
    }
  }

  /** The database file was replaced: reads sent from now on use the new file. */
  reopen(): void {
    for (const lane of new Set(Object.values(this.#lanes))) lane.reopen();
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#lanes).map((lane) => lane.close()));
  }
}

/** If one lane can't be opened, closes the other: its threads would keep the process alive. */
async function closeOpened(opening: readonly Promise<Lane>[], error: unknown): Promise<never> {
  for (const lane of await Promise.allSettled(opening)) {
    if (lane.status === "fulfilled") await lane.value.close();
  }
  throw error;
}
