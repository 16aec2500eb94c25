import { createMetrics } from "../../src/main/engine/metrics.ts";
import type { Facts } from "../../src/main/features/health/facts.ts";
import { type Sample, Window } from "../../src/main/features/health/window.ts";
import { SETTINGS, type Settings } from "../../src/shared/settings.ts";

export const BOUNDS = createMetrics().readWait.bounds;
const none = BOUNDS.map(() => 0).concat(0);

const SAMPLE: Sample = {
  at: 0,
  clock: 0,
  waits: { point: none, scan: none, write: none, commit: none },
  requests: 0,
  serverErrors: 0,
  turnedAway: 0,
  hits: 0,
  lookUps: 0,
  misses: 0,
  staleFills: 0,
  threadsLost: 0,
  housekeepingFailures: 0,
  checkpoints: 0,
  loopP99: 0,
  loopMax: 0,
};

/** Five minutes in which that happened. */
export const windowOf = (happened: Partial<Sample>): Window =>
  new Window([SAMPLE, { ...SAMPLE, at: 300_000, ...happened }], BOUNDS);

/** A hundred waits, all in the bucket of so many seconds. */
export const waitsOf = (lane: keyof Sample["waits"], seconds: number): Partial<Sample> => {
  const bucket = BOUNDS.findIndex((bound) => bound >= seconds);
  return { waits: { ...SAMPLE.waits, [lane]: none.map((_, i) => (i === bucket ? 100 : 0)) } };
};

export const DEFAULTS = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, { initial }]) => [name, initial()]),
) as unknown as Settings;

const GIBIBYTE = 1_073_741_824;
export const folder = { path: "/data", freeBytes: 50 * GIBIBYTE, freeFiles: 1e6, fileSystem: "ext4" };

/** A healthy server. */
export const WELL: Facts = {
  settings: DEFAULTS,
  status: "ok",
  writer: true,
  readers: true,
  recent: windowOf({}),
  hour: windowOf({}),
  wal: { frames: 0, checkpointed: 0, bytes: 0 },
  clusterBehind: null,
  checkpointBehindMs: 0,
  snapshotHolders: [],
  machine: {
    residentBytes: GIBIBYTE / 4,
    memoryBytes: 8 * GIBIBYTE,
    availableBytes: 4 * GIBIBYTE,
    heapRatio: 0.2,
    descriptors: 50,
    maxDescriptors: 1_024,
  },
  folders: { database: folder, backups: folder, temporary: folder },
  diskSync: { leastMs: 0.1, medianMs: 0.2 },
  cacheFullness: 0,
  textCoverage: 1,
  vectors: { coverage: 1, failed: 0, unchangedMs: 0 },
  vectorExtension: null,
  integrity: {
    pages: { faults: [] },
    foreign_keys: { faults: [] },
    text_index: { faults: [] },
    at: "2026-01-01T00:00:00.000Z",
    seconds: 1,
  },
  schema: { version: 14, known: 14 },
  backups: { ageMs: 3_600_000, bucketAgeMs: undefined, nothingToLose: false },
};
