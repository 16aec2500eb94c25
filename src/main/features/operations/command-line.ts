import type { Command } from "commander";
import colors from "picocolors";
import { authorization, connect } from "../../cli/database.ts";
import { onDatabase, serverOf, settingsOf } from "../../cli/options.ts";
import { columns, print, rowsOf } from "../../cli/output.ts";
import { backups } from "../backups/feature.ts";
import { search } from "../search/feature.ts";

export function maintenanceCommands(program: Command): void {
  onDatabase(program.command("optimize"))
    .description("refresh what the query planner knows")
    .action(optimize);
  onDatabase(program.command("health-check"))
    .description("ask the running server how it is; exit status 1 unless it is well")
    .action(healthCheck);
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

async function healthCheck(options: { json?: boolean }): Promise<void> {
  const server = await serverOf(options);
  const response = await fetch(new URL("/health", server), { headers: authorization(server) });
  const { queues, ...report } = (await response.json()) as Record<string, unknown> & {
    queues: Record<string, number>;
  };
  const flat = {
    ...report,
    ...Object.fromEntries(Object.entries(queues).map(([name, n]) => [`${name}_queue`, n])),
  };
  const mark = response.ok ? colors.green("healthy") : colors.red("unhealthy");
  print(options.json, { ...report, queues }, () => `${server} is ${mark}\n${columns(humanRows(flat))}`);
  if (!response.ok) process.exitCode = 1;
}

/** Bytes as MiB and seconds as hours and minutes, for those who read them. */
const humanRows = (report: Record<string, unknown>): [string, string | number][] =>
  rowsOf(report).map(([name, value]) => {
    if (name.endsWith("_bytes"))
      return [name.replace("_bytes", ""), `${(Number(value) / 1_048_576).toFixed(1)} MiB`];
    if (name === "uptime_seconds") return ["uptime", duration(Number(value))];
    return [name.replaceAll("_", " "), value];
  });

const duration = (seconds: number): string =>
  `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min ${seconds % 60} s`;
