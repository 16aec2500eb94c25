import type { Command } from "commander";
import colors from "picocolors";
import { SETTINGS, type SettingName, type Settings, shownOf, textOf } from "../../../shared/settings.ts";
import { settingsOf, withSettings } from "../../cli/options.ts";
import { columns, print, say } from "../../cli/output.ts";
import { backups } from "../backups/feature.ts";
import { type Outcome, STEPS } from "./steps.ts";
import { machineFactsOf, type Unwise, unwise } from "./unwise.ts";

export function setupCommands(program: Command): void {
  withSettings(program.command("validate-config"))
    .description("check the settings, print their values, and warn about unwise ones")
    .option("--json", "print the result as JSON on standard output")
    .action((options) => validateConfig(settingsOf(options), options.json));
  withSettings(program.command("setup"))
    .description("prepare a new machine, without serving; running it again changes nothing")
    .option("--admin <email>", "address of the first admin, if accounts are required")
    .option("--json", "print the result as JSON on standard output")
    .action((options) => setup(settingsOf(options), options));
}

async function validateConfig(settings: Settings, json: boolean | undefined): Promise<void> {
  const advice = unwise(settings, await machineFactsOf(settings, backups.folderOf(settings)));
  const rows = (Object.keys(SETTINGS) as SettingName[]).map((name) => rowOf(name, settings));
  const values = rows.map(({ env, value }) => [env, /^\d+$/.test(value) ? Number(value) : value]);
  const human = () =>
    [
      columns(rows.map(({ env, value, given }) => [env, `${value}${given ? colors.dim("  (set)") : ""}`])),
      ...advice.map(warning),
    ].join("\n");
  print(json, { ...Object.fromEntries(values), unwise: advice }, human);
}

/** Under the name of the variable; values that differ from the default are marked. */
function rowOf(name: SettingName, settings: Settings) {
  const value = textOf(name, settings[name]);
  const given = value !== textOf(name, SETTINGS[name].initial());
  return { env: SETTINGS[name].env, value: shownOf(name, value), given };
}

const warning = ({ setting, advice }: Unwise): string =>
  `${colors.yellow("unwise")}  ${setting === null ? "" : `${setting}: `}${advice}`;

const STATES = { done: colors.green("done"), already: colors.dim("is there"), left: colors.yellow("to do") };

/** Prints each step when it is done, to show progress. */
async function setup(settings: Settings, { admin, json }: { admin?: string; json?: boolean }): Promise<void> {
  const outcomes: (Outcome & { readonly step: string })[] = [];
  const width = Math.max(...STEPS.map(({ name }) => name.length));
  for (const { name, run } of STEPS) {
    const outcome = await run({ settings, admin });
    outcomes.push({ step: name, ...outcome });
    if (!json) process.stdout.write(`  ${name.padEnd(width)}  ${STATES[outcome.state]}  ${outcome.detail}\n`);
  }
  const advice = unwise(settings, await machineFactsOf(settings, backups.folderOf(settings)));
  for (const one of advice) say(warning(one));
  if (json) print(json, { database: settings.database, steps: outcomes, unwise: advice }, () => "");
}
