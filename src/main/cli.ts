import { Command, CommanderError } from "commander";
import { AppError } from "../shared/errors.ts";
import { version } from "../shared/version.ts";
import { reportError } from "./cli/output.ts";
import { FEATURES } from "./features/index.ts";
import { serveCommands } from "./serve.ts";

/**
 * The `chinook` command. Exit status: 0 done and healthy, 1 failed or unhealthy, 2 wrong usage.
 *
 * @param argv as Node.js gives it, interpreter and script first.
 */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await commandLine().parseAsync(argv as string[]);
  } catch (error) {
    process.exitCode = statusOf(error, argv.includes("--json"));
  }
}

/** All commands, with their options and help. */
export function commandLine(): Command {
  const program = new Command("chinook")
    .description("A music catalogue on SQLite, served over HTTP: many readers, one writer.")
    .version(version)
    // `reportError` prints all errors.
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  serveCommands(program);
  for (const { commandLine } of FEATURES) commandLine?.(program);
  return program;
}

function statusOf(error: unknown, json: boolean): number {
  if (!(error instanceof CommanderError)) return reportError(error, json);
  if (error.exitCode === 0) return 0;
  if (error.code === "commander.help") return 2;
  return reportError(new AppError("usage", { detail: error.message.replace(/^error: /, "") }), json);
}
