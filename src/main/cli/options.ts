import { relative } from "node:path";
import type { Command } from "commander";
import { AppError } from "../../shared/errors.ts";
import {
  flagOf,
  resolveSettings,
  SETTINGS,
  type SettingName,
  type Settings,
  textOf,
} from "../../shared/settings.ts";

import { assertDatabase, runningServer } from "./database.ts";

/** Options of every command. */
export interface CommonOptions {
  readonly json?: boolean;
}

/** Adds a flag per setting. */
export function withSettings(
  command: Command,
  names: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[],
): Command {
  for (const name of names) {
    const { help, expects, env, initial } = SETTINGS[name];
    const usual = textOf(name, initial()) || "none";
    const shown = name === "database" ? relative(process.cwd(), usual) : usual;
    command.option(`${flagOf(name)} <value>`, `${help} [${expects}; default ${shown}] (${env})`);
  }
  return command;
}

/** The settings of a command line. Flags take precedence over the environment. */
export function settingsOf(options: Record<string, unknown>): Settings {
  const flags = Object.fromEntries(
    Object.keys(SETTINGS)
      .filter((name) => typeof options[name] === "string")
      .map((name) => [name, options[name] as string]),
  );
  return resolveSettings(process.env, flags);
}

/** @throws AppError `usage` unless the text is an integer in the range. */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new AppError("usage", {
    detail: `${flag}: expected a whole number from ${min} to ${max}, got ${JSON.stringify(text)}`,
  });
}

/** Adds the options of a command on a database: its path, and `--json`. */
export const onDatabase = (command: Command): Command =>
  withSettings(command, ["database"]).option("--json", "print the result as JSON on standard output");

/** @throws AppError `server_missing` if no server holds the database; `database_unusable` if there is none. */
export async function serverOf(options: object): Promise<string> {
  const { database } = settingsOf({ ...options });
  assertDatabase(database);
  const server = await runningServer(database);
  if (server !== undefined) return server;
  throw new AppError("server_missing", { detail: `no running server for ${database}` });
}
