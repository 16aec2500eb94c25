import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/** What the commands of this folder have in common: flags, a folder of their own, and how they end. */

export class UsageError extends Error {}

export const say = (text: string): void => void process.stderr.write(`${text}\n`);

export interface NumberFlag {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  readonly help: string;
}

export type Numbers<T extends Readonly<Record<string, NumberFlag>>> = { readonly [K in keyof T]: number };

/**
 * @returns undefined when help was asked for.
 * @throws UsageError for an unknown flag or a number out of its range.
 */
export function numbersOf<T extends Readonly<Record<string, NumberFlag>>>(
  args: readonly string[],
  flags: T,
): (Numbers<T> & { readonly json: boolean }) | undefined {
  const options: ParseArgsOptionsConfig = { json: { type: "boolean" }, help: { type: "boolean" } };
  for (const name of Object.keys(flags)) options[name] = { type: "string" };
  const values = valuesOf(args, options);
  if (values.help) return undefined;
  const numbers = Object.entries(flags).map(([name, flag]) => [name, numberOf(name, flag, values[name])]);
  return { ...Object.fromEntries(numbers), json: values.json === true };
}

function valuesOf(args: readonly string[], options: ParseArgsOptionsConfig): Record<string, unknown> {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function numberOf(name: string, { initial, min, max }: NumberFlag, given: unknown): number {
  if (given === undefined) return initial;
  const value = Number(given);
  if (String(given).trim() !== "" && value >= min && value <= max) return value;
  throw new UsageError(`--${name}: expected a number from ${min} to ${max}, got ${given}`);
}

export const helpOf = (
  usage: string,
  flags: Readonly<Record<string, NumberFlag>>,
): string => `Usage: npm run ${usage}

${Object.entries(flags)
  .map(([name, { help, initial }]) => `  ${`--${name} N`.padEnd(15)} ${help} (${initial})`)
  .join("\n")}
  --json          print the result as JSON on standard output
  --help          this text

Exit status: 0 all is well, 1 something is not, 2 wrong usage.
`;

/** A folder that is removed when the process exits. */
export function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "chinook-reliability-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Runs a command's body and ends the process with its exit status; what it started ends with it. */
export async function runCommand(main: () => Promise<boolean>): Promise<never> {
  try {
    process.exit((await main()) ? 0 : 1);
  } catch (error) {
    const usage = error instanceof UsageError;
    say(usage ? `${error.message}\nSee --help.` : String((error as Error).stack ?? error));
    process.exit(usage ? 2 : 1);
  }
}
