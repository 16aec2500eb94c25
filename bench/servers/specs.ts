import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Tuning } from "../../src/shared/tuning.ts";
import type { TrafficName } from "../traffic.ts";
import type { Choices } from "./choices.ts";
import { type Identity, REQUIRED } from "./identity.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What a server needs for one trial. */
export interface Place {
  /** The trial's copy of the scenario's database. */
  readonly database: string;
  /** A file with Chinook Server's response, for the constant server. */
  readonly answer: string;
  /** The scenario's settings for Chinook Server. */
  readonly settings: Readonly<Record<string, string>>;
  /** The tuning of a sweep's point. */
  readonly tuning: Partial<Tuning>;
}

export interface ServerSpec {
  readonly title: string;
  /** Chinook Server itself: it has /metrics. */
  readonly ours?: boolean;
  /** Answers every request with the same bytes. */
  readonly constant?: boolean;
  /** Stores plays in `Place.database`. */
  readonly stores?: boolean;
  /** Page size of its database in bytes, if not the default. */
  readonly pageBytes?: number;
  /** Traffic that it does not support. */
  readonly lacks?: readonly TrafficName[];
  /** The environment variable without which it is omitted. */
  readonly needs?: string;
  /** It lacks the choice that keeps a server from refusing fast reads. Its refusals are a result, not a failure. */
  readonly mayRefuse?: boolean;
  /** It has its own ranking of search: hits are checked one by one, without their order. */
  readonly ranksOtherwise?: boolean;
  /** Requires authentication, with this kind of credentials. */
  readonly identity?: Identity;
  readonly args: (place: Place) => readonly string[];
  readonly env?: (place: Place) => Readonly<Record<string, string>>;
}

const script = (name: string): string => join(import.meta.dirname, `${name}.ts`);

/** Node's arguments in `npm start`, so that the server is measured as it is run in production. */
export function startArguments(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const words: string[] = scripts.start.split(" ").slice(1);
  return words.map((word) => (word.endsWith(".cjs") ? join(ROOT, word) : word));
}

/** The same for another project command. */
export const chinook = (...command: string[]): string[] => [...startArguments().slice(0, -1), ...command];

/** Baselines with SQLite, with Node's defaults. These allow more memory than Chinook Server uses. */
const sqlite = (title: string, choices: Choices = {}): ServerSpec => ({
  title,
  stores: true,
  args: ({ database }) => [script("sqlite"), database, JSON.stringify(choices)],
});

interface Ours {
  readonly env?: Readonly<Record<string, string>>;
  readonly tuning?: Partial<Tuning>;
  readonly pageBytes?: number;
  readonly mayRefuse?: boolean;
  readonly identity?: Identity;
}

/** Run by its own command unless the tuning differs; then by a launcher that differs in nothing else. */
const ours = (title: string, { env = {}, tuning = {}, ...rest }: Ours = {}): ServerSpec => ({
  title,
  ours: true,
  stores: true,
  ...rest,
  args: (place) => {
    const numbers = { ...tuning, ...place.tuning };
    if (Object.keys(numbers).length === 0) return startArguments();
    return [...startArguments().slice(0, -2), script("chinook"), JSON.stringify(numbers)];
  },
  env: ({ database, settings }) => ({
    CHINOOK_DATABASE: database,
    CHINOOK_PORT: "0",
    CHINOOK_DEMO: "0",
    CHINOOK_LOG: "silent",
    ...settings,
    ...env,
  }),
});

const memory = (cacheKib: number, mmapMib: number): Pick<Tuning, "reader"> => ({
  reader: { cacheKib, mmapMib },
});
const KIB = 1_024;

