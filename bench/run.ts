import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareCatalogue } from "./databases.ts";
import { pickGenerator } from "./load/pick.ts";
import { describeMachine } from "./machine.ts";
import { HELP, type Options, parseOptions, UsageError } from "./options.ts";
import { type Findings, writeFigures } from "./report/figures.ts";
import { Progress } from "./report/progress.ts";
import { tableOf } from "./report/table.ts";
import type { Round, Trial } from "./rounds.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { type Bench, runTrial } from "./trial.ts";

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), process.env, tmpdir());
  if (options === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const directory = mkdtempSync(join(options.directory, "chinook-bench-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  const findings = await measureAll({ ...options, directory });
  process.stdout.write(tableOf(findings));
  if (options.json !== undefined) writeFigures(options.json, findings);
  if (findings.rounds.some(({ errors, busy }) => errors + busy > 0)) process.exitCode = 1;
}

async function measureAll(options: Options): Promise<Findings> {
  const generator = pickGenerator(options.generator);
  say(`Load comes from ${generator.name}.`);
  const machine = describeMachine(options.directory);
  if (machine.load_average_before > machine.cores / 4) say(busyMachine(machine.load_average_before));
  say(options.sample ? "Importing the sample …" : "CHINOOK_SAMPLE is not set: generating a catalogue …");
  const catalogue = await prepareCatalogue(options);
  const rounds = await runAll({ options, generator, catalogue });
  return { options, machine, catalogue, generator, rounds };
}

const busyMachine = (load: number): string =>
  `This machine is busy (load average ${load.toFixed(2)}): figures will vary.`;

async function runAll(bench: Bench): Promise<Round[]> {
  const trials = planOf(bench.options);
  const progress = new Progress(trials.length);
  const rounds: Round[] = [];
  for (const trial of trials) {
    progress.begin(trial);
    const round = await runTrial(bench, trial);
    progress.end(trial, round);
    rounds.push(round);
  }
  return rounds;
}

/** All scenarios in each repeat, their servers beginning with another one each time. */
function planOf({ scenarios, repeats }: Options): Trial[] {
  return Array.from({ length: repeats }, (_, i) => i + 1).flatMap((repeat) =>
    scenarios.flatMap((scenario) => {
      const { servers, once = false }: Scenario = SCENARIOS[scenario];
      if (once && repeat > 1) return [];
      const first = (repeat - 1) % servers.length;
      const order = [...servers.slice(first), ...servers.slice(0, first)];
      return order.map((server) => ({ scenario, server, repeat }));
    }),
  );
}

/** What was started is killed, and what was written removed, when the process exits. */
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

try {
  await main();
} catch (error) {
  const usage = error instanceof UsageError;
  say(usage ? `${error.message}\nSee --help.` : String((error as Error).stack ?? error));
  process.exit(usage ? 2 : 1);
}
