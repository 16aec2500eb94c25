/** What `/admin/live` and `/admin/history` give; each field is described beside the server's. */

export interface Activity {
  readonly name: string;
  readonly count: number;
  readonly total_ms: number;
  readonly p99_ms: number;
}

export interface LaneSample {
  readonly per_second: number;
  readonly wait_p50_ms: number;
  readonly wait_p99_ms: number;
  readonly batch: number;
  readonly queue: number;
  /** Left out by older samples of the history, as below. */
  readonly busy?: number;
}

/** How the server was in a span of time; rates are of a second. */
export interface Sample {
  readonly at: string;
  readonly seconds: number;
  readonly status: "ok" | "warn" | "fail";
  readonly failing: readonly string[];
  readonly requests: number;
  readonly http_p50_ms: number;
  readonly http_p99_ms: number;
  readonly errors: number;
  readonly rejected: number;
  readonly point: LaneSample;
  readonly scan: LaneSample;
  readonly writes: {
    readonly per_second: number;
    readonly wait_p99_ms: number;
    readonly batch: number;
    readonly queue: number;
    readonly commits: number;
    readonly commit_p50_ms: number;
    readonly commit_p99_ms: number;
  };
  readonly cache_hit_ratio: number | null;
  readonly cache_look_ups?: number;
  readonly cache_invalidations?: number;
  readonly cache_entries: number;
  readonly cache_bytes: number;
  readonly wal_bytes: number;
  readonly checkpoints?: number;
  readonly checkpoint_p90_ms?: number;
  readonly database_bytes: number;
  readonly resident_bytes: number;
  readonly heap_bytes: number;
  readonly loop: number;
  readonly processors: number;
  readonly reads: readonly Activity[];
  readonly commands: readonly Activity[];
  readonly troubles: Readonly<Record<string, number>>;
}

/** What does not change while the server runs. */
export interface Facts {
  readonly version: string;
  readonly started_at: string;
  readonly point_readers: number;
  readonly scan_readers: number;
  readonly synchronous: "full" | "normal";
  readonly cache_max_bytes: number;
  readonly wal_cap_bytes: number;
  readonly wal_limit_bytes: number;
}

export interface Job {
  readonly id: number;
  readonly kind: string;
  readonly state: "running" | "done" | "failed" | "cancelled" | "interrupted";
  readonly phase: string | null;
  readonly done: number;
  readonly total: number | null;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly error: { readonly code: string; readonly detail: string; readonly hint?: string } | null;
  readonly expected_at: string | null;
  readonly cancellable: boolean;
}

export interface Jobs {
  readonly running: readonly Job[];
  readonly ended: number;
}
