import { setTimeout as delay } from "node:timers/promises";
import colors from "picocolors";
import { identityOf } from "../../../shared/database/identity.ts";
import { AppError } from "../../../shared/errors.ts";
import type { Settings } from "../../../shared/settings.ts";
import { version } from "../../../shared/version.ts";
import { request, runningServer } from "../../cli/database.ts";
import { type Progress, progress, say } from "../../cli/output.ts";
import type { BackupJob, BackupJobs, Pruned } from "./archive/jobs.ts";
import type { Manifest } from "./archive/manifest.ts";
import type { Place } from "./archive/store.ts";
import type { OnProgress, Phase } from "./archive/unpack.ts";
import { runBackupJob } from "./backup-process.ts";
import type { Job } from "./job.ts";
import { placesOf, retentionOf } from "./places.ts";

/** Milliseconds between two requests for a job's state. */
const POLL_MS = 200;

/** Backups of a database: through the server that holds it, with that server's settings, or in this process. */
export interface Keeper {
  create(reason: "manual" | "replacement", onProgress: OnProgress): Promise<Manifest>;
  list(from: Place): Promise<readonly Manifest[]>;
  verify(from: Place, id: string, onProgress: OnProgress): Promise<Manifest>;
  prune(from: Place, dryRun: boolean): Promise<Pruned>;
}

export async function keeperOf(settings: Settings): Promise<Keeper> {
  const server = await runningServer(settings.database);
  return server === undefined ? localKeeper(settings) : remoteKeeper(server);
}

function localKeeper(settings: Settings): Keeper {
  const places = (job: BackupJob) =>
    placesOf(settings, job === "create" ? null : identityOf(settings.database));
  const run = <J extends BackupJob>(job: J, request: BackupJobs[J]["request"], onProgress?: OnProgress) =>
    runBackupJob(job, places(job), request, onProgress);
  const { database } = settings;
  return {
    create: (reason, onProgress) => run("create", { database, reason, version, copied: null }, onProgress),
    list: (from) => run("list", { from }),
    verify: (from, id, onProgress) => run("verify", { from, id }, onProgress),
    prune: (from, dryRun) => run("prune", { from, keep: retentionOf(settings), dryRun }),
  };
}

function remoteKeeper(server: string): Keeper {
  const ask = async (method: string, path: string) => JSON.parse(await request(server, method, path));
  const follow = async (job: Job, onProgress: OnProgress): Promise<Manifest> => {
    for (let now = job; ; now = (await ask("GET", `/admin/backups/jobs/${job.id}`)) as Job) {
      if (now.phase !== null) onProgress(now.phase, now.done, now.total);
      if (now.error !== null) throw new AppError(now.error.code, { detail: now.error.detail });
      if (now.backup !== null) return now.backup;
      await delay(POLL_MS);
    }
  };
  return {
    create: async (reason, onProgress) =>
      follow(await ask("POST", `/admin/backups?reason=${reason}`), onProgress),
    list: async (from) => (await ask("GET", `/admin/backups?from=${from}`)).data,
    verify: async (from, id, onProgress) =>
      follow(await ask("POST", `/admin/backups/${id}/verify?from=${from}`), onProgress),
    prune: (from, dryRun) => ask("POST", `/admin/backups/prune?from=${from}&dry_run=${dryRun ? 1 : 0}`),
  };
}

const PHASE_NAMES: Readonly<Record<Phase, string>> = {
  copy: "copying",
  compress: "compressing",
  read: "reading back",
  check: "checking",
  upload: "uploading",
};

const inMib = (bytes: number): number => Math.ceil(bytes / 1_048_576);

/** A progress bar per measurable phase and a label for the others; no output without a terminal. */
export async function withBars<T>(work: (onProgress: OnProgress) => Promise<T>): Promise<T> {
  let bar: Progress | undefined;
  let [current, before] = ["", 0];
  const begin = (phase: Phase, total: number) => {
    bar?.done();
    [bar, current, before] = [undefined, phase, 0];
    if (total > 0) bar = progress(inMib(total), "MiB");
    else if (process.stderr.isTTY) say(colors.dim(PHASE_NAMES[phase]));
  };
  try {
    return await work((phase, done, total) => {
      if (phase !== current) begin(phase, total);
      bar?.advance(Math.max(0, inMib(done) - before), PHASE_NAMES[phase]);
      before = inMib(done);
    });
  } finally {
    bar?.done();
  }
}

/**
 * Makes a backup before a replacement, with a message on a terminal. @returns its id. @throws AppError as a backup
 * does.
 */
export async function backupFirst(settings: Settings): Promise<string> {
  const keeper = await keeperOf(settings);
  const { id } = await withBars((onProgress) => keeper.create("replacement", onProgress));
  say(colors.dim(`The current content is in backup ${id}`));
  return id;
}
