import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Databases } from "./databases.ts";
import { pickGenerator } from "./load/pick.ts";
import { describeMachine } from "./machine.ts";
import { help, type Options, parseOptions, UsageError } from "./options.ts";
import { databaseOf, estimate, secondsOf, trialsOf } from "./plan.ts";
import { endAll } from "./processes.ts";
import { comparison } from "./report/compare.ts";
import {
  type Failure,
  type Figures,
  type Findings,
  figuresOf,
  hasProblem,
  readFigures,
  roundsOf,
  writeFigures,
} from "./report/figures.ts";
import { reportOf } from "./report/html.ts";
import { Progress } from "./report/progress.ts";
import { tableOf } from "./report/table.ts";
import { isWhole, type Round, type Trial } from "./rounds.ts";
import { scenarioOf } from "./scenarios/index.ts";
import { specOf } from "./servers/specs.ts";
import { median } from "./statistics.ts";
import { type Bench, runTrial } from "./trial.ts";

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), process.env, tmpdir());
  if (options === undefined) {
    process.stdout.write(help());
    return;
  }
  const old = options.compare === undefined ? undefined : figuresIn("--compare", options.compare);
  const figures = options.from === undefined ? await measure(options) : figuresIn("--from", options.from);
  process.stdout.write(tableOf(figures));
  if (old !== undefined) process.stdout.write(comparison(old, figures));
  if (options.baseline !== undefined) writeFigures(options.baseline, figures);
  if (options.report !== undefined) writeFileSync(options.report, reportOf(figures, old));
  const wrong = figures.scenarios.some(hasProblem);
  if (wrong || figures.failures.length > 0) process.exitCode = 1;
}

function figuresIn(flag: string, file: string): Figures {
  try {
    return readFigures(file);
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`);
  }
}

async function measure(options: Options): Promise<Figures> {
  const directory = mkdtempSync(join(options.directory, "chinook-bench-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  if (options.catalogues !== undefined) mkdirSync(options.catalogues, { recursive: true });
  return measureAll({ ...options, directory });
}

/** Writes the figures after each scenario. */
async function measureAll(options: Options): Promise<Figures> {
  const generator = pickGenerator(options.generator);
  const machine = describeMachine(options.directory);
  const databases = new Databases(options);
  const rounds: Round[] = before(options);
  const failures: Failure[] = [];
  const scenarios = options.scenarios.filter((name) => !rounds.some(({ scenario }) => scenario === name));
  const trials = scenarios.flatMap((name) => trialsOf(name, options));
  announce(options, machine, generator.name, trials);
  const { count } = await databases.get("catalogue");
  const catalogue = { origin: databases.origin, tracks: count };
  const findings: Findings = { options, machine, catalogue, generator: generator.name, rounds, failures };
  const bench = { options, databases, generator, capacityOf: (trial: Trial) => capacityIn(rounds, trial) };
  const progress = new Progress(trials, options);
  for (const group of Map.groupBy(trials, ({ scenario }) => scenario).values()) {
    await runScenario(bench, group, progress, rounds, failures);
    if (options.json !== undefined) writeFigures(options.json, figuresOf(findings));
  }
  return figuresOf(findings);
}

const before = ({ resume, json }: Options): Round[] =>
  resume && existsSync(json!) ? roundsOf(figuresIn("--resume", json!)) : [];

function announce(
  options: Options,
  machine: Findings["machine"],
  generator: string,
  trials: readonly Trial[],
): void {
  const minutes = estimate(trials, options) / 60;
  const time = minutes < 1.5 ? `${Math.ceil(minutes * 60)} seconds` : `${Math.ceil(minutes)} minutes`;
  say(`${trials.length} trials, about ${time}. Load comes from ${generator}.`);
  if (machine.load_average_before > machine.cores / 4)
    say(`This machine is busy (load average ${machine.load_average_before.toFixed(2)}): figures will vary.`);
  if (options.sample === undefined) say("CHINOOK_SAMPLE is not set: the catalogue is generated.");
  if (process.env.BENCH_POSTGRES_URL === undefined)
    say("BENCH_POSTGRES_URL is not set: PostgreSQL is left out (--help says how to start one).");
}

/** A failed trial is recorded, and the others go on. */
async function runScenario(
  bench: Bench,
  trials: readonly Trial[],
  progress: Progress,
  rounds: Round[],
  failures: Failure[],
): Promise<void> {
  for (const trial of trials) {
    progress.begin(trial);
    try {
      const round = await inTime(bench, trial);
      progress.end(trial, round);
      rounds.push(round);
    } catch (cause) {
      const error = (cause as Error).message;
      progress.fail(trial, error);
      failures.push({ ...trial, error });
    }
  }
}

/** Milliseconds allowed beyond four times the expected duration of a trial. */
const PATIENCE_MS = 120_000;

/** A trial that hangs would block the others: its processes are killed, which ends it. */
async function inTime(bench: Bench, trial: Trial): Promise<Round> {
  await bench.databases.get(
    databaseOf(scenarioOf(trial.scenario), trial.point),
    specOf(trial.server).pageBytes,
  );
  const late = setTimeout(endAll, secondsOf(trial, bench.options) * 4_000 + PATIENCE_MS);
  try {
    return await runTrial(bench, trial);
  } finally {
    clearTimeout(late);
  }
}

/** The median of the throughput of the paced clients' closed loop with the trial's server in this scenario. */
function capacityIn(rounds: readonly Round[], { scenario, server }: Trial): number | undefined {
  const own = rounds.filter(
    (round) => round.scenario === scenario && round.server === server && isWhole(round),
  );
  return own.length === 0 ? undefined : median(own.map(({ requests_per_second }) => requests_per_second));
}

/** At exit all child processes are killed and all temporary files removed. */
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

try {
  await main();
} catch (error) {
  const usage = error instanceof UsageError;
  say(usage ? `${error.message}\nSee --help.` : String((error as Error).stack ?? error));
  process.exit(usage ? 2 : 1);
}
