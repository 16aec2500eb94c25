import { existsSync, statSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname } from "node:path";
import type { Settings } from "../../../shared/settings.ts";
import { health } from "../health/feature.ts";

/** What is allowed and not wise, and what would be. */
export interface Unwise {
  /** The setting's variable; null for what is no setting's. */
  readonly setting: `CHINOOK_${string}` | null;
  readonly advice: string;
}

/** What the machine says, beside the settings. */
export interface Surroundings {
  readonly memoryBytes: number;
  readonly processors: number;
  /** Null where the system does not tell. */
  readonly maxDescriptors: number | null;
  readonly fileSystem: string;
  /** Milliseconds that one sync of the database's disk takes; null where it could not be measured. */
  readonly syncMs: number | null;
  /** Whether backups are on the disk that the database is on. */
  readonly oneDisk: boolean;
}

const MEBIBYTE = 1_048_576;
/** What the server needs beside its cache, and what a reader thread adds. MiB, measured roughly. */
const [BASE_MB, READER_MB] = [180, 25];
/** Connections that the server takes, and files beside them. */
const DESCRIPTORS = 10_500;
const SLOW_SYNC_MS = 25;
const LOOPBACK = /^(127\.0\.0\.1|::1|localhost)$/;

/** Looks at the machine; nothing is made, but for a file that measures the disk and is removed. */
export async function surroundingsOf(settings: Settings, backupFolder: string): Promise<Surroundings> {
  const { descriptorLimit, folderFacts, measureSync, nearest } = health.machine;
  const [folder, backups] = [await nearest(dirname(settings.database)), await nearest(backupFolder)];
  const constrained = process.constrainedMemory();
  return {
    memoryBytes: constrained > 0 ? Math.min(constrained, totalmem()) : totalmem(),
    processors: availableParallelism(),
    maxDescriptors: await descriptorLimit(),
    fileSystem: (await folderFacts(folder)).fileSystem,
    syncMs: await measureSync(folder).then(
      ({ medianMs }) => medianMs,
      () => null,
    ),
    oneDisk: existsSync(folder) && statSync(folder).dev === statSync(backups).dev,
  };
}

type Rule = (settings: Settings, around: Surroundings) => Unwise | undefined;

const rule =
  (setting: Unwise["setting"], applies: (settings: Settings, around: Surroundings) => string | false): Rule =>
  (settings, around) => {
    const advice = applies(settings, around);
    return advice === false ? undefined : { setting, advice };
  };

const isPublic = ({ host }: Settings): boolean => !LOOPBACK.test(host);

const MACHINE: readonly Rule[] = [
  rule("CHINOOK_CACHE_MB", ({ cacheMb, pointReaders, scanReaders }, { memoryBytes }) => {
    const wanted = BASE_MB + cacheMb + READER_MB * (pointReaders + scanReaders);
    const there = Math.round(memoryBytes / MEBIBYTE);
    return (
      wanted > 0.8 * there &&
      `cache and ${pointReaders + scanReaders} readers want some ${wanted} MiB of ${there}: lower it, or CHINOOK_POINT_READERS and CHINOOK_SCAN_READERS`
    );
  }),
  rule("CHINOOK_POINT_READERS", ({ pointReaders, scanReaders }, { processors }) => {
    const threads = pointReaders + scanReaders;
    return (
      threads > 2 * processors &&
      `${threads} readers share ${processors} processors with everything else: they get in each other's way`
    );
  }),
  rule(
    null,
    (_, { maxDescriptors }) =>
      maxDescriptors !== null &&
      maxDescriptors < DESCRIPTORS &&
      `${maxDescriptors} descriptors do not suffice for 10,000 connections: raise the limit (LimitNOFILE= of systemd, ulimit -n)`,
  ),
  rule(
    "CHINOOK_DATABASE",
    (_, { fileSystem }) =>
      health.machine.REMOTE.has(fileSystem) &&
      `it is on a network file system (${fileSystem}), where SQLite's locks cannot be relied upon: use a disk of this machine`,
  ),
  rule(
    "CHINOOK_DATABASE",
    (_, { fileSystem }) =>
      health.machine.VOLATILE.has(fileSystem) &&
      `its folder (${fileSystem}) is gone with the machine's power or the container: use a disk, or mount a volume`,
  ),
  rule(
    "CHINOOK_SYNCHRONOUS",
    ({ synchronous }, { syncMs }) =>
      synchronous === "full" &&
      syncMs !== null &&
      syncMs >= SLOW_SYNC_MS &&
      `one sync of the disk takes ${syncMs.toFixed(0)} ms, and every commit waits for one: use a faster disk`,
  ),
];

const BACKUPS: readonly Rule[] = [
  rule(
    "CHINOOK_BACKUP_EVERY",
    ({ backupEvery, checkpoints, demo }) =>
      backupEvery === 0 &&
      checkpoints === "managed" &&
      !demo &&
      "nothing makes backups: 6h is a good beginning",
  ),
  rule(
    "CHINOOK_BACKUP_DIR",
    ({ backupEvery, backupS3Bucket }, { oneDisk }) =>
      backupEvery > 0 &&
      backupS3Bucket === "" &&
      oneDisk &&
      "backups are on the database's own disk and lost with it: use another, or CHINOOK_BACKUP_S3_BUCKET",
  ),
];

const ACCESS: readonly Rule[] = [
  rule(
    "CHINOOK_PUBLIC_URL",
    (settings) =>
      isPublic(settings) &&
      settings.tlsCert === "" &&
      settings.trustedProxies.length === 0 &&
      "others reach the server without TLS, and passwords and keys can be read on the way: use CHINOOK_TLS_CERT, or a proxy and CHINOOK_TRUSTED_PROXIES",
  ),
  rule("CHINOOK_ALLOWED_HOSTS", ({ publicUrl, allowedHosts }) => {
    const host = URL.parse(publicUrl)?.hostname ?? "";
    const served =
      host === "" || LOOPBACK.test(host) || /^[\d.]+$|^\[/.test(host) || allowedHosts.includes(host);
    return !served && `requests for ${host}, of CHINOOK_PUBLIC_URL, are refused: name it here`;
  }),
  rule(
    "CHINOOK_DEMO",
    (settings) =>
      isPublic(settings) &&
      settings.demo &&
      "an empty database is filled with made-up music: 0 leaves it empty",
  ),
  rule(
    "CHINOOK_SMTP_URL",
    ({ auth, registration, smtpUrl }) =>
      auth === "required" &&
      registration === "open" &&
      smtpUrl === "" &&
      "who forgets a password gets no mail: set it, or CHINOOK_REGISTRATION=closed",
  ),
  rule(
    "CHINOOK_ALERT_SECRET",
    ({ alertUrl, alertSecret }) =>
      alertUrl !== "" &&
      alertSecret === "" &&
      "alerts are not signed: their receiver cannot tell whose they are",
  ),
];

/** Everything that could be wiser. */
export const unwise = (settings: Settings, around: Surroundings): Unwise[] =>
  [...MACHINE, ...BACKUPS, ...ACCESS].flatMap((judge) => judge(settings, around) ?? []);
