import { CONNECTIONS, type Scenario } from "./scenario.ts";

const QUIET = { CHINOOK_CACHE_MB: "0", CHINOOK_VECTOR_GENERATION: "0" };
const PAGES = ["chinook", "chinook-8k", "chinook-16k", "chinook-32k", "chinook-32k-128m-1g"] as const;
const CACHES = ["chinook-2m", "chinook-32m", "chinook-128m", "chinook-mmap"] as const;
const common = {
  group: "profiles",
  database: "100000",
  settings: QUIET,
  measureMs: 2_000,
  repeats: 2,
} as const;

/** Page size and memory, over a catalogue larger than a reader's own cache. */
export const PROFILES = {
  "profile-get": {
    ...common,
    title: "point reads of 100,000 tracks by page size and memory, no cache",
    servers: [...PAGES, ...CACHES],
    load: { traffic: "all-tracks", connections: CONNECTIONS },
  },
  "profile-search": {
    ...common,
    title: "searches in 100,000 tracks by page size and memory, no cache",
    servers: [...PAGES, ...CACHES],
    load: { traffic: "search", connections: 8 },
  },
  "profile-write": {
    ...common,
    title: "durable plays by page size and the writer's memory",
    servers: [...PAGES, "chinook-writer-2m", "chinook-writer-64m"],
    load: { traffic: "plays", connections: CONNECTIONS },
  },
} as const satisfies Record<string, Scenario>;
