import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import colors from "picocolors";
import { AppError } from "../../../shared/errors.ts";
import type { Settings } from "../../../shared/settings.ts";
import { version } from "../../../shared/version.ts";
import { request, runningServer } from "../../cli/database.ts";
import { onDatabase, settingsOf, withSettings } from "../../cli/options.ts";
import { type Progress, print, progress, say } from "../../cli/output.ts";
import type { BackupJob, BackupJobs, Pruned } from "./archive/jobs.ts";
import { BACKUP_ID, type Manifest } from "./archive/manifest.ts";
import { PLACES, type Place } from "./archive/store.ts";
import type { OnProgress, Phase } from "./archive/unpack.ts";
import { runBackupJob } from "./backup-process.ts";
import type { Job } from "./job.ts";
import { placesOf, retentionOf } from "./places.ts";
import { type Restored, restore } from "./restore.ts";

interface Options {
  readonly json?: boolean;
  readonly from?: string;
  readonly dryRun?: boolean;
}

/** How often a server is asked how a job goes. */
const POLL_MS = 200;

export function backupCommands(program: Command): void {
  const backup = program.command("backup").description("make, check, restore and clear away backups");
  const add = (usage: string, description: string) =>
    withSettings(onDatabase(backup.command(usage)), [
      "backupDir",
      "backupS3Bucket",
      "backupS3Endpoint",
      "backupS3Region",
      "backupS3Prefix",
    ]).description(description);
  const placed = (command: Command) =>
    command.option("--from <place>", "where the backups are: folder or bucket", "folder");
  add("create", "make a backup and check it, beside a running server or without one").action(create);
  placed(add("list", "show the backups there are")).action(list);
  placed(add("verify [backup]", "decompress a backup, open it and check it; the newest unless named")).action(
    verify,
  );
  placed(add("restore [backup]", "put a backup in the database's place; the newest unless named")).action(
    restoreFrom,
  );
  withSettings(placed(add("prune", "remove what retention does not keep")), [
    "backupKeepLast",
    "backupKeepDaily",
    "backupKeepWeekly",
  ])
    .option("--dry-run", "remove nothing and tell what would be")
    .action(prune);
}

/** Backups of a database: through the server that holds it, whose settings count then, or from here. */
interface Keeper {
  create(onProgress: OnProgress): Promise<Manifest>;
  list(from: Place): Promise<readonly Manifest[]>;
  verify(from: Place, id: string, onProgress: OnProgress): Promise<Manifest>;
  prune(from: Place, dryRun: boolean): Promise<Pruned>;
}

async function keeperOf(options: Options): Promise<Keeper> {
  const settings = settingsOf({ ...options });
  const server = await runningServer(settings.database);
  return server === undefined ? localKeeper(settings) : remoteKeeper(server);
}

function localKeeper(settings: Settings): Keeper {
  const run = <J extends BackupJob>(job: J, request: BackupJobs[J]["request"], onProgress?: OnProgress) =>
    runBackupJob(job, placesOf(settings), request, onProgress);
  const { database } = settings;
  return {
    create: (onProgress) => run("create", { database, reason: "manual", version, copied: null }, onProgress),
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
    create: async (onProgress) => follow(await ask("POST", "/admin/backups"), onProgress),
    list: async (from) => (await ask("GET", `/admin/backups?from=${from}`)).data,
    verify: async (from, id, onProgress) =>
      follow(await ask("POST", `/admin/backups/${id}/verify?from=${from}`), onProgress),
    prune: (from, dryRun) => ask("POST", `/admin/backups/prune?from=${from}&dry_run=${dryRun ? 1 : 0}`),
  };
}

async function create(options: Options): Promise<void> {
  const { database } = settingsOf({ ...options });
  if (!existsSync(database))
    throw new AppError("database_unusable", { detail: `there is no ${database} to back up` });
  const keeper = await keeperOf(options);
  const backup = await withBars((onProgress) => keeper.create(onProgress));
  print(options.json, backup, () => `${colors.green("made and checked:")} ${line(backup)}`);
}

async function list(options: Options): Promise<void> {
  const backups = await (await keeperOf(options)).list(placeOf(options));
  print(options.json, { data: backups }, () =>
    backups.length === 0 ? "there are no backups" : backups.map(line).join("\n"),
  );
}

async function verify(given: string | undefined, options: Options): Promise<void> {
  const [id, from] = [idOf(given), placeOf(options)];
  const keeper = await keeperOf(options);
  const backup = await withBars((onProgress) => keeper.verify(from, id, onProgress));
  print(options.json, backup, () => `${colors.green("whole:")} ${line(backup)}`);
}

async function prune(options: Options): Promise<void> {
  const dryRun = options.dryRun ?? false;
  const pruned = await (await keeperOf(options)).prune(placeOf(options), dryRun);
  const { kept, removed } = pruned;
  const verb = dryRun ? "would be removed" : "removed";
  print(options.json, { ...pruned, dry_run: dryRun }, () =>
    [`${removed.length} ${verb}, ${kept.length} kept`, ...removed.map(line)].join("\n"),
  );
}

async function restoreFrom(given: string | undefined, options: Options): Promise<void> {
  const which = { id: idOf(given), from: placeOf(options) };
  const settings = settingsOf({ ...options });
  const restored = await withBars((onProgress) => restore(settings, which, onProgress));
  print(options.json, { ...restored, database: settings.database }, () =>
    describe(restored, settings.database),
  );
}

function describe({ backup, kept }: Restored, database: string): string {
  const done = `${colors.green("restored:")} ${database} is as of ${backup.created_at}`;
  return kept === null ? done : `${done}\nWhat it was before is kept as ${kept}`;
}

/** @throws AppError `usage`. */
function placeOf({ from = "folder" }: Options): Place {
  const place = PLACES.find((place) => place === from);
  if (place !== undefined) return place;
  throw new AppError("usage", { detail: `--from: expected folder or bucket, got ${JSON.stringify(from)}` });
}

/** @throws AppError `usage`. */
function idOf(given = "latest"): string {
  if (given === "latest" || BACKUP_ID.test(given)) return given;
  throw new AppError("usage", {
    detail: `expected a backup as \`chinook backup list\` names it, or latest; got ${JSON.stringify(given)}`,
  });
}

const PHASE_NAMES: Readonly<Record<Phase, string>> = {
  copy: "copying",
  compress: "compressing",
  read: "reading back",
  check: "checking",
  upload: "uploading",
};

const MIB = 1_048_576;
const inMib = (bytes: number): number => Math.ceil(bytes / MIB);

/** A bar for each phase that can be measured, a word for one that cannot; nothing where nobody looks. */
async function withBars<T>(work: (onProgress: OnProgress) => Promise<T>): Promise<T> {
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

const size = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

const line = ({ id, reason, bytes, database_bytes, schema_version, rows }: Manifest): string =>
  [
    colors.bold(id),
    reason.padEnd(9),
    `${size(bytes)} of ${size(database_bytes)}`,
    `schema ${schema_version}`,
    `${(rows.tracks ?? 0).toLocaleString("en")} tracks`,
  ].join("  ");
