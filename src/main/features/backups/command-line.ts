import type { Command } from "commander";
import colors from "picocolors";
import { AppError } from "../../../shared/errors.ts";
import { assertDatabase } from "../../cli/database.ts";
import { onDatabase, settingsOf, withSettings } from "../../cli/options.ts";
import { print } from "../../cli/output.ts";
import { BACKUP_ID, type Manifest } from "./archive/manifest.ts";
import { PLACES, type Place } from "./archive/store.ts";
import { keeperOf, withBars } from "./keeper.ts";
import { type Restored, restore } from "./restore.ts";

interface Options {
  readonly json?: boolean;
  readonly from?: string;
  readonly dryRun?: boolean;
}

export function backupCommands(program: Command): void {
  const backup = program.command("backup").description("make, check, restore and remove backups");
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
  placed(add("list", "list the backups")).action(list);
  placed(add("verify [backup]", "decompress a backup, open it and check it; by default the newest")).action(
    verify,
  );
  placed(add("restore [backup]", "replace the database by a backup; by default the newest")).action(
    restoreFrom,
  );
  withSettings(placed(add("prune", "remove backups that retention does not keep")), [
    "backupKeepLast",
    "backupKeepDaily",
    "backupKeepWeekly",
  ])
    .option("--dry-run", "remove nothing and show what would be removed")
    .action(prune);
}

async function create(options: Options): Promise<void> {
  const settings = settingsOf({ ...options });
  const { database } = settings;
  assertDatabase(database);
  const keeper = await keeperOf(settings);
  const backup = await withBars((onProgress) => keeper.create("manual", onProgress));
  print(options.json, backup, () => `${colors.green("made and checked:")} ${line(backup)}`);
}

async function list(options: Options): Promise<void> {
  const backups = await (await keeperOf(settingsOf({ ...options }))).list(placeOf(options));
  print(options.json, { data: backups }, () =>
    backups.length === 0 ? "there are no backups" : backups.map(line).join("\n"),
  );
}

async function verify(given: string | undefined, options: Options): Promise<void> {
  const [id, from] = [idOf(given), placeOf(options)];
  const keeper = await keeperOf(settingsOf({ ...options }));
  const backup = await withBars((onProgress) => keeper.verify(from, id, onProgress));
  print(options.json, backup, () => `${colors.green("whole:")} ${line(backup)}`);
}

async function prune(options: Options): Promise<void> {
  const dryRun = options.dryRun ?? false;
  const pruned = await (await keeperOf(settingsOf({ ...options }))).prune(placeOf(options), dryRun);
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
  return kept === null ? done : `${done}\nThe previous database is kept as ${kept}`;
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
    detail: `expected an id from \`chinook backup list\`, or latest; got ${JSON.stringify(given)}`,
  });
}

const MIB = 1_048_576;

const size = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

const line = ({ id, reason, bytes, database_bytes, schema_version, rows }: Manifest): string =>
  [
    colors.bold(id),
    reason.padEnd(9),
    `${size(bytes)} of ${size(database_bytes)}`,
    `schema ${schema_version}`,
    `${(rows.tracks ?? 0).toLocaleString("en")} tracks`,
  ].join("  ");
