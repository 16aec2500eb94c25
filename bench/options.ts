import { parseArgs } from "node:util";
import { GENERATORS } from "./load/pick.ts";
import { SCENARIOS, type Scenario, type ScenarioName } from "./scenarios.ts";

export interface Options {
  readonly scenarios: readonly ScenarioName[];
  readonly repeats: number;
  /** Figures are of no meaning. */
  readonly smoke: boolean;
  readonly warmMs: number;
  readonly measureMs: number;
  readonly walMs: number;
  /** Where databases are made: it decides what a durable commit costs. */
  readonly directory: string;
  readonly generator: (typeof GENERATORS)[number];
  /** Overrides the connections of every scenario. */
  readonly connections?: number;
  readonly tracks: number;
  readonly plays: number;
  readonly sample?: string;
  readonly json?: string;
}

export const HELP = `Usage: npm run bench -- [options]

Compares Chinook Server with what it is measured against, on this machine.

  --quick             under two minutes in total: fewer and shorter repeats
  --scenario NAME     only this one; may be given again
  --repeats N         repeats of each trial (5; 2 with --quick)
  --wal-minutes N     how long the log is watched under full writes (1)
  --json FILE         write the figures, raw rounds included
  --generator NAME    ${GENERATORS.join(", ")}: auto takes wrk when it is installed (auto)
  --directory DIR     where databases are made (the system's temporary directory)
  --smoke             a few hundred milliseconds for each trial: checks the bench, measures nothing
  --help              this text

Scenarios:
${Object.entries(SCENARIOS)
  .map(([name, { title }]) => `  ${name.padEnd(19)} ${title}`)
  .join("\n")}

CHINOOK_SAMPLE names an upstream Chinook SQLite file to measure with; without it the catalogue is generated.
Exit status: 0 measured, 1 wrong or failed answers, 2 wrong usage. A missed target is a finding, not a failure.
`;

/** Wrong usage: what was expected and what was given. */
export class UsageError extends Error {}

const SIZES = {
  full: { repeats: 5, warmMs: 2_000, measureMs: 5_000, walMs: 60_000, tracks: 3_503, plays: 1_000_000 },
  quick: { repeats: 2, warmMs: 400, measureMs: 1_000, walMs: 8_000, tracks: 3_503, plays: 1_000_000 },
  smoke: { repeats: 1, warmMs: 50, measureMs: 200, walMs: 500, tracks: 300, plays: 5_000 },
} as const;

/** The one generator that is everywhere, few connections, and of each kind of scenario one. */
const SMOKE = { generator: "autocannon", connections: 8 } as const;
const SMOKE_SCENARIOS = ["cached-get", "durable-post", "points-beside-scans"] as const;

const FLAGS = {
  quick: { type: "boolean" },
  smoke: { type: "boolean" },
  help: { type: "boolean" },
  scenario: { type: "string", multiple: true },
  repeats: { type: "string" },
  "wal-minutes": { type: "string" },
  json: { type: "string" },
  generator: { type: "string" },
  directory: { type: "string" },
} as const;

/** @returns undefined when help was asked for. @throws UsageError */
export function parseOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  temporary: string,
): Options | undefined {
  const values = flagsOf(args);
  if (values.help) return undefined;
  const size = values.smoke ? "smoke" : values.quick ? "quick" : "full";
  const minutes = values["wal-minutes"];
  return {
    ...SIZES[size],
    smoke: size === "smoke",
    scenarios: scenariosOf(values.scenario, size),
    directory: values.directory ?? temporary,
    generator: oneOf("--generator", values.generator ?? "auto", GENERATORS),
    ...(values.smoke ? SMOKE : {}),
    ...(values.repeats === undefined
      ? {}
      : { repeats: Math.ceil(number("--repeats", values.repeats, 1, 100)) }),
    ...(minutes === undefined ? {} : { walMs: number("--wal-minutes", minutes, 0.05, 600) * 60_000 }),
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(env.CHINOOK_SAMPLE && !values.smoke ? { sample: env.CHINOOK_SAMPLE } : {}),
  };
}

function flagsOf(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function scenariosOf(names: readonly string[] | undefined, size: keyof typeof SIZES): ScenarioName[] {
  const all = Object.keys(SCENARIOS) as ScenarioName[];
  if (names === undefined) {
    if (size === "smoke") return [...SMOKE_SCENARIOS];
    return all.filter((name) => size === "full" || !(SCENARIOS[name] as Scenario).thorough);
  }
  return names.map((name) => oneOf("--scenario", name, all));
}

function oneOf<T extends string>(flag: string, given: string, known: readonly T[]): T {
  const found = known.find((name) => name === given);
  if (found === undefined) throw new UsageError(`${flag}: expected ${known.join(", ")}, got ${given}`);
  return found;
}

function number(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max) return value;
  throw new UsageError(`${flag}: expected a number from ${min} to ${max}, got ${text}`);
}
