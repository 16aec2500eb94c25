import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError } from "../../../../shared/errors.ts";
import { BackupBucket, type BucketSettings } from "./bucket.ts";
import { type CreateRequest, createBackup } from "./create.ts";
import { BackupFolder } from "./folder.ts";
import type { Manifest } from "./manifest.ts";
import { type Retention, retain } from "./retention.ts";
import type { BackupStore, Place } from "./store.ts";
import { type OnProgress, unpack } from "./unpack.ts";

/** Locations of the backups of one database. */
export interface Places {
  readonly folder: string;
  /** Null: not configured. */
  readonly bucket: BucketSettings | null;
  /** Identity of the database: others may keep their backups in the same place. Null: unknown. */
  readonly databaseId: string | null;
}

/** `latest`, or a backup's id. */
export interface Which {
  readonly from: Place;
  readonly id: string;
}

export interface Pruned {
  readonly kept: readonly Manifest[];
  readonly removed: readonly Manifest[];
}

/** The backup process's jobs: request and reply of each. */
export interface BackupJobs {
  create: { request: CreateRequest; reply: Manifest };
  list: { request: { readonly from: Place }; reply: readonly Manifest[] };
  /** Decompresses a backup to a database and checks it. */
  verify: { request: Which; reply: Manifest };
  /** The same, and keeps the database at a path that must be free. */
  unpack: { request: Which & { readonly to: string }; reply: Manifest };
  prune: {
    request: { readonly from: Place; readonly keep: Retention; readonly dryRun: boolean };
    reply: Pruned;
  };
}

export type BackupJob = keyof BackupJobs;

type Run<J extends BackupJob> = (
  places: Places,
  request: BackupJobs[J]["request"],
  onProgress: OnProgress,
) => Promise<BackupJobs[J]["reply"]>;

export const RUN: { readonly [J in BackupJob]: Run<J> } = {
  create,
  list: async (places, { from }) => backupsIn(await storeOf(places, from), places),
  async verify(places, { from, id }, onProgress) {
    const store = await storeOf(places, from);
    const backup = await find(store, id, places);
    const folder = new BackupFolder(places.folder);
    await folder.working(async (path) => {
      await folder.assertRoom(backup.database_bytes);
      await unpack(await store.read(backup), backup, join(path, "copy.sqlite"), onProgress);
    });
    return backup;
  },
  async unpack(places, { from, id, to }, onProgress) {
    const store = await storeOf(places, from);
    const backup = await find(store, id, places);
    await new BackupFolder(dirname(to)).assertRoom(backup.database_bytes);
    try {
      await unpack(await store.read(backup), backup, to, onProgress);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") await rm(to, { force: true });
      throw error;
    }
    return backup;
  },
  async prune(places, { from, keep, dryRun }) {
    const store = await storeOf(places, from);
    const { kept, removed } = retain(await backupsIn(store, places), keep);
    if (!dryRun) for (const backup of removed) await store.remove(backup);
    return { kept, removed };
  },
};

/** The bucket's copy is made last. If it fails, the backup in the folder is complete and good. */
async function create(places: Places, request: CreateRequest, onProgress: OnProgress): Promise<Manifest> {
  const folder = new BackupFolder(places.folder);
  const backup = await createBackup(folder, request, onProgress);
  if (places.bucket === null) return backup;
  const bucket = await BackupBucket.open(places.bucket);
  await bucket.upload(backup, folder.pathOf(backup), (done) => onProgress("upload", done, backup.bytes));
  return backup;
}

/** @throws AppError `invalid` without a bucket. */
async function storeOf({ folder, bucket }: Places, from: Place): Promise<BackupStore> {
  if (from === "folder") return new BackupFolder(folder);
  if (bucket !== null) return BackupBucket.open(bucket);
  throw noBucket();
}

export const noBucket = (): AppError =>
  new AppError("invalid", {
    detail: "no bucket is configured (CHINOOK_BACKUP_S3_BUCKET)",
    errors: [{ parameter: "from", detail: "must be folder: no bucket is configured" }],
  });

type Ours = Pick<Places, "databaseId">;

/** Backups of one database, newest first. Backups without an identity count for any database. */
export async function backupsIn(store: BackupStore, { databaseId }: Ours): Promise<Manifest[]> {
  const isOurs = ({ database_id: id }: Manifest) => databaseId === null || id === null || id === databaseId;
  return (await store.list()).filter(isOurs);
}

/** Maximum difference between two machines' clocks, in milliseconds. */
const CLOCKS_MS = 300_000;

/**
 * @param id the id of a backup of any database, or `latest`: this database's newest. A backup from the future, made
 * with a wrong clock, is never `latest`.
 * @throws AppError `backup_unknown`.
 */
export async function find(store: BackupStore, id: string, ours: Ours): Promise<Manifest> {
  if (id === "latest") return findLatest(store, ours);
  const backup = (await store.list()).find((backup) => backup.id === id);
  if (backup !== undefined) return backup;
  throw new AppError("backup_unknown", {
    detail: `no backup ${id} in ${store.name}, or its manifest is damaged`,
  });
}

async function findLatest(store: BackupStore, ours: Ours): Promise<Manifest> {
  const backups = await backupsIn(store, ours);
  const past = backups.filter(({ created_at }) => Date.parse(created_at) <= Date.now() + CLOCKS_MS);
  const unknown = (detail: string) => new AppError("backup_unknown", { detail });
  if (new Set(past.map(({ database_id }) => database_id)).size > 1 && ours.databaseId === null)
    throw unknown(`${store.name} holds backups of several databases: name one`);
  if (past[0] !== undefined) return past[0];
  const future = backups.at(-1);
  throw unknown(
    future === undefined
      ? `there is no backup in ${store.name}`
      : `${store.name} has backups of the future only, such as ${future.id}: name one, and look at the clock`,
  );
}
