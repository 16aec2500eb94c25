import type { Command } from "commander";
import colors from "picocolors";
import type { Settings } from "../../shared/settings.ts";
import { startServer } from "../server.ts";
import type { WriteSide } from "../writes/write-side.ts";
import { localTarget, openTarget, type Target } from "./database.ts";
import { fill } from "./fill.ts";
import { onDatabase, settingsOf, withSettings } from "./options.ts";
import { print, progress, say } from "./output.ts";

/** As large as the upstream sample; always the same one. */
const DEMO = { tracks: 3_503, seed: 1 } as const;

export function serveCommands(program: Command): void {
  withSettings(program.command("serve"))
    .description("serve the catalogue over HTTP; sets everything up on the first start")
    .action(async (options) => serve(settingsOf(options)));
  withSettings(program.command("validate-config"))
    .description("check the settings and print what they come to")
    .option("--json", "print the result as JSON on standard output")
    .action((options) => print(options.json, settingsOf(options), () => table(settingsOf(options))));
  withSettings(onDatabase(program.command("setup")), ["demo"])
    .description("create the database, migrate it and fill it with the demo catalogue, without serving")
    .action(async (options) => setup(settingsOf(options), options.json));
}

const table = (settings: Settings): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name.padEnd(14)} ${value}`)
    .join("\n");

async function serve(settings: Settings): Promise<void> {
  const server = await startServer(settings, (writes) => fillDemo(settings, writes));
  process.stdout.write(`Chinook Server listens on ${server.url}\n`);
  if (process.stdout.isTTY) say(colors.dim(`Read the API at ${server.url}/docs; stop with Ctrl-C.`));
  const stop = () => void server.close().then(() => process.exit(0));
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

async function fillDemo(settings: Settings, writes: WriteSide): Promise<void> {
  if (settings.demo) await demo(localTarget(writes));
}

/** @returns whether it was needed. */
async function demo(target: Target): Promise<boolean> {
  const { source, empty } = await target.source();
  if (!empty || source !== null) return false;
  say("The database is empty: filling it with a generated demo catalogue.");
  // Imported here: its vocabulary is megabytes that a server with a catalogue need not carry.
  const { generateCatalogue } = await import("../catalogue/generate.ts");
  const now = startOfDay(new Date());
  const bar = progress(DEMO.tracks * 7);
  await fill(target, generateCatalogue({ ...DEMO, now }), "demo", true, bar);
  return true;
}

export const startOfDay = (time: Date): Date => new Date(time.toISOString().slice(0, 10));

async function setup(settings: Settings, json: boolean | undefined): Promise<void> {
  const target = await openTarget(settings);
  try {
    const filled = settings.demo && (await demo(target));
    print(json, { database: settings.database, filled }, () => `${settings.database} is ready.`);
  } finally {
    await target.close();
  }
}
