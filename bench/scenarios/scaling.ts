import { CONNECTIONS, type Scenario, type Sweep, UNCACHED } from "./scenario.ts";

const SHORT_MS = 2_000;
const MB = 1_000_000;
const NEVER = 1e12;

const CLIENTS: Sweep = {
  parameter: "clients",
  values: [1, 4, 8, 16, 32, 64, 128, 256, 512],
  change: (connections) => ({ connections }),
};
const CAPS = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const TRACKS: Sweep = {
  parameter: "catalogue",
  unit: "tracks",
  values: [3_500, 100_000, 1_000_000],
  change: (tracks) => ({ database: String(tracks) as "3500" | "100000" | "1000000" }),
};

const common = { group: "scaling", measureMs: SHORT_MS, repeats: 2 } as const;

/** One parameter each. */
export const SCALING = {
  "clients-read": {
    ...common,
    title: "point reads by number of clients, no cache",
    servers: ["in-handler", "chinook"],
    database: "catalogue",
    settings: UNCACHED,
    load: { traffic: "all-tracks", connections: CONNECTIONS },
    sweep: CLIENTS,
    repeats: 1,
  },
  "clients-write": {
    ...common,
    title: "durable plays by number of clients",
    servers: ["in-handler", "chinook"],
    database: "catalogue",
    load: { traffic: "plays", connections: CONNECTIONS },
    sweep: CLIENTS,
    repeats: 1,
  },
  "readers-point": {
    ...common,
    title: "point reads by threads of the lane, no cache",
    servers: ["chinook"],
    database: "catalogue",
    settings: UNCACHED,
    load: { traffic: "all-tracks", connections: CONNECTIONS },
    sweep: {
      parameter: "point readers",
      values: [1, 2, 4, 8],
      change: (readers) => ({ settings: { CHINOOK_POINT_READERS: String(readers) } }),
    },
  },
  "readers-scan": {
    ...common,
    title: "searches by threads of the lane, no cache",
    servers: ["chinook"],
    database: "catalogue",
    settings: UNCACHED,
    load: { traffic: "search", connections: CONNECTIONS },
    sweep: {
      parameter: "scan readers",
      values: [1, 2, 4, 8],
      change: (readers) => ({ settings: { CHINOOK_SCAN_READERS: String(readers) } }),
    },
  },
  "batch-read": {
    ...common,
    title: "point reads by maximum batch size, no cache",
    servers: ["chinook"],
    database: "catalogue",
    settings: UNCACHED,
    load: { traffic: "all-tracks", connections: 256 },
    sweep: { parameter: "read batch", values: CAPS, change: (readBatch) => ({ tuning: { readBatch } }) },
  },
  "batch-scan": {
    ...common,
    title: "searches by maximum batch size of brief scans, no cache",
    servers: ["chinook"],
    database: "catalogue",
    settings: UNCACHED,
    load: { traffic: "search", connections: CONNECTIONS },
    repeats: 1,
    sweep: {
      parameter: "scan batch",
      values: [1, 4, 16, 64],
      change: (scanBatch) => ({ tuning: { scanBatch } }),
    },
  },
  "batch-write": {
    ...common,
    title: "durable plays by maximum batch size",
    servers: ["chinook"],
    database: "catalogue",
    load: { traffic: "plays", connections: 256 },
    sweep: {
      parameter: "write batch",
      values: [...CAPS, 512],
      change: (writeBatch) => ({ tuning: { writeBatch } }),
    },
  },
  "tracks-get": {
    ...common,
    title: "point reads by size of the catalogue, no cache",
    servers: ["in-handler", "chinook"],
    database: "3500",
    settings: { ...UNCACHED, CHINOOK_VECTOR_GENERATION: "0" },
    load: { traffic: "all-tracks", connections: CONNECTIONS },
    sweep: TRACKS,
  },
  "tracks-search": {
    ...common,
    title: "searches by size of the catalogue, no cache",
    servers: ["chinook"],
    database: "3500",
    settings: { ...UNCACHED, CHINOOK_VECTOR_GENERATION: "0" },
    load: { traffic: "search", connections: 8 },
    sweep: TRACKS,
  },
  "tracks-write": {
    ...common,
    title: "durable plays by size of the catalogue",
    servers: ["chinook"],
    database: "3500",
    settings: { CHINOOK_VECTOR_GENERATION: "0" },
    load: { traffic: "plays", connections: CONNECTIONS },
    sweep: TRACKS,
  },
  "cache-size": {
    ...common,
    title: "GET of tracks, popular ones more often, by cache size",
    servers: ["chinook"],
    database: "100000",
    settings: { CHINOOK_VECTOR_GENERATION: "0" },
    load: { traffic: "popular-tracks", connections: CONNECTIONS },
    sweep: {
      parameter: "cache",
      unit: "MB",
      values: [0, 1, 2, 4, 8, 16, 32],
      change: (size) => ({ settings: { CHINOOK_CACHE_MB: String(size) } }),
    },
    repeats: 1,
  },
  "wal-cap": {
    ...common,
    title: "durable plays beside readers by WAL cap, without earlier checkpoints",
    servers: ["chinook"],
    database: "catalogue",
    settings: { ...UNCACHED, CHINOOK_WAL_LIMIT_MB: "1024" },
    load: { traffic: "plays", connections: CONNECTIONS },
    beside: { traffic: "all-tracks", connections: 8 },
    measureMs: 6_000,
    sweep: {
      parameter: "cap of the log",
      unit: "MB",
      values: [1, 4, 16, 64, 256],
      change: (size) => ({ tuning: { walCapBytes: size * MB, walIdleBytes: NEVER } }),
    },
    repeats: 1,
  },
  "wal-idle": {
    ...common,
    title: "durable plays beside readers by the threshold of idle checkpoints",
    servers: ["chinook"],
    database: "catalogue",
    settings: UNCACHED,
    load: { traffic: "plays", connections: CONNECTIONS },
    beside: { traffic: "all-tracks", connections: 8 },
    measureMs: 6_000,
    sweep: {
      parameter: "idle checkpoint from",
      unit: "MB",
      values: [0.25, 1, 4, 16],
      change: (size) => ({ tuning: { walIdleBytes: size * MB } }),
    },
    repeats: 1,
  },
} as const satisfies Record<string, Scenario>;
