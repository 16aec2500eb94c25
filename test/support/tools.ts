import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** External programs that tests use if they are installed. */

/** A program's path: from an environment variable, or on the PATH. */
export function findProgram(name: string, variable?: string): string | undefined {
  const named = variable === undefined ? undefined : process.env[variable];
  if (named !== undefined && named !== "") return named;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs it to its end. @returns its exit status and all that it said. */
export function run(program: string, args: readonly string[], cwd: string): { code: number; said: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    timeout: 300_000,
  });
  if (error !== undefined) throw error;
  return { code: status ?? -1, said: `${stdout}${stderr}` };
}
