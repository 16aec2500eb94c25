import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import type { Command } from "commander";
import colors from "picocolors";
import {
  type Migration,
  migrationHistory,
  migrationStatus,
  type Plan,
  plan,
  readMigrations,
} from "../../../shared/database/migrations.ts";
import { databaseExists } from "../../../shared/database/replacement.ts";
import { type Connection, openForReading } from "../../../shared/database/sqlite.ts";
import { AppError } from "../../../shared/errors.ts";
import type { MigrationEvent, MigrationReport, MigrationStatus } from "../../../shared/protocol.ts";
import type { Settings } from "../../../shared/settings.ts";
import { ROOT } from "../../../shared/version.ts";
import { assertDatabase, unwatched } from "../../cli/database.ts";
import { onDatabase, settingsOf, wholeNumber, withSettings } from "../../cli/options.ts";
import { print, say } from "../../cli/output.ts";
import { LocalStorage } from "../../engine/storage/local-storage.ts";
import { backups } from "../backups/feature.ts";

interface Options {
  readonly json?: boolean;
  readonly to?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly history?: boolean;
}

export function migrateCommands(program: Command): void {
  const migrate = program.command("migrate").description("change the schema, or show its version");
  const changing = (command: Command) =>
    withSettings(onDatabase(command), ["backupDir", "backupBeforeMigration"]).option(
      "--dry-run",
      "change nothing and print what would run",
    );
  changing(migrate.command("up"))
    .description("apply pending migrations")
    .option("--to <number>", "stop after this migration")
    .action((options) => change(options, () => target(options.to) ?? "latest", true));
  changing(migrate.command("down"))
    .description("revert the last migration: deletes the data in its tables")
    .option("--yes", "do it")
    .option("--to <number>", "revert down to this migration; 0 reverts all")
    .action(down);
  onDatabase(migrate.command("status"))
    .description("show each migration; also beside a running server")
    .option("--history", "show applied changes, who made them and how long they took")
    .action(status);
}

const target = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : wholeNumber("--to", text, 0, 9_999);

function down(options: Options): Promise<void> {
  if (!options.yes && !options.dryRun)
    throw new AppError("usage", { detail: "this deletes data: check with --dry-run, then add --yes" });
  return change(
    options,
    (status) => {
      const applied = status.filter(({ appliedAt }) => appliedAt !== null).length;
      return target(options.to) ?? Math.max(0, applied - 1);
    },
    false,
  );
}

type Target = (status: readonly MigrationStatus[]) => number | "latest";

/** @param create whether to create a missing database. */
async function change(options: Options, to: Target, create: boolean): Promise<void> {
  const settings = settingsOf({ ...options });
  const planned = reading(settings, (db, files) => plan(db, files, to(migrationStatus(db, files))), create);
  if (options.dryRun) return printPlan(planned, options);
  const made = await carryOut(settings, planned);
  const migrations = reading(settings, migrationStatus);
  print(options.json, { ...made, migrations: migrations.map(fields) }, () => migrations.map(line).join("\n"));
}

/** Migrations need the database exclusively. A running server blocks them and is named. */
async function carryOut(
  settings: Settings,
  { ups, downs, version }: Plan,
): Promise<MigrationReport & { readonly backup: string | null }> {
  const options = unwatched(settings, backups.beforeMigration);
  const storage = await LocalStorage.open({ ...options, migrate: false });
  try {
    const something = ups.length + downs.length > 0 && (await storage.migrations()).some(isApplied);
    const made = something ? await backups.beforeMigration(settings, options.log) : undefined;
    if (made !== undefined) say(colors.dim(`Backup ${made.backup.id} made in ${made.folder}`));
    return { ...(await storage.migrate(version)), backup: made?.backup.id ?? null };
  } finally {
    await storage.close();
  }
}

const isApplied = ({ appliedAt }: MigrationStatus): boolean => appliedAt !== null;

/** A reader beside the process that holds the database. */
function reading<T>(
  { database }: Settings,
  look: (db: Connection, files: readonly Migration[]) => T,
  create = false,
): T {
  if (!create || databaseExists(database)) assertDatabase(database);
  const db = existsSync(database) ? openForReading(database) : new Database(":memory:");
  try {
    return look(db, readMigrations(fileURLToPath(new URL("migrations", ROOT))));
  } finally {
    db.close();
  }
}

/** Prints the SQL without running it. */
function printPlan({ ups, downs, version }: Plan, { json }: Options): void {
  const steps = [
    ...ups.map(({ name, up }) => ({ name, direction: "up", sql: up })),
    ...downs.map(({ name, down }) => ({ name, direction: "down", sql: down })),
  ];
  print(json, { dry_run: true, version, steps }, () =>
    steps.length === 0
      ? "nothing would run"
      : steps.map(({ name, direction, sql }) => `-- ${name}.${direction}.sql\n${sql.trimEnd()}`).join("\n\n"),
  );
}

function status(options: Options): void {
  const { migrations, history } = reading(settingsOf({ ...options }), (db, files) => ({
    migrations: migrationStatus(db, files),
    history: migrationHistory(db),
  }));
  print(options.json, { migrations: migrations.map(fields), history }, () =>
    [...migrations.map(line), ...(options.history ? ["", ...history.map(event)] : [])].join("\n"),
  );
}

const fields = ({ id, name, appliedAt }: MigrationStatus) => ({ id, name, applied_at: appliedAt });

const line = ({ id, name, appliedAt }: MigrationStatus): string => {
  const state =
    appliedAt === null ? colors.yellow("pending") : `${colors.green("applied")} ${colors.dim(appliedAt)}`;
  return `${String(id).padStart(4)}  ${name.slice(5).padEnd(20)}  ${state}`;
};

const event = ({ migration, direction, finished_at, milliseconds, by }: MigrationEvent): string =>
  `${colors.dim(finished_at)}  ${direction.padEnd(4)}  ${migration.padEnd(20)}  ${Math.ceil(milliseconds)} ms  ${by}`;
