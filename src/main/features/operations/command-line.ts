import type { Command } from "commander";
import { connect } from "../../cli/database.ts";
import { onDatabase, settingsOf } from "../../cli/options.ts";
import { print } from "../../cli/output.ts";
import { backups } from "../backups/feature.ts";
import { search } from "../search/feature.ts";

export function maintenanceCommands(program: Command): void {
  onDatabase(program.command("optimize"))
    .description("refresh what the query planner knows")
    .action(optimize);
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
