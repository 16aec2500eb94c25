import { existsSync, statSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname } from "node:path";
import type { Settings } from "../../../shared/settings.ts";
import { health } from "../health/feature.ts";

/** Something allowed but unwise, and the alternative. */
export interface Unwise {
  /** The setting's variable; null if it concerns no setting. */
  readonly setting: `CHINOOK_${string}` | null;
  readonly advice: string;
}

/** Facts about the machine that the rules need. */
export interface MachineFacts {
  readonly memoryBytes: number;
  readonly processors: number;
  /** Null if the system does not report it. */
  readonly maxDescriptors: number | null;
  readonly fileSystem: string;
  /** Milliseconds that a sync of the database's disk takes; null if it could not be measured. */
  readonly syncMs: number | null;
  /** Whether backups are on the database's disk. */
  readonly oneDisk: boolean;
}

const MEBIBYTE = 1_048_576;
/** Memory that the server needs besides its cache, and per reader thread. MiB, roughly measured. */
const [BASE_MB, READER_MB] = [180, 25];
/** Maximum connections of the server, plus files. */
const DESCRIPTORS = 10_500;
const SLOW_SYNC_MS = 25;
const LOOPBACK = /^(127\.0\.0\.1|::1|localhost)$/;

/** Examines the machine. It changes nothing, but writes a file to measure the disk and removes it. */
export async function machineFactsOf(settings: Settings, backupFolder: string): Promise<MachineFacts> {
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

type Rule = (settings: Settings, around: MachineFacts) => Unwise | undefined;

const rule =
  (setting: Unwise["setting"], applies: (settings: Settings, around: MachineFacts) => string | false): Rule =>
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
      `cache and ${pointReaders + scanReaders} readers need some ${wanted} MiB of ${there}: lower it, or CHINOOK_POINT_READERS and CHINOOK_SCAN_READERS`
    );
  }),
  rule("CHINOOK_POINT_READERS", ({ pointReaders, scanReaders }, { processors }) => {
    const threads = pointReaders + scanReaders;
    return (
      threads > 2 * processors &&
      `${threads} readers share ${processors} processors with everything else: they slow each other down`
    );
  }),
  rule(
    null,
    (_, { maxDescriptors }) =>
      maxDescriptors !== null &&
      maxDescriptors < DESCRIPTORS &&
      `${maxDescriptors} descriptors are not enough for 10,000 connections: raise the limit (LimitNOFILE= of systemd, ulimit -n)`,
  ),
  rule(
    "CHINOOK_DATABASE",
    (_, { fileSystem }) =>
      health.machine.REMOTE.has(fileSystem) &&
      `it is on a network file system (${fileSystem}), where SQLite's locks are unreliable: use a local disk`,
  ),
  rule(
    "CHINOOK_DATABASE",
    (_, { fileSystem }) =>
      health.machine.VOLATILE.has(fileSystem) &&
      `its folder (${fileSystem}) is lost with the machine's power or the container: use a disk, or mount a volume`,
  ),
  rule(
    "CHINOOK_SYNCHRONOUS",
    ({ synchronous }, { syncMs }) =>
      synchronous === "full" &&
      syncMs !== null &&
      syncMs >= SLOW_SYNC_MS &&
      `a sync of the disk takes ${syncMs.toFixed(0)} ms, and every commit waits for one: use a faster disk`,
  ),
];

const BACKUPS: readonly Rule[] = [
  rule(
    "CHINOOK_BACKUP_EVERY",
    ({ backupEvery, checkpoints, demo }) =>
      backupEvery === 0 && checkpoints === "managed" && !demo && "no backups are made: 6h is a good start",
  ),
  rule(
    "CHINOOK_BACKUP_DIR",
    ({ backupEvery, backupS3Bucket }, { oneDisk }) =>
      backupEvery > 0 &&
      backupS3Bucket === "" &&
      oneDisk &&
      "backups are on the database's own disk and would be lost with it: use another, or CHINOOK_BACKUP_S3_BUCKET",
  ),
];

const ACCESS: readonly Rule[] = [
  rule(
    "CHINOOK_PUBLIC_URL",
    (settings) =>
      isPublic(settings) &&
      settings.tlsCert === "" &&
      settings.trustedProxies.length === 0 &&
      "the server is reachable without TLS, and passwords and keys can be intercepted: use CHINOOK_TLS_CERT, or a proxy and CHINOOK_TRUSTED_PROXIES",
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
      "users who forget their password get no mail: set it, or CHINOOK_REGISTRATION=closed",
  ),
  rule(
    "CHINOOK_ALERT_SECRET",
    ({ alertUrl, alertSecret }) =>
      alertUrl !== "" && alertSecret === "" && "alerts are not signed: a receiver cannot verify their origin",
  ),
];

/** All rules that apply. */
export const unwise = (settings: Settings, around: MachineFacts): Unwise[] =>
  [...MACHINE, ...BACKUPS, ...ACCESS].flatMap((judge) => judge(settings, around) ?? []);
