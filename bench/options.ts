import { parseArgs } from "node:util";
import { GENERATORS } from "./load/pick.ts";
import { SCENARIOS, type ScenarioName, scenarioOf } from "./scenarios/index.ts";
import { GROUPS } from "./scenarios/scenario.ts";
import { SERVERS, type ServerName, specOf } from "./servers/specs.ts";

export interface Options {
  readonly size: keyof typeof SIZES;
  readonly scenarios: readonly ScenarioName[];
  /** Only these servers; empty for all of a scenario. */
  readonly servers: readonly ServerName[];
  readonly repeats: number;
  /** Repeats of every scenario, if given. */
  readonly exactly?: number;
  /** A smoke run: its figures mean nothing. */
  readonly smoke: boolean;
  readonly warmMs: number;
  readonly measureMs: number;
  readonly walMs: number;
  /** Folder of the databases. It determines the cost of a durable commit. */
  readonly directory: string;
  /** Folder in which databases are kept for the next run. */
  readonly catalogues?: string;
  readonly generator: (typeof GENERATORS)[number];
  /** Maximum connections of any scenario. */
  readonly connections: number;
  readonly tracks: number;
  readonly plays: number;
  readonly sample?: string;
  readonly json?: string;
  /** Continues the run in the JSON file. */
  readonly resume: boolean;
  /** Measures nothing and reads the figures from this file. */
  readonly from?: string;
  readonly report?: string;
  readonly compare?: string;
  readonly baseline?: string;
}

const list = (rows: Readonly<Record<string, string>>): string =>
  Object.entries(rows)
    .map(([name, title]) => `  ${name.padEnd(20)} ${title}`)
    .join("\n");

const scenarioList = (): string =>
  GROUPS.map((group) => {
    const names = scenarioNames().filter((name) => scenarioOf(name).group === group);
    return `${group}\n${list(Object.fromEntries(names.map((name) => [name, scenarioOf(name).title])))}`;
  }).join("\n");

const scenarioNames = () => Object.keys(SCENARIOS) as ScenarioName[];
const serverNames = () => Object.keys(SERVERS) as ServerName[];

export const help = (): string => `Usage: npm run bench -- [options]

Compares Chinook Server with its baselines on this machine.

  --quick             under two minutes in total: fewer and shorter trials
  --scenario NAME     only this scenario or group; repeatable
  --server NAME       only this server; repeatable
  --plays N           plays in the databases with many (1000000; generating ten million takes minutes)
  --repeats N         repeats of each trial (3, fewer for some scenarios; 1 with --quick)
  --wal-minutes N     duration of the WAL scenario under full write load (0.5)
  --json FILE         write the figures, raw rounds included, after each scenario
  --resume            continue the run in the file of --json: its scenarios are not run again
  --from FILE         measure nothing, use the figures in this file: for --report, --compare, --save-baseline
  --report FILE       write a report with charts, one HTML file
  --compare FILE      compare with the figures in that file, and show what exceeds the noise
  --save-baseline [FILE]  save the figures for later comparisons (bench/baseline.json)
  --generator NAME    ${GENERATORS.join(", ")}: auto uses wrk if it is installed (auto). It measures capacity;
                      latency is measured by undici's clients, at 50, 70 and 90 % of their maximum
  --directory DIR     folder for the databases (the system's temporary directory)
  --catalogues DIR    folder in which generated databases are kept for the next run
  --smoke             a few hundred milliseconds per trial: tests the bench, measures nothing
  --help              this text

Scenarios by group:
${scenarioList()}

Servers:
${list(Object.fromEntries(serverNames().map((name) => [name, specOf(name).title])))}

CHINOOK_SAMPLE names an upstream Chinook SQLite file for the measurements; without it a catalogue is generated.
BENCH_POSTGRES_URL names a PostgreSQL database in which schemas chinook_bench_* may be created. On Debian:
  apt install postgresql && service postgresql start
  su postgres -c "createuser bench && createdb -O bench bench && psql -c \\"ALTER USER bench PASSWORD 'bench'\\""
  BENCH_POSTGRES_URL=postgres://bench:bench@127.0.0.1/bench npm run bench
Exit status: 0 measured, 1 wrong, failed or refused answers (except by servers whose refusals are a result), 2 wrong usage. A missed target is a result, not a failure.
`;

/** Wrong usage. The message says what was expected and what was given. */
export class UsageError extends Error {}

