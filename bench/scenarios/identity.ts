import { CONNECTIONS, type Scenario, UNCACHED } from "./scenario.ts";

/** The cost of authentication. */

/** Requests per second that leave the server idle most of the time, so that a wait is due to the logins. */
const STEADY = 1_000;
const HUNDRED_LOGINS = { traffic: "logins", connections: 100, clients: "undici" } as const;

const open = ["chinook", "chinook-key", "chinook-session"] as const;
const common = { group: "identity", database: "catalogue", repeats: 2 } as const;
const steady = {
  ...common,
  servers: ["chinook-key"],
  metric: "p99_ms",
  repeats: 1,
} as const;

export const IDENTITY = {
  "known-get": {
    ...common,
    title: "GET of one track, from the cache, by kind of credentials",
    servers: open,
    load: { traffic: "one-track", connections: CONNECTIONS },
  },
  "known-post": {
    ...common,
    title: "a burst of one user's durable plays, by kind of credentials",
    servers: open,
    load: { traffic: "own-plays", connections: CONNECTIONS },
  },
  "audited-patch": {
    ...common,
    title: "durable changes of tracks, without and with the audit",
    servers: ["chinook", "chinook-key"],
    load: { traffic: "changes", connections: CONNECTIONS },
  },
  "cached-alone": {
    ...steady,
    title: "cached reads with a key at a steady rate",
    load: { traffic: "one-track", connections: CONNECTIONS, rate: STEADY },
  },
  "cached-beside-logins": {
    ...steady,
    title: "the same while a hundred people log in",
    load: { traffic: "one-track", connections: CONNECTIONS, rate: STEADY },
    beside: HUNDRED_LOGINS,
  },
  "points-known": {
    ...steady,
    title: "point reads with a key at a steady rate, no cache",
    settings: UNCACHED,
    load: { traffic: "all-tracks", connections: CONNECTIONS, rate: STEADY },
  },
  "points-beside-logins": {
    ...steady,
    title: "the same while a hundred people log in",
    settings: UNCACHED,
    load: { traffic: "all-tracks", connections: CONNECTIONS, rate: STEADY },
    beside: HUNDRED_LOGINS,
  },
} as const satisfies Record<string, Scenario>;
