import { statSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import type { Settings } from "../shared/settings.ts";
import type { Tuning } from "../shared/tuning.ts";
import { CACHE_TABLES, Cache } from "./engine/cache/cache.ts";
import { createLog, type Logger } from "./engine/log.ts";
import { createMetrics, type MetricSources, type Metrics, registerGauges } from "./engine/metrics.ts";
import { ReadSide } from "./engine/reads/read-side.ts";
import { remembered } from "./engine/remembered.ts";
import { WriteSide } from "./engine/storage/write-side.ts";
import { assertLibrary } from "./features/backups/archive/bucket.ts";
import { Backups } from "./features/backups/backups.ts";
import { placesOf, retentionOf } from "./features/backups/places.ts";
import { backupRoutes } from "./features/backups/routes.ts";
import { catalogueRoutes } from "./features/catalogue/routes.ts";
import { tagRoutes } from "./features/catalogue/tag-routes.ts";
import { coverageOf } from "./features/discover/coverage.ts";
import { isCatalogueChange, VectorGeneration } from "./features/discover/generation.ts";
import { discoverRoutes } from "./features/discover/routes.ts";
import { Sentences } from "./features/discover/sentences.ts";
import { docsRoutes } from "./features/docs/routes.ts";
import { listeningRoutes } from "./features/listening/routes.ts";
import { adminRoutes } from "./features/operations/admin-routes.ts";
import { type Health, operationsRoutes } from "./features/operations/routes.ts";
import { ftsCoverageOf } from "./features/search/coverage.ts";
import { SearchKeeper } from "./features/search/keeper.ts";
import { searchRoutes } from "./features/search/routes.ts";
import { createApp } from "./http/app.ts";
import { Idempotency } from "./http/command-route.ts";
import { drain, listen, urlOf } from "./http/listen.ts";
import { browserGuard } from "./http/origin.ts";
import type { Route } from "./http/route.ts";

const MEBIBYTE = 1_048_576;
const SWEEP_MS = 5_000;
/** How old a gauge may be whose value is counted over the whole catalogue. */
const COUNTED_MS = 60_000;

export interface Server {
  readonly url: string;
  /** Stops accepting, finishes what was accepted, closes readers and writer. Again is harmless. */
  close(): Promise<void>;
}

/** The open parts of a server, as its routes and gauges see them. */
interface Parts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly cache: Cache;
  readonly writes: WriteSide;
  readonly reads: ReadSide;
  readonly search: SearchKeeper;
  readonly generation: VectorGeneration;
  readonly sentences: Sentences | undefined;
  readonly backups: Backups;
  readonly state: { status: Health["status"] };
}

/**
 * Opens in the order writer, readers, socket, and closes in the reverse one. What fails half-way is closed as far
 * as it was opened.
 *
 * @param fill runs once the database is open and before anything is read: the demo catalogue.
 * @throws AppError when the database is held or unusable, or the port is taken.
 */
export async function startServer(
  settings: Settings,
  fill: (writes: WriteSide) => Promise<void> = async () => {},
  tuning?: Tuning,
): Promise<Server> {
  const tuned = tuning === undefined ? {} : { tuning };
  await using opened = new AsyncDisposableStack();
  const state: Parts["state"] = { status: "starting" };
  const log = createLog(settings.log);
  const metrics = createMetrics();
  // A model that cannot be used stops the start before the database is touched.
  const sentences = opened.adopt(await Sentences.open(settings.lyricModel), (sentences) =>
    sentences?.close(),
  );
  const cache = opened.adopt(new Cache({ maxBytes: settings.cacheMb * MEBIBYTE }), (cache) => cache.close());
  let generating: Pick<VectorGeneration, "poke"> = { poke: () => {} };
  let pausable: Pick<ReadSide, "whilePaused"> = { whilePaused: (action) => action() };
  let search: SearchKeeper | undefined;
  const writes = opened.adopt(
    await WriteSide.open({
      ...tuned,
      settings,
      log,
      metrics,
      invalidate: (tags) => {
        cache.invalidate(tags);
        search?.wrote(tags);
        if (settings.vectorGeneration && isCatalogueChange(tags)) generating.poke();
      },
      whilePaused: (action) => pausable.whilePaused(action),
    }),
    (writes) => writes.close(),
  );
  await fill(writes);
  const reads = opened.adopt(await ReadSide.open({ ...tuned, settings, cache, log, metrics }), (reads) =>
    reads.close(),
  );
  pausable = reads;
  search = opened.adopt(
    new SearchKeeper({ commands: writes.commands, answers: reads.answers, log }),
    (search) => search.close(),
  );
  const generation = opened.adopt(openGeneration(writes, reads, sentences, log), (generation) =>
    generation.close(),
  );
  const backups = opened.adopt(openBackups(settings, writes, log, metrics), (backups) => backups.close());
  const parts: Parts = {
    settings,
    log,
    metrics,
    cache,
    writes,
    reads,
    search,
    generation,
    sentences,
    backups,
    state,
  };
  const http = opened.adopt(await openHttp(parts), drain);
  const url = urlOf(settings.host, http);
  await writes.announce(url);
  const sweeper = setInterval(() => cache.sweep(), SWEEP_MS).unref();
  state.status = "ok";
  generating = generation;
  if (settings.vectorGeneration) generation.poke();
  log.info({ url, database: settings.database }, "listening");
  const closers = opened.move();
  return { url, close: once(() => closeAll(closers, sweeper, parts)) };
}