const SIZES = {
  full: { repeats: 3, warmMs: 800, measureMs: 2_500, walMs: 30_000, tracks: 3_503, plays: 1_000_000 },
  quick: { repeats: 1, warmMs: 400, measureMs: 1_000, walMs: 6_000, tracks: 3_503, plays: 1_000_000 },
  smoke: { repeats: 1, warmMs: 50, measureMs: 200, walMs: 500, tracks: 300, plays: 5_000 },
} as const;

/** The generator that is always available, few connections, and one scenario of each kind. */
const SMOKE = { generator: "autocannon", connections: 8 } as const;
const SMOKE_SCENARIOS = ["cached-get", "durable-post", "points-beside-scans"] as const;
const SMOKE_SERVERS: readonly ServerName[] = ["bare", "echo", "in-handler", "several-writers", "chinook"];

const BASELINE = "bench/baseline.json";

const FLAGS = {
  quick: { type: "boolean" },
  smoke: { type: "boolean" },
  help: { type: "boolean" },
  resume: { type: "boolean" },
  scenario: { type: "string", multiple: true },
  server: { type: "string", multiple: true },
  plays: { type: "string" },
  repeats: { type: "string" },
  "wal-minutes": { type: "string" },
  json: { type: "string" },
  from: { type: "string" },
  report: { type: "string" },
  compare: { type: "string" },
  "save-baseline": { type: "string" },
  generator: { type: "string" },
  directory: { type: "string" },
  catalogues: { type: "string" },
} as const;

/** @returns undefined if help was requested. @throws UsageError */
export function parseOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  temporary: string,
): Options | undefined {
  const values = flagsOf(args);
  if (values.help) return undefined;
  const size = values.smoke ? "smoke" : values.quick ? "quick" : "full";
  const { repeats, resume = false, from, json } = values;
  if (resume && json === undefined) throw new UsageError("--resume: expected --json FILE to continue");
  return {
    ...SIZES[size],
    ...{ size, resume, smoke: size === "smoke", connections: 10_000 },
    scenarios: scenariosOf(values.scenario, size),
    servers: serversOf(values, size),
    directory: values.directory ?? temporary,
    generator: oneOf("--generator", values.generator ?? "auto", GENERATORS),
    ...(values.smoke ? SMOKE : {}),
    ...(repeats === undefined ? {} : { exactly: Math.ceil(number("--repeats", repeats, 1, 100)) }),
    ...(values.plays === undefined ? {} : { plays: number("--plays", values.plays, 1, 100_000_000) }),
    ...minutesOf(values["wal-minutes"]),
    ...(env.CHINOOK_SAMPLE && !values.smoke ? { sample: env.CHINOOK_SAMPLE } : {}),
    ...given({ json, from, report: values.report, compare: values.compare }),
    ...given({ baseline: values["save-baseline"], catalogues: values.catalogues }),
  };
}

const minutesOf = (minutes: string | undefined) =>
  minutes === undefined ? {} : { walMs: number("--wal-minutes", minutes, 0.05, 600) * 60_000 };

/** Without undefined values. */
const given = <T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };

function flagsOf(args: readonly string[]) {
  try {
    return parseArgs({ args: withDefaults(args), options: FLAGS, strict: true }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** `--save-baseline` without a value means the default file. */
const withDefaults = (args: readonly string[]): string[] =>
  args.flatMap((arg, i) =>
    arg === "--save-baseline" && (args[i + 1] ?? "--").startsWith("--") ? [arg, BASELINE] : [arg],
  );

function scenariosOf(names: readonly string[] | undefined, size: keyof typeof SIZES): ScenarioName[] {
  const all = scenarioNames();
  if (names === undefined) {
    if (size === "smoke") return [...SMOKE_SCENARIOS];
    return all.filter((name) => size === "full" || scenarioOf(name).quick);
  }
  return names.flatMap((name) => {
    const group = all.filter((scenario) => scenarioOf(scenario).group === name);
    return group.length > 0 ? group : [oneOf("--scenario", name, all)];
  });
}

/** A smoke run without a selection is short. */
function serversOf(
  { server, scenario }: { readonly server?: string[]; readonly scenario?: string[] },
  size: keyof typeof SIZES,
): readonly ServerName[] {
  if (server !== undefined) return server.map((name) => oneOf("--server", name, serverNames()));
  return size === "smoke" && scenario === undefined ? SMOKE_SERVERS : [];
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
