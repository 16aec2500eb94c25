import type { Command } from "commander";
import colors from "picocolors";
import { AppError } from "../../shared/errors.ts";
import { openTarget, runningServer } from "./database.ts";
import { onDatabase, settingsOf } from "./options.ts";
import { columns, print } from "./output.ts";

export function maintenanceCommands(program: Command): void {
  onDatabase(program.command("optimize"))
    .description("refresh what the query planner knows")
    .action(optimize);
  onDatabase(program.command("health-check"))
    .description("ask the running server how it is; exit status 1 unless it is well")
    .action(healthCheck);
}

async function optimize(options: { json?: boolean }): Promise<void> {
  const target = await openTarget(settingsOf({ ...options }));
  try {
    const { ms } = await target.optimize();
    print(options.json, { ms }, () => `optimized in ${(ms / 1_000).toFixed(2)} s`);
  } finally {
    await target.close();
  }
}

/** @throws AppError `server_failed` when no server holds the database. */
export async function serverOf(options: object): Promise<string> {
  const { database } = settingsOf({ ...options });
  const server = await runningServer(database);
  if (server !== undefined) return server;
  throw new AppError("server_failed", {
    detail: `no server answers for ${database}; start one with \`chinook serve\``,
  });
}

async function healthCheck(options: { json?: boolean }): Promise<void> {
  const server = await serverOf(options);
  const response = await fetch(new URL("/health", server));
  const { queues, ...report } = (await response.json()) as Record<string, unknown> & {
    queues: Record<string, number>;
  };
  const flat = {
    ...report,
    ...Object.fromEntries(Object.entries(queues).map(([name, n]) => [`${name}_queue`, n])),
  };
  const mark = response.ok ? colors.green("healthy") : colors.red("unhealthy");
  print(options.json, { ...report, queues }, () => `${server} is ${mark}\n${columns(rowsOf(flat))}`);
  if (!response.ok) process.exitCode = 1;
}

export const rowsOf = (record: Record<string, unknown>): [string, string | number][] =>
  Object.entries(record).map(([name, value]) => [name, typeof value === "number" ? value : String(value)]);
