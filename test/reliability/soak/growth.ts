/** One look at the server. */
export interface Sample {
  /** Seconds from the start of the soak. */
  readonly at: number;
  readonly anonymous_bytes: number;
  readonly handles: number;
  readonly threads: number;
  /** Reads and commands that wait. */
  readonly queue: number;
  readonly wal_bytes: number;
}

type Grown = "anonymous_bytes" | "handles" | "threads" | "queue";

export interface Growth {
  readonly what: Grown;
  /** Medians of the first and of the last third of the time after the warm-up. */
  readonly early: number;
  readonly late: number;
  readonly allowed: number;
  readonly ok: boolean;
}

/** By how much the late median may pass the early one, by what is measured. */
const ALLOWED: Readonly<Record<Grown, (early: number) => number>> = {
  anonymous_bytes: (early) => Math.max(24 * 1_048_576, early * 0.1),
  handles: () => 8,
  threads: () => 2,
  queue: () => 4,
};

/** The share of the time in which caches fill and compilers work. */
const WARM_UP = 0.2;

export function growthOf(samples: readonly Sample[]): Growth[] {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const third = Math.max(1, Math.floor(warm.length / 3));
  return (Object.keys(ALLOWED) as Grown[]).map((what) => {
    const early = median(warm.slice(0, third).map((sample) => sample[what]));
    const late = median(warm.slice(-third).map((sample) => sample[what]));
    const allowed = early + ALLOWED[what](early);
    return { what, early, late, allowed, ok: late <= allowed };
  });
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
