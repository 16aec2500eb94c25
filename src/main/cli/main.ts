import { Command, CommanderError } from "commander";
import { version } from "../../shared/version.ts";
import { backupCommands } from "../features/backups/command-line.ts";
import { catalogueCommands } from "../features/bulk/command-line.ts";
import { vectorCommands } from "../features/discover/command-line.ts";
import { cacheCommands } from "../features/operations/cache-command-line.ts";
import { maintenanceCommands } from "../features/operations/command-line.ts";
import { ftsCommands } from "../features/search/command-line.ts";
import { migrateCommands } from "./migrate.ts";
import { reportError } from "./output.ts";
import { serveCommands } from "./serve.ts";

/**
 * The `chinook` command. Exit status: 0 done and healthy, 1 failed or unhealthy, 2 wrong usage.
 *
 * @param argv as Node.js gives it, interpreter and script first.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command("chinook")
    .description("A music catalogue on SQLite, served over HTTP: many readers, one writer.")
    .version(version)
    .showHelpAfterError("(chinook --help lists the commands)")
    .exitOverride();
  for (const add of [
    serveCommands,
    catalogueCommands,
    migrateCommands,
    maintenanceCommands,
    cacheCommands,
    ftsCommands,
    vectorCommands,
    backupCommands,
  ])
    add(program);
  try {
    await program.parseAsync(argv as string[]);
  } catch (error) {
    process.exitCode = statusOf(error, argv.includes("--json"));
  }
}

function statusOf(error: unknown, json: boolean): number {
  if (!(error instanceof CommanderError)) return reportError(error, json);
  return error.exitCode === 0 ? 0 : 2;
}
