import type { Command } from "commander";
import colors from "picocolors";
import { SETTINGS, type SettingName, type Settings } from "../../shared/settings.ts";
import { fill } from "../datasets/fill.ts";
import type { WriteSide } from "../engine/storage/write-side.ts";
import { type Server, startServer } from "../server.ts";
import { localTarget, openTarget, type Target } from "./database.ts";
import { onDatabase, settingsOf, withSettings } from "./options.ts";
import { columns, print, progress, say } from "./output.ts";

/** As large as the upstream sample; always the same one. */
const DEMO = { tracks: 3_503, seed: 1 } as const;

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

/** By the names of their variables; what differs from the default is marked. */
function printSettings(settings: Settings, json: boolean | undefined): void {
  const rows = (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const given = settings[name] !== SETTINGS[name].initial();
    return { env: SETTINGS[name].env, value: settings[name], given };
  });
  const human = () =>
    columns(rows.map(({ env, value, given }) => [env, `${value}${given ? colors.dim("  (set)") : ""}`]));
  print(json, Object.fromEntries(rows.map(({ env, value }) => [env, value])), human);
}

async function serve(settings: Settings): Promise<void> {
  const server = await startServer(settings, (writes) => fillDemo(settings, writes));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop(server));
  process.stdout.write(`Chinook Server listens on ${server.url}\n`);
  if (process.stdout.isTTY) say(colors.dim(`Read the API at ${server.url}/docs; stop with Ctrl-C.`));
}

/** Finishes what was accepted, within the bounds of a drain; another signal meanwhile changes nothing. */
function stop(server: Server): void {
  void server.close().then(() => process.exit(0));
}

async function fillDemo(settings: Settings, writes: WriteSide): Promise<void> {
  if (settings.demo) await demo(localTarget(writes, settings.database));
}

/** @returns whether it was needed. */
async function demo(target: Target): Promise<boolean> {
  const { source, empty } = await target.source();
  if (!empty || source !== null) return false;
  say("The database is empty: filling it with a generated demo catalogue.");
  // Imported here: its vocabulary is megabytes that a server with a catalogue need not carry.
  const { generateCatalogue } = await import("../datasets/generate.ts");
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
    const state = filled ? "filled with the demo catalogue" : "as it was";
    print(json, { database: settings.database, filled }, () => `${settings.database} is ready, ${state}.`);
  } finally {
    await target.close();
  }
}
