import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Settings } from "../../../shared/settings.ts";
import { ROOT } from "../../../shared/version.ts";
import type { Engine } from "../../engine/engine.ts";
import { remembered } from "../../engine/remembered.ts";
import type { ServerStatus } from "../feature.ts";
import { type DiskSync, measureSync } from "./disk-sync.ts";
import type { BackupFacts, Facts, VectorFacts } from "./facts.ts";
import type { Integrity } from "./integrity/integrity.ts";
import { folderFacts, machineFacts, snapshotHolders } from "./machine.ts";
import type { Sampler } from "./sampler.ts";

/** Milliseconds that the figures tell of. */
export const RECENT_MS = 300_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Milliseconds that checkpoints may be behind before it is asked who holds them back. */
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
  /** @throws where it does not work. */
  readonly verifyVectors: () => Promise<unknown>;
  /** When the newest backup was made, in milliseconds since 1970; null when there is none. */
  readonly lastBackup: (from: "folder" | "bucket") => Promise<number | null>;
  readonly nothingToLose: () => Promise<boolean>;
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const orNull = <T>(asked: Promise<T>): Promise<T | null> => asked.catch(() => null);

/** Asks everything that is known; what is dear to find out is asked now and then only. */
export function gatherer(sources: Sources): () => Promise<Facts> {
  const { engine, settings, status, sampler, integrity } = sources;
  const dear = dearFacts(sources);
  const known = readdirSync(fileURLToPath(new URL("migrations", ROOT))).filter((name) =>
    name.endsWith(".up.sql"),
  ).length;
  return async () => {
    await sampler.look();
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
      checkpointBehindMs: behind,
      snapshotHolders: behind > BEHIND_MS ? await snapshotHolders(settings.database) : [],
      machine: await machineFacts(),
      folders: {
        database: await folderFacts(dirname(settings.database)),
        backups: await folderFacts(sources.backupFolder),
        temporary: await folderFacts(tmpdir()),
      },
      cacheFullness: Math.max(bytes.hot / limits.hot, bytes.database / Math.max(1, limits.database)),
      integrity: integrity.last,
      schema: { version: engine.storage.schemaVersion, known },
      ...(await dear()),
    };
  };
}

type Dear = Pick<Facts, "diskSync" | "textCoverage" | "vectors" | "vectorExtension" | "backups">;

function dearFacts(sources: Sources): () => Promise<Dear> {
  const { settings } = sources;
  const diskSync = remembered<DiskSync | null>(HOUR_MS, () =>
    orNull(measureSync(dirname(settings.database))),
  );
  const vectors = remembered(MINUTE_MS, () => orNull(sources.vectors()));
  const extension = remembered<string | null>(HOUR_MS, () =>
    sources.verifyVectors().then(() => null, reason),
  );
  const backups = remembered(MINUTE_MS, () => backupFacts(sources));
  const still = stillness();
  return async () => ({
    diskSync: await diskSync(),
    textCoverage: (await sources.textCoverage()) ?? null,
    vectors: still(await vectors()),
    vectorExtension: await extension(),
    backups: await backups(),
  });
}

/** Adds since when the number of vectors has not changed. */
function stillness() {
  let [coverage, since] = [-1, performance.now()];
  return (vectors: Omit<VectorFacts, "unchangedMs"> | null): VectorFacts | null => {
    if (vectors === null) return null;
    if (vectors.coverage !== coverage) [coverage, since] = [vectors.coverage, performance.now()];
    return { ...vectors, unchangedMs: performance.now() - since };
  };
}

async function backupFacts({ settings, lastBackup, nothingToLose }: Sources): Promise<BackupFacts> {
  const age = (at: number | null) => (at === null ? null : Date.now() - at);
  const bucket =
    settings.backupS3Bucket === "" ? undefined : await lastBackup("bucket").then(age).catch(reason);
  return {
    ageMs: age(await orNull(lastBackup("folder"))),
    bucketAgeMs: bucket,
    nothingToLose: (await orNull(nothingToLose())) ?? false,
  };
}
