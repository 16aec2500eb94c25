import type { TrafficName } from "./requests.ts";
import type { ServerName } from "./servers.ts";

export interface Load {
  readonly traffic: TrafficName;
  readonly connections: number;
  /** Requests a second, whatever the server makes of them; without it as many as the connections bear. */
  readonly rate?: number;
}

export interface Scenario {
  readonly title: string;
  readonly servers: readonly ServerName[];
  /** `catalogue` holds the tracks, `busy` about a million plays as well. */
  readonly database: "catalogue" | "busy";
  /** Settings of Chinook Server that differ from its defaults. */
  readonly settings: Readonly<Record<string, string>>;
  /** What is measured. Undefined: how long the server takes to be ready. */
  readonly load?: Load;
  /** What runs at the same time without being measured. */
  readonly beside?: Load;
  /** The main load begins to be measured only after as many answers. */
  readonly after?: number;
  /** Reads `chinook_wal_bytes` while it runs, for as long as `--wal-minutes` says. */
  readonly watchesWal?: boolean;
  /** One repeat is enough: it is long, or holds several samples. */
  readonly once?: boolean;
  /** Left out of `--quick`, unless it is named. */
  readonly thorough?: boolean;
}

const UNCACHED = { CHINOOK_CACHE_MB: "0" };
const CONNECTIONS = 100;
/** Requests a second that leave every server idle most of the time: what waits then waits for the scans. */
const STEADY = 1_000;

export const SCENARIOS = {
  "cached-get": {
    title: "GET of one track, from the cache",
    servers: ["bare", "in-handler", "chinook"],
    database: "catalogue",
    settings: {},
    load: { traffic: "one-track", connections: CONNECTIONS },
  },
  "uncached-get": {
    title: "GET over all tracks, no cache",
    servers: ["bare", "in-handler", "in-handler-tuned", "piscina-per-request", "chinook"],
    database: "catalogue",
    settings: UNCACHED,
    load: { traffic: "all-tracks", connections: CONNECTIONS },
  },
  "durable-post": {
    title: "POST of a play, on disk before the answer",
    servers: ["echo", "in-handler", "chinook"],
    database: "catalogue",
    settings: {},
    load: { traffic: "plays", connections: CONNECTIONS },
  },
  "points-alone": {
    title: "point reads at a steady rate, no cache",
    servers: ["in-handler", "chinook"],
    database: "busy",
    settings: UNCACHED,
    load: { traffic: "all-tracks", connections: CONNECTIONS, rate: STEADY },
  },
  "points-beside-scans": {
    title: "the same while eight clients scan a million plays",
    servers: ["in-handler", "chinook"],
    database: "busy",
    settings: UNCACHED,
    load: { traffic: "all-tracks", connections: CONNECTIONS, rate: STEADY },
    beside: { traffic: "scans", connections: 8 },
  },
  "full-alone": {
    title: "as many point reads as 100 connections bear, no cache",
    servers: ["chinook"],
    database: "busy",
    settings: UNCACHED,
    load: { traffic: "all-tracks", connections: CONNECTIONS },
    thorough: true,
  },
  "full-beside-scans": {
    title: "the same while eight clients scan",
    servers: ["chinook"],
    database: "busy",
    settings: UNCACHED,
    load: { traffic: "all-tracks", connections: CONNECTIONS },
    beside: { traffic: "scans", connections: 8 },
    thorough: true,
  },
  wal: {
    title: "the log under full writes with readers",
    servers: ["chinook"],
    database: "catalogue",
    settings: UNCACHED,
    load: { traffic: "plays", connections: CONNECTIONS },
    beside: { traffic: "all-tracks", connections: 8 },
    watchesWal: true,
    once: true,
  },
  memory: {
    title: "memory after 100,000 requests, default settings",
    servers: ["chinook"],
    database: "catalogue",
    settings: {},
    load: { traffic: "all-tracks", connections: CONNECTIONS },
    after: 100_000,
    once: true,
  },
  start: {
    title: "spawn to ready, five times",
    servers: ["chinook"],
    database: "catalogue",
    settings: {},
    once: true,
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
