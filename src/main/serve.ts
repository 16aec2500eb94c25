import type { Command } from "commander";
import colors from "picocolors";
import type { Settings } from "../shared/settings.ts";
import { settingsOf, withSettings } from "./cli/options.ts";
import { say } from "./cli/output.ts";
import { bulk } from "./features/bulk/feature.ts";
import { type Server, startServer } from "./server.ts";

export function serveCommands(program: Command): void {
  withSettings(program.command("serve"))
    .description("serve the catalogue over HTTP; sets everything up on the first start")
    .action(async (options) => serve(settingsOf(options)));
}

async function serve(settings: Settings): Promise<void> {
  const server = await startServer(settings, (writes) => bulk.fillDemo(settings, writes));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop(server));
  process.stdout.write(`Chinook Server listens on ${server.url}\n`);
  if (process.stdout.isTTY) say(colors.dim(`Read the API at ${server.url}/docs; stop with Ctrl-C.`));
}

/** Finishes accepted requests within the drain's limits. Further signals are ignored. */
function stop(server: Server): void {
  void server.close().then(() => process.exit(0));
}
