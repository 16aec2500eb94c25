import { existsSync } from "node:fs";
import type { Command } from "commander";
import colors from "picocolors";
import { AppError } from "../../shared/errors.ts";
import type { MigrationStatus } from "../../shared/protocol.ts";
import { createLog } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import { WriteSide } from "../writes/write-side.ts";
import { onDatabase, settingsOf, wholeNumber } from "./options.ts";
import { print } from "./output.ts";

export function migrateCommands(program: Command): void {
  const migrate = program.command("migrate").description("change the schema, or show how far it is");
  onDatabase(migrate.command("up"))
    .description("apply what is missing")
    .option("--to <number>", "stop after this migration")
    .action((options) => run(options, async (writes) => writes.migrate(target(options.to) ?? "latest")));
  onDatabase(migrate.command("down"))
    .description("revert the last migration: deletes the data in its tables")
    .option("--yes", "do it")
    .option("--to <number>", "revert down to this migration; 0 reverts all")
    .action((options) =>
      run(options, async (writes) => {
        if (!options.yes)
          throw new AppError("usage", { detail: "this deletes data: back it up, then add --yes" });
        const applied = (await writes.migrations()).filter(({ appliedAt }) => appliedAt !== null).length;
        return writes.migrate(target(options.to) ?? Math.max(0, applied - 1));
      }),
    );
  onDatabase(migrate.command("status"))
    .description("show each migration")
    .action((options) => run(options));
}

const target = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : wholeNumber("--to", text, 0, 9_999);

/** Migrations need the database to themselves: a running server keeps them out, and is named. */
async function run(
  options: { json?: boolean },
  change?: (writes: WriteSide) => Promise<{ applied: readonly string[]; reverted: readonly string[] }>,
): Promise<void> {
  const settings = settingsOf({ ...options });
  if (!existsSync(settings.database)) {
    throw new AppError("database_unusable", {
      detail: `there is no ${settings.database}; \`chinook setup\` makes one`,
    });
  }
  const writes = await WriteSide.open({
    settings,
    log: createLog("silent"),
    metrics: createMetrics(),
    invalidate: () => {},
    whilePaused: (action) => action(),
    migrate: false,
  });
  try {
    const changed = await change?.(writes);
    const migrations = await writes.migrations();
    print(options.json, { ...changed, migrations: migrations.map(fields) }, () =>
      migrations.map(line).join("\n"),
    );
  } finally {
    await writes.close();
  }
}

const fields = ({ id, name, appliedAt }: MigrationStatus) => ({ id, name, applied_at: appliedAt });

const line = ({ id, name, appliedAt }: MigrationStatus): string => {
  const state =
    appliedAt === null ? colors.yellow("pending") : `${colors.green("applied")} ${colors.dim(appliedAt)}`;
  return `${String(id).padStart(4)}  ${name.slice(5).padEnd(20)}  ${state}`;
};
