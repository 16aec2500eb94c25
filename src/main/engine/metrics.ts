import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { Histogram } from "./histogram.ts";

/** Every metric of the server. Dashboards depend on these names. */

/** Seconds, from 0.1 ms: a cached answer takes less than the first bucket of the usual defaults. */
const SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** Sources of the gauges' values at a scrape. */
export interface GaugeSources {
  readonly cacheEntries: () => Readonly<Record<string, number>>;
  readonly cacheBytes: () => Readonly<Record<string, number>>;
  readonly staleFills: () => number;
  readonly invalidations: () => ReadonlyMap<string, number>;
  readonly readQueues: () => Readonly<Record<string, number>>;
  readonly writeQueue: () => number;
  readonly wal: () => { readonly frames: number; readonly bytes: number };
  /** Seconds. */
  readonly clusterBehind: () => number;
  readonly databaseBytes: () => number;
  readonly playTotalsDue: () => number;
  /** 0 ok, 1 warn, 2 fail, by check. */
  readonly healthChecks: () => Readonly<Record<string, number>>;
  /** Undefined if unknown: then the gauge keeps its value. */
  readonly ftsCoverage: () => Promise<number | undefined>;
  readonly vectorCoverage: () => Promise<Readonly<Record<string, number>>>;
}

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "chinook_" });
  // Gauges with a counter's suffix, which promtool rejects. Each is the sum of a gauge that stays.
  for (const kind of ["handles", "requests", "resources"])
    registry.removeSingleMetric(`chinook_nodejs_active_${kind}_total`);
  const lookUps = new LookUps();
  new Counter({
    name: "chinook_cache_requests_total",
    help: "Look-ups in the cache, by table and result.",
    labelNames: ["cache", "result"],
    registers,
    collect() {
      this.reset();
      for (const [cache, results] of lookUps.byTable) {
        for (const [result, count] of results) this.inc({ cache, result }, count);
      }
    },
  });
  return {
    registry,
    httpDuration: new Histogram({
      name: "chinook_http_request_duration_seconds",
      help: "Time from the request's headers to its answer, by route template.",
      labelNames: ["method", "route", "status"],
      buckets: SECONDS,
      registers,
    }),
    lookUps,
    cacheHitRatio: new Gauge({
      name: "chinook_cache_hit_ratio",
      help: "Share of look-ups that were hits since the start, by table.",
      labelNames: ["cache"],
      registers,
      collect() {
        for (const [cache, ratio] of lookUps.hitRatios()) this.set({ cache }, ratio);
      },
    }),
    readWait: new Histogram({
      name: "chinook_read_wait_seconds",
      help: "Time that reads wait for a reader thread, by lane.",
      labelNames: ["lane"],
      buckets: SECONDS,
      registers,
    }),
    readDuration: new Histogram({
      name: "chinook_read_duration_seconds",
      help: "Time that reads run inside SQLite, by read.",
      labelNames: ["read"],
      buckets: SECONDS,
      registers,
    }),
    readBatchSize: new Histogram({
      name: "chinook_read_batch_size",
      help: "Reads per batch, by lane.",
      labelNames: ["lane"],
      buckets: SIZES,
      registers,
    }),
    writeWait: new Histogram({
      name: "chinook_write_wait_seconds",
      help: "Time that commands wait before they are sent to the writer.",
      buckets: SECONDS,
      registers,
    }),
    writeDuration: new Histogram({
      name: "chinook_write_duration_seconds",
      help: "Time that commands run inside SQLite, without the shared commit, by command.",
      labelNames: ["command"],
      buckets: SECONDS,
      registers,
    }),
    writeBatchSize: new Histogram({
      name: "chinook_write_batch_size",
      help: "Commands that shared one commit.",
      buckets: SIZES,
      registers,
    }),
    commitDuration: new Histogram({
      name: "chinook_commit_duration_seconds",
      help: "Time of a batch's COMMIT, its sync to disk included.",
      buckets: SECONDS,
      registers,
    }),
    clusterRetries: new Counter({
      name: "chinook_cluster_retries_total",
      help: "Requests to the cluster that were sent again, because no leader answered.",
      registers,
    }),
    clusterLag: new Histogram({
      name: "chinook_cluster_lag_seconds",
      help: "Time from the leader's acknowledgement of a batch until this server's own node showed it.",
      buckets: SECONDS,
      registers,
    }),
    clusterAge: new Histogram({
      name: "chinook_cluster_age_seconds",
      help: "Time from the sending of a batch, by any server's clock, until this server's own node showed it.",
      buckets: SECONDS,
      registers,
    }),
    writeFailures: new Counter({
      name: "chinook_write_failures_total",
      help: "Commands that failed, by error code.",
      labelNames: ["code"],
      registers,
    }),
    housekeepingFailures: new Counter({
      name: "chinook_housekeeping_failures_total",
      help: "Failed hourly tasks, by task and error code.",
      labelNames: ["task", "code"],
      registers,
    }),
    rejectedRequests: new Counter({
      name: "chinook_rejected_requests_total",
      help: "Rejected requests, by reason.",
      labelNames: ["reason"],
      registers,
    }),
    threadsLost: new Counter({
      name: "chinook_threads_lost_total",
      help: "Threads that died and were replaced: writer, point, scan.",
      labelNames: ["thread"],
      registers,
    }),
    checkpointDuration: new Histogram({
      name: "chinook_checkpoint_duration_seconds",
      help: "Time of WAL checkpoints, by mode.",
      labelNames: ["mode"],
      buckets: SECONDS,
      registers,
    }),
    checkpoints: new Counter({
      name: "chinook_checkpoints_total",
      help: "WAL checkpoints, by mode and whether a reader blocked them.",
      labelNames: ["mode", "result"],
      registers,
    }),
    backups: new Counter({
      name: "chinook_backups_total",
      help: "Attempted backups, by result.",
      labelNames: ["result"],
      registers,
    }),
    alerts: new Counter({
      name: "chinook_alerts_total",
      help: "Alerts sent by the server, by channel and result.",
      labelNames: ["channel", "result"],
      registers,
    }),
    backupLastSuccess: new Gauge({
      name: "chinook_backup_last_success_timestamp_seconds",
      help: "Time of the newest backup's content, in seconds since 1970; 0 if there is none.",
      registers,
    }),
    backupLastDuration: new Gauge({
      name: "chinook_backup_last_duration_seconds",
      help: "Duration of the newest backup, including its check.",
      registers,
    }),
    backupLongestStep: new Gauge({
      name: "chinook_backup_longest_step_seconds",
      help: "Longest step of the newest copy: the longest time it delayed a batch.",
      registers,
    }),
    backupLastBytes: new Gauge({
      name: "chinook_backup_last_bytes",
      help: "Compressed size of the newest backup.",
      registers,
    }),
  };
}

