import type { Settings } from "../../../shared/settings.ts";
import { TUNING, type Tuning } from "../../../shared/tuning.ts";
import type { Cache } from "../cache/cache.ts";
import { type Logger, SLOW_MS } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { Answers } from "./answers.ts";
import { Lane, type LaneOptions } from "./lane.ts";

/** Milliseconds: reads of the scan lane that took less when they last ran travel together, too. */
const BRIEF_MS = 1;
const MAX_WAITING = 10_000;
const DEADLINE_MS = 5_000;
/** Half of the deadline: an estimate that is wrong by a factor of two still wastes no work. */
const MAX_WAIT_MS = DEADLINE_MS / 2;
/** Added to the scan threads' niceness. */
const SCAN_NICE = 5;
/** How long scans are waited for, and then held. A scan asks for its deadline now and then only. Milliseconds. */
const HOLD_MS = DEADLINE_MS + 500;

export interface ReadSideOptions {
  readonly settings: Pick<Settings, "database" | "pointReaders" | "scanReaders">;
  readonly cache: Cache;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tuning?: Tuning;
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
        if (table !== "none") metrics.lookUps.count(table, result);
      },
      onRead: ({ name, lane }, { waitedMs, ms }) => {
        metrics.readWait.observe(waitedMs / 1_000, lane);
        metrics.readDuration.observe(ms / 1_000, name);
        if (ms >= SLOW_MS) log.warn({ read: name, ms }, "slow read");
      },
    });
  }

  /** The database must exist: the writer comes first. */
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

  get queueLengths(): { point: number; scan: number } {
    return { point: this.#lanes.point.length, scan: this.#lanes.scan.length };
  }

  get alive(): boolean {
    return this.#lanes.point.alive && this.#lanes.scan.alive;
  }

  /**
   * Runs the action while no scan holds a snapshot. Scans that come are held, and those that run are waited for: each
   * ends by its deadline. One that is stuck past it is not waited for: then the action runs all the same. Nothing is
   * held for longer than a deadline in all.
   */
  async whileScansHeld<T>(action: () => Promise<T>): Promise<T> {
    const { scan } = this.#lanes;
    if (!(await scan.pause(HOLD_MS))) return action();
    let held = true;
    const letGo = () => {
      if (held) scan.resume();
      held = false;
    };
    const patience = setTimeout(letGo, HOLD_MS);
    try {
      return await action();
    } finally {
      clearTimeout(patience);
      letGo();
    }
  }

  /** Another file has been put in the database's place: whatever is sent from now on is read from that one. */
  reopen(): void {
    for (const lane of new Set(Object.values(this.#lanes))) lane.reopen();
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#lanes).map((lane) => lane.close()));
  }
}

/** One lane that cannot be opened takes the other with it: its threads would keep the process alive. */
async function closeOpened(opening: readonly Promise<Lane>[], error: unknown): Promise<never> {
  for (const lane of await Promise.allSettled(opening)) {
    if (lane.status === "fulfilled") await lane.value.close();
  }
  throw error;
}