async function closeAll(
  closers: AsyncDisposableStack,
  sweeper: NodeJS.Timeout,
  { log, state }: Parts,
): Promise<void> {
  state.status = "draining";
  log.info("draining");
  clearInterval(sweeper);
  await closers.disposeAsync();
  log.info("closed");
  log.flush();
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= action());
}

const openGeneration = (
  writes: WriteSide,
  reads: ReadSide,
  sentences: Sentences | undefined,
  log: Logger,
): VectorGeneration =>
  new VectorGeneration({
    answers: reads.answers,
    commands: writes.commands,
    sentences,
    busy: () => writes.queueLength > 0 || reads.queueLengths.scan > 0,
    log,
    polite: true,
  });

/** @throws AppError `s3_client_missing`. */
function openBackups(settings: Settings, writes: WriteSide, log: Logger, metrics: Metrics): Backups {
  const places = placesOf(settings);
  if (places.bucket !== null) assertLibrary();
  return new Backups({
    database: settings.database,
    writer: settings.checkpoints === "managed" ? writes : null,
    places,
    keep: retentionOf(settings),
    every: settings.backupEvery,
    log,
    metrics,
  });
}

function openHttp(parts: Parts): Promise<HttpServer> {
  const { settings, log, metrics, state } = parts;
  const app = createApp({
    routes: routesOf(parts),
    guard: browserGuard(settings.allowedHosts),
    log,
    logRequests: settings.logRequests,
    draining: () => state.status === "draining",
    onAnswer: (method, route, status, ms) => metrics.httpDuration.observe(ms / 1_000, method, route, status),
    onRejected: (reason) => metrics.rejectedRequests.inc({ reason }),
  });
  return listen(app, settings.host, settings.port, (reason) => metrics.rejectedRequests.inc({ reason }));
}

function routesOf(parts: Parts): readonly Route[] {
  const { cache, reads, writes, search, metrics } = parts;
  registerGauges(metrics, gaugeSources(parts));
  const commandSide = { commands: writes.commands, idempotency: new Idempotency(reads.answers) };
  const routes = [
    ...catalogueRoutes(reads.answers, commandSide),
    ...listeningRoutes(reads.answers, commandSide),
    ...searchRoutes(reads.answers, search, parts.sentences),
    ...tagRoutes(reads.answers, commandSide),
    ...discoverRoutes(reads.answers, commandSide),
    ...operationsRoutes({ health: () => healthOf(parts), metrics: () => exposition(metrics) }),
    ...adminRoutes({
      answers: reads.answers,
      commands: writes.commands,
      optimize: () => writes.optimize(),
      checkpoint: () => writes.checkpoint(),
      cacheStats: () => cacheStats(cache),
      clearCache: () => cache.clear(),
      generation: parts.generation,
    }),
    ...backupRoutes(parts.backups),
  ];
  return [...routes, ...docsRoutes(routes)];
}

async function exposition({ registry }: Metrics): Promise<{ text: string; contentType: string }> {
  return { text: await registry.metrics(), contentType: registry.contentType };
}

const entriesOf = (cache: Cache) =>
  Object.fromEntries(CACHE_TABLES.map((table) => [table, cache.entries(table)]));

const cacheStats = (cache: Cache) => ({
  enabled: cache.enabled,
  entries: entriesOf(cache),
  bytes: cache.bytes,
  stale_fills_dropped: cache.counters.staleFills,
  invalidations: Object.fromEntries(cache.counters.invalidations),
});

function gaugeSources({ settings, cache, writes, reads }: Parts): MetricSources {
  return {
    cacheEntries: () => entriesOf(cache),
    cacheBytes: () => ({ ...cache.bytes }),
    staleFills: () => cache.counters.staleFills,
    invalidations: () => cache.counters.invalidations,
    readQueues: () => reads.queueLengths,
    writeQueue: () => writes.queueLength,
    wal: () => writes.wal,
    databaseBytes: () => fileBytes(settings.database),
    ftsCoverage: remembered(COUNTED_MS, () => ftsCoverageOf(reads.answers)),
    vectorCoverage: remembered(COUNTED_MS, () => coverageOf(reads.answers)),
  };
}

const fileBytes = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function healthOf({ settings, cache, writes, reads, state }: Parts): Health {
  const failed = state.status === "ok" && !(writes.alive && reads.alive);
  return {
    status: failed ? "failed" : state.status,
    writer: writes.alive,
    readers: reads.alive,
    schema_version: writes.schemaVersion,
    uptime_seconds: Math.round(process.uptime()),
    database_bytes: fileBytes(settings.database),
    wal_bytes: writes.wal.bytes,
    queues: { ...reads.queueLengths, write: writes.queueLength },
    cache_bytes: cache.bytes.hot + cache.bytes.database,
    resident_bytes: process.memoryUsage.rss(),
  };
}