export const SERVERS = {
  bare: {
    title: "Hono answering a constant",
    constant: true,
    args: ({ answer }) => [script("bare"), answer],
  },
  echo: { title: "Hono parsing and echoing", constant: true, args: () => [script("echo")] },
  "in-handler": sqlite("better-sqlite3 in the handler"),
  "in-handler-tuned": sqlite("in the handler, with likely(@id)", { hidden: true }),
  "piscina-per-request": sqlite("one Piscina task per request", { pool: true }),
  "several-writers": sqlite("a pool of writers with a busy timeout", { pool: true, writers: "many" }),
  postgres: {
    title: "PostgreSQL with pg's pool",
    stores: true,
    needs: "BENCH_POSTGRES_URL",
    lacks: ["similar", "suggestions", "sessions"],
    ranksOtherwise: true,
    args: ({ database }) => [script("postgres"), database],
  },
  chinook: ours("Chinook Server"),
  "chinook-cached": ours("Chinook Server with its cache", { env: { CHINOOK_CACHE_MB: "32" } }),
  "chinook-uncached": ours("Chinook Server without its cache", { env: { CHINOOK_CACHE_MB: "0" } }),
  "chinook-key": ours("Chinook Server, requests with a key", { env: REQUIRED, identity: "key" }),
  "chinook-session": ours("Chinook Server, requests in a session", { env: REQUIRED, identity: "session" }),
  "chinook-normal": ours("Chinook Server, synchronous=NORMAL", { env: { CHINOOK_SYNCHRONOUS: "normal" } }),
  "chinook-unbatched": ours("Chinook Server, one read per message", {
    tuning: { readBatch: 1, scanBatch: 1 },
  }),
  "chinook-commit-each": ours("Chinook Server, one commit per write", { tuning: { writeBatch: 1 } }),
  "chinook-one-lane": ours("Chinook Server, one lane", { tuning: { lanes: false }, mayRefuse: true }),
  "chinook-8k": ours("pages of 8 KB", { pageBytes: 8 * KIB }),
  "chinook-16k": ours("pages of 16 KB", { pageBytes: 16 * KIB }),
  "chinook-32k": ours("pages of 32 KB", { pageBytes: 32 * KIB }),
  "chinook-32k-128m-1g": ours("pages of 32 KB, 128 MB cache, 1 GB mapped", {
    pageBytes: 32 * KIB,
    tuning: { ...memory(128 * KIB, KIB), writer: { cacheKib: 128 * KIB, mmapMib: KIB } },
  }),
  "chinook-2m": ours("2 MB of page cache per reader", { tuning: memory(2 * KIB, 0) }),
  "chinook-32m": ours("32 MB of page cache per reader", { tuning: memory(32 * KIB, 0) }),
  "chinook-128m": ours("128 MB of page cache per reader", { tuning: memory(128 * KIB, 0) }),
  "chinook-writer-2m": ours("2 MB of page cache for the writer", {
    tuning: { writer: { cacheKib: 2 * KIB, mmapMib: 0 } },
  }),
  "chinook-writer-64m": ours("64 MB of page cache for the writer", {
    tuning: { writer: { cacheKib: 64 * KIB, mmapMib: 0 } },
  }),
  "chinook-mmap": ours("2 MB of page cache, 1 GB mapped", { tuning: memory(2 * KIB, KIB) }),
  "chinook-log-slow": ours("logs slow requests", { env: { CHINOOK_LOG: "json" } }),
  "chinook-log-all": ours("logs each request", {
    env: { CHINOOK_LOG: "json", CHINOOK_LOG_REQUESTS: "all" },
  }),
  "step-naive": sqlite("better-sqlite3 in the handler"),
  "step-hidden": sqlite("+ parameters in likely()", { hidden: true }),
  "step-pool": sqlite("+ worker threads, one task per request", { hidden: true, pool: true }),
  "step-batching": sqlite("+ batches of reads", { hidden: true, pool: true, batching: true }),
  "step-json": sqlite("+ JSON built by SQLite", { hidden: true, pool: true, batching: true, json: true }),
  "step-group-commit": sqlite("+ group commit", {
    ...{ hidden: true, pool: true, batching: true, json: true },
    groupCommit: true,
  }),
  "step-cache-database": sqlite("+ the cache database", {
    ...{ hidden: true, pool: true, batching: true, json: true, groupCommit: true },
    cache: "database",
  }),
  "step-cache-hot": sqlite("+ the hot tier in front of it", {
    ...{ hidden: true, pool: true, batching: true, json: true, groupCommit: true },
    cache: "both",
  }),
  "step-lanes": sqlite("+ lanes", {
    ...{ hidden: true, pool: true, batching: true, json: true, groupCommit: true },
    lanes: true,
  }),
  "step-all": ours("the server: validation, limits, metrics, ETags"),
} as const satisfies Record<string, ServerSpec>;

export type ServerName = keyof typeof SERVERS;

export const specOf = (name: ServerName): ServerSpec => SERVERS[name];
