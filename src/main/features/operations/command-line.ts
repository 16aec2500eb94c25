import type { Command } from "commander";
import { connect } from "../../cli/database.ts";
import { onDatabase, settingsOf } from "../../cli/options.ts";
import { print } from "../../cli/output.ts";
import { backups } from "../backups/feature.ts";
import { queries } from "../queries/feature.ts";
import { search } from "../search/feature.ts";

export function maintenanceCommands(program: Command): void {
  onDatabase(program.command("optimize"))
    .description("refresh the query planner's statistics")
    .option("--vacuum", "rewrite the file without gaps as well; no server may run")
    .action((options) => (options.vacuum ? vacuum(options) : optimize(options)));
}

async function optimize(options: { json?: boolean }): Promise<void> {
  const connected = await connect(settingsOf({ ...options }), backups.beforeMigration);
  try {
    const { ms } = await search.optimize(connected);
    print(options.json, { ms: Math.round(ms) }, () => `optimized in ${Math.round(ms)} ms`);
  } finally {
    await connected.close();
  }
}

const mib = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

/** Refreshes the planner's statistics first, since the rewrite copies them. */
async function vacuum(options: { json?: boolean }): Promise<void> {
  const settings = settingsOf({ ...options });
  await queries.assertVacuum(settings);
  const connected = await connect(settings, backups.beforeMigration);
  await search.optimize(connected).finally(() => connected.close());
  const vacuumed = await queries.vacuum(settings);
  const { before_bytes, after_bytes, ms } = vacuumed;
  print(
    options.json,
    { ...vacuumed, ms: Math.round(ms) },
    () => `${mib(before_bytes)} are ${mib(after_bytes)} now, in ${Math.round(ms)} ms`,
  );
}