/** Gauges whose values are read at a scrape. */
export function registerGauges({ registry }: Metrics, sources: GaugeSources): void {
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  const gauges = (
    name: string,
    help: string,
    label: string,
    values: () => Readonly<Record<string, number>>,
  ) =>
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        for (const [key, value] of Object.entries(values())) this.set({ [label]: key }, value);
      },
    });
  gauges("chinook_cache_entries", "Cached answers, by table.", "cache", sources.cacheEntries);
  gauges("chinook_cache_bytes", "Memory of cached answers, by tier.", "tier", sources.cacheBytes);
  gauges("chinook_read_queue_length", "Waiting reads, by lane.", "lane", sources.readQueues);
  gauge("chinook_write_queue_length", "Waiting commands.", sources.writeQueue);
  gauge(
    "chinook_cluster_behind_seconds",
    "Time since this server was last known to be up to date with the cluster's leader; 0 without a cluster.",
    sources.clusterBehind,
  );
  gauge("chinook_wal_frames", "Frames in the WAL.", () => sources.wal().frames);
  gauge("chinook_wal_bytes", "Size of the WAL file.", () => sources.wal().bytes);
  gauge(
    "chinook_play_totals_due",
    "Time spans whose plays are not yet summed, at the last check.",
    sources.playTotalsDue,
  );
  gauges("chinook_health_check", "0 ok, 1 warn, 2 fail, by check.", "check", sources.healthChecks);
  gauge("chinook_database_bytes", "Size of the database file.", sources.databaseBytes);
  new Gauge({
    name: "chinook_fts_coverage_ratio",
    help: "Share of tracks in the text index.",
    registers,
    async collect() {
      const ratio = await sources.ftsCoverage();
      if (ratio !== undefined) this.set(ratio);
    },
  });
  new Gauge({
    name: "chinook_vector_coverage_ratio",
    help: "Share of tracks that have a vector, by kind.",
    labelNames: ["kind"],
    registers,
    async collect() {
      for (const [kind, ratio] of Object.entries(await sources.vectorCoverage())) this.set({ kind }, ratio);
    },
  });
  new Counter({
    name: "chinook_cache_stale_fills_dropped_total",
    help: "Answers not cached because of a write during their read.",
    registers,
    collect() {
      this.reset();
      this.inc(sources.staleFills());
    },
  });
  new Counter({
    name: "chinook_cache_invalidations_total",
    help: "Tags touched by writes, by kind.",
    labelNames: ["tag_kind"],
    registers,
    collect() {
      this.reset();
      for (const [kind, count] of sources.invalidations()) this.inc({ tag_kind: kind }, count);
    },
  });
}

/** Counts cache look-ups. Every answer counts one, so counting must be almost free. */
class LookUps {
  readonly byTable = new Map<string, Map<string, number>>();

  count(table: string, result: string): void {
    const results = this.byTable.get(table) ?? new Map<string, number>();
    if (results.size === 0) this.byTable.set(table, results);
    results.set(result, (results.get(result) ?? 0) + 1);
  }

  /** Hit ratios by table. Look-ups that bypassed the cache do not count. */
  *hitRatios(): Generator<[table: string, ratio: number]> {
    for (const [table, results] of this.byTable) {
      let all = 0;
      for (const [result, count] of results) if (result !== "bypass") all += count;
      if (all > 0) yield [table, (results.get("hit") ?? 0) / all];
    }
  }
}
