import { CONNECTIONS, EIGHT_SCANS, type Scenario, UNCACHED } from "./scenario.ts";

const BEFORE_COMMITS = ["step-naive", "step-hidden", "step-pool", "step-batching", "step-json"] as const;

/** From the naive server to Chinook Server, one design choice per step, in scenarios that show its effect. */
export const ABLATION = {
  "steps-read": {
    title: "GET of tracks, popular ones more often",
    group: "ablation",
    repeats: 2,
    servers: [...BEFORE_COMMITS, "step-cache-database", "step-cache-hot", "step-all"],
    database: "catalogue",
    load: { traffic: "popular-tracks", connections: CONNECTIONS },
  },
  "steps-list": {
    title: "pages of twenty tracks, no cache",
    group: "ablation",
    repeats: 2,
    servers: [...BEFORE_COMMITS, "step-all"],
    database: "catalogue",
    settings: UNCACHED,
    load: { traffic: "lists", connections: CONNECTIONS },
  },
  "steps-write": {
    title: "a burst of durable plays",
    group: "ablation",
    repeats: 2,
    servers: ["step-naive", "step-pool", "step-group-commit", "step-all"],
    database: "catalogue",
    load: { traffic: "plays", connections: CONNECTIONS },
  },
  "steps-beside-scans": {
    title: "1,000 point reads a second beside eight scans: p99",
    group: "ablation",
    repeats: 2,
    servers: ["step-naive", "step-hidden", "step-pool", "step-batching", "step-lanes", "step-all"],
    database: "busy",
    settings: UNCACHED,
    load: { traffic: "all-tracks", connections: CONNECTIONS, rate: 1_000 },
    beside: EIGHT_SCANS,
    metric: "p99_ms",
  },
  "without-one": {
    title: "Chinook Server without one design choice: 80 % reads of all tracks, 20 % writes, no cache",
    group: "ablation",
    repeats: 2,
    servers: [
      "chinook",
      "chinook-cached",
      "chinook-unbatched",
      "chinook-commit-each",
      "chinook-one-lane",
      "chinook-normal",
    ],
    database: "catalogue",
    settings: UNCACHED,
    load: { traffic: "mixed-80-20", connections: CONNECTIONS },
  },
} as const satisfies Record<string, Scenario>;
