import type { Command } from "commander";
import colors from "picocolors";
import { SETTINGS, type SettingName, type Settings, textOf } from "../shared/settings.ts";
import { onDatabase, settingsOf, withSettings } from "./cli/options.ts";
import { columns, print, say } from "./cli/output.ts";
import { bulk } from "./features/bulk/feature.ts";
import { type Server, startServer } from "./server.ts";

export function serveCommands(program: Command): void {
  withSettings(program.command("serve"))
    .description("serve the catalogue over HTTP; sets everything up on the first start")
    .action(async (options) => serve(settingsOf(options)));
  withSettings(program.command("validate-config"))
    .description("check the settings and print what they come to")
    .option("--json", "print the result as JSON on standard output")
    .action((options) => printSettings(settingsOf(options), options.json));
  withSettings(onDatabase(program.command("setup")), ["demo"])
    .description("create the database, migrate it and fill it with the demo catalogue, without serving")
    .action(async (options) => setup(settingsOf(options), options.json));
}

/** Printed settings end up in logs and in questions to others. */
const withoutPassword = (value: string): string => value.replace(/^(\w+:\/\/[^/@:]*):[^/@]*@/, "$1:***@");

/** By variable name, each as it would be set. Values other than the default are marked. */
function printSettings(settings: Settings, json: boolean | undefined): void {
  const rows = (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const value = textOf(name, settings[name]);
    return {
      env: SETTINGS[name].env,
      value: withoutPassword(value),
      given: value !== textOf(name, SETTINGS[name].initial()),
    };
  });
  const human = () =>
    columns(rows.map(({ env, value, given }) => [env, `${value}${given ? colors.dim("  (set)") : ""}`]));
  print(
    json,
    Object.fromEntries(rows.map(({ env, value }) => [env, /^\d+$/.test(value) ? Number(value) : value])),
    human,
  );
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

async function setup(settings: Settings, json: boolean | undefined): Promise<void> {
  const target = await bulk.openTarget(settings);
  try {
    const filled = settings.demo && (await bulk.demoInto(settings, target));
    const state = filled ? "filled with the demo catalogue" : "as it was";
    print(json, { database: settings.database, filled }, () => `${settings.database} is ready, ${state}.`);
  } finally {
    await target.close();
  }
}
