import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Settings } from "../../../shared/settings.ts";
import { ROOT } from "../../../shared/version.ts";
import type { Engine } from "../../engine/engine.ts";
import type { ServerStatus } from "../feature.ts";
import { type DiskSync, measureSync } from "./disk-sync.ts";
import type { BackupFacts, Facts, VectorFacts } from "./facts.ts";
import type { Integrity } from "./integrity/integrity.ts";
import { folderFacts, machineFacts, snapshotHolders, unknownFolder } from "./machine.ts";
import type { Sampler } from "./sampler.ts";

/** Milliseconds covered by recent figures. */
export const RECENT_MS = 300_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const FOLDERS_MS = 5_000;
/** Maximum age of counts over the whole catalogue, in milliseconds. */
const COUNTED_MS = 300_000;
/** Milliseconds that checkpoints may be behind before snapshot holders are looked up. */
const BEHIND_MS = 30_000;

export interface Sources {
  readonly engine: Engine;
  readonly settings: Settings;
  readonly status: () => ServerStatus;
  readonly sampler: Sampler;
  readonly integrity: Pick<Integrity, "last">;
  readonly backupFolder: string;
  readonly textCoverage: () => Promise<number | undefined>;
  readonly vectors: () => Promise<Omit<VectorFacts, "unchangedMs"> | null>;
  /** @throws if it does not work. */
  readonly verifyVectors: () => Promise<unknown>;
  /** The time of the newest backup, in milliseconds since 1970; null if there is none. */
  readonly lastBackup: (from: "folder" | "bucket") => Promise<number | null>;
  readonly nothingToLose: () => Promise<boolean>;
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const orNull = <T>(asked: Promise<T>): Promise<T | null> => asked.catch(() => null);

/**
 * Gathers all facts. Slow ones are refreshed only from time to time, and a report waits for them briefly at
 * most.
 */
export function gatherer(sources: Sources): () => Promise<Facts> {
  const { engine, settings, status, sampler, integrity } = sources;
  const dear = dearFacts(sources);
  const known = readdirSync(fileURLToPath(new URL("migrations", ROOT))).filter((name) =>
    name.endsWith(".up.sql"),
  ).length;
  return async () => {
    await sampler.measure();
    const behind = sampler.checkpointBehindMs;
    const { bytes, limits } = engine.cache;
    return {
      settings,
      status: status(),
      writer: engine.storage.alive,
      readers: engine.reads.alive,
      recent: sampler.last(RECENT_MS),
      hour: sampler.last(HOUR_MS),
      wal: engine.storage.wal,
      clusterBehind: engine.storage.positions?.behindSeconds ?? null,
      checkpointBehindMs: behind,
      snapshotHolders: behind > BEHIND_MS ? await snapshotHolders(settings.database) : [],
      machine: await machineFacts(),
      cacheFullness: Math.max(bytes.hot / limits.hot, bytes.database / Math.max(1, limits.database)),
      integrity: integrity.last,
      schema: { version: engine.storage.schemaVersion, known },
      ...(await dear()),
    };
  };
}

/** Milliseconds that a report waits for a refresh; then it uses the previous value. */
const PATIENCE_MS = 1_000;

/**
 * Refreshes a fact at most once in `everyMs`. If the refresh hangs (a disk, a bucket), reports use the last
 * value until it is done. `ask` must not reject.
 */
export function cachedFact<T>(everyMs: number, ask: () => Promise<T>, initial: T): () => Promise<T> {
  let [value, askedAt] = [initial, Number.NEGATIVE_INFINITY];
  let asking: Promise<void> | undefined;
  const refresh = async () => {
    askedAt = performance.now();
    value = await ask();
    asking = undefined;
  };
  return async () => {
    if (performance.now() - askedAt >= everyMs) asking ??= refresh();
    if (asking !== undefined) await Promise.race([asking, delay(PATIENCE_MS, undefined, { ref: false })]);
    return value;
  };
}

type Dear = Pick<Facts, "folders" | "diskSync" | "textCoverage" | "vectors" | "vectorExtension" | "backups">;

function dearFacts(sources: Sources): () => Promise<Dear> {
  const { settings, backupFolder } = sources;
  const home = dirname(settings.database);
  const folder = (path: string) => cachedFact(FOLDERS_MS, () => folderFacts(path), unknownFolder(path));
  const folders = [folder(home), folder(backupFolder), folder(tmpdir())] as const;
  const diskSync = cachedFact<DiskSync | null>(HOUR_MS, () => orNull(measureSync(home)), null);
  const vectors = cachedFact(COUNTED_MS, () => orNull(sources.vectors()), null);
  const text = cachedFact(COUNTED_MS, async () => (await orNull(sources.textCoverage())) ?? null, null);
  const extension = cachedFact<string | null>(
    HOUR_MS,
    () => sources.verifyVectors().then(() => null, reason),
    null,
  );
  const backups = backupFacts(sources);
  const still = unchangedSince();
  return async () => {
    const [database, backup, temporary] = await Promise.all(folders.map((facts) => facts()));
    const [sync, coverage, counted, fault, made] = await Promise.all([
      diskSync(),
      text(),
      vectors(),
      extension(),
      backups(),
    ]);
    return {
      folders: { database: database!, backups: backup!, temporary: temporary! },
      diskSync: sync,
      textCoverage: coverage,
      vectors: still(counted),
      vectorExtension: fault,
      backups: made,
    };
  };
}

/** Adds the time since the number of vectors last changed. */
function unchangedSince() {
  let [coverage, since] = [-1, performance.now()];
  return (vectors: Omit<VectorFacts, "unchangedMs"> | null): VectorFacts | null => {
    if (vectors === null) return null;
    if (vectors.coverage !== coverage) [coverage, since] = [vectors.coverage, performance.now()];
    return { ...vectors, unchangedMs: performance.now() - since };
  };
}

/** The bucket is listed once an hour: each time starts a process and uses the network. */
function backupFacts({ settings, lastBackup, nothingToLose }: Sources): () => Promise<BackupFacts> {
  const newest = cachedFact(MINUTE_MS, () => orNull(lastBackup("folder")), null);
  // With a backup, this is not needed: the answer may scan the whole demo.
  const unneeded = cachedFact(COUNTED_MS, async () => (await orNull(nothingToLose())) ?? false, true);
  const bucket = cachedFact<At | undefined>(HOUR_MS, () => lastBackup("bucket").catch(reason), undefined);
  return async () => {
    const at = await newest();
    return {
      ageMs: ageOf(at),
      bucketAgeMs: settings.backupS3Bucket === "" ? undefined : ageOf(await bucket()),
      nothingToLose: at === null && (await unneeded()),
    };
  };
}

/** Milliseconds since 1970; null: there is none; a text: the reason why it is unknown. */
type At = number | null | string;

const ageOf = <T extends At | undefined>(at: T): T => (typeof at === "number" ? Date.now() - at : at) as T;
