import { CONNECTIONS, type Scenario, UNCACHED } from "./scenario.ts";

const QUIET = { ...UNCACHED, CHINOOK_VECTOR_GENERATION: "0" };

/** Long-term behaviour: WAL, memory, start. */
export const UPKEEP = {
  wal: {
    title: "the WAL under full write load, with readers",
    group: "upkeep",
    servers: ["chinook"],
    database: "catalogue",
    settings: UNCACHED,
    load: { traffic: "plays", connections: CONNECTIONS },
    beside: { traffic: "all-tracks", connections: 8 },
    watched: true,
    repeats: 1,
    quick: true,
  },
  "wal-arrays": {
    title: "the WAL under arrays of 1,000 plays from six clients",
    group: "upkeep",
    servers: ["chinook"],
    database: "20000",
    settings: QUIET,
    load: { traffic: "play-arrays", connections: 6 },
    watched: true,
    repeats: 1,
  },
  "wal-scans": {
    title: "the WAL under full write load, beside six clients that search continuously",
    group: "upkeep",
    servers: ["chinook"],
    database: "20000",
    settings: QUIET,
    load: { traffic: "plays", connections: CONNECTIONS },
    beside: { traffic: "search", connections: 6, clients: "undici" },
    watched: true,
    repeats: 1,
  },
  memory: {
    title: "memory after 100,000 requests, default settings",
    group: "upkeep",
    servers: ["chinook"],
    database: "catalogue",
    load: { traffic: "all-tracks", connections: CONNECTIONS },
    after: 100_000,
    repeats: 1,
    quick: true,
  },
  "request-log": {
    title: "GET of one track, from the cache, by request log",
    group: "upkeep",
    servers: ["chinook", "chinook-log-slow", "chinook-log-all"],
    database: "catalogue",
    load: { traffic: "one-track", connections: CONNECTIONS },
    repeats: 2,
  },
  start: {
    title: "from spawn to the first answer, five times",
    group: "upkeep",
    servers: ["in-handler", "piscina-per-request", "chinook"],
    database: "catalogue",
    repeats: 1,
    quick: true,
  },
} as const satisfies Record<string, Scenario>;
