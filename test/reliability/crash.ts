import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import colors from "picocolors";
import { copyDatabase } from "../../bench/databases.ts";
import { Ledger, type Tally } from "./crash/ledger.ts";
import { problemsOf } from "./harness/checks.ts";
import { Client } from "./harness/client.ts";
import { helpOf, type NumberFlag, numbersOf, ownFolder, runCommand, say } from "./harness/command.ts";
import { randomOf } from "./harness/random.ts";
import { launch, runChinook, type Subject, serve } from "./harness/server.ts";

/** `npm run crash`: kills the server at random moments under full write load, then checks every acknowledged write. */

const FLAGS = {
  cycles: { initial: 300, min: 1, max: 100_000, help: "how many times it is killed" },
  clients: { initial: 64, min: 1, max: 1_000, help: "clients that write, each without a pause" },
  seed: { initial: 1, min: 0, max: 4_294_967_295, help: "of the catalogue, the load and the moments" },
} as const satisfies Record<string, NumberFlag>;

/** A file grows by thousands of commands a cycle, and is checked whole each time: now and then it is a new one. */
const FRESH_EVERY = 20;
const TRACKS = 300;
/** Milliseconds of load after which it is killed, at most. */
const LONGEST_MS = 1_200;

/** When it is killed: under load, before it listens, or while it stops. */
type Moment = "load" | "start" | "stop";

async function main(): Promise<boolean> {
  const options = numbersOf(process.argv.slice(2), FLAGS);
  if (options === undefined) {
    process.stdout.write(helpOf("crash -- [options]", FLAGS));
    return true;
  }
  const folder = ownFolder();
  const files: Files = {
    catalogue: join(folder, "catalogue.sqlite"),
    database: join(folder, "database.sqlite"),
    copy: join(folder, "copy.sqlite"),
  };
  const { seed } = options;
  await runChinook(files.catalogue, "generate", "--tracks", String(TRACKS), "--seed", String(seed));
  const report = await runCycles(files, options.cycles, options.clients, randomOf(seed));
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(verdict(report));
  return report.ok;
}

interface Files {
  readonly catalogue: string;
  readonly database: string;
  readonly copy: string;
}

interface Report extends Tally {
  readonly ok: boolean;
  readonly cycles: number;
  readonly killed: Readonly<Record<Moment, number>>;
  readonly seconds: number;
  readonly problems: readonly string[];
}

async function runCycles(
  files: Files,
  cycles: number,
  clients: number,
  random: () => number,
): Promise<Report> {
  const began = performance.now();
  const killed: Record<Moment, number> = { load: 0, start: 0, stop: 0 };
  const ledgers: Ledger[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    if (cycle % FRESH_EVERY === 0) {
      ledgers.at(-1)?.checkAll(files.database);
      copyDatabase(files.catalogue, files.database);
      ledgers.push(new Ledger(random, ledgers.at(-1)?.next));
    }
    const ledger = ledgers.at(-1)!;
    const moment = momentOf(random());
    killed[moment]++;
    await runCycle(files, ledger, moment, clients, random);
    progress(cycle + 1, cycles, ledgers, moment);
  }
  ledgers.at(-1)!.checkAll(files.database);
  const problems = ledgers.flatMap(({ problems }) => problems);
  const seconds = Math.round((performance.now() - began) / 1_000);
  return {
    ok: problems.length === 0,
    cycles,
    killed,
    seconds,
    ...sumOf(ledgers),
    problems: problems.slice(0, 50),
  };
}

const momentOf = (dice: number): Moment => (dice < 0.8 ? "load" : dice < 0.9 ? "start" : "stop");

/**
 * Start, load, kill; then the file as the crash left it is checked in a copy, and the next server has to find its
 * own way with the original. That one repeats what had no answer, and is killed in its turn.
 */
async function runCycle(
  files: Files,
  ledger: Ledger,
  moment: Moment,
  clients: number,
  random: () => number,
): Promise<void> {
  if (moment === "start") {
    const launched = launch(files.database);
    await Promise.race([delay(random() * 400), launched.ended]);
    launched.signal("SIGKILL");
    await launched.ended;
  }
  const server = await serve(files.database);
  const client = new Client(server.url, clients);
  if (ledger.empty) await ledger.prepare(client);
  else {
    await ledger.repeat(client, files.database);
    ledger.forget();
  }
  const writers = Array.from({ length: clients }, () => ledger.write(client));
  await delay(random() * LONGEST_MS);
  if (moment === "stop") {
    server.signal("SIGTERM");
    await delay(random() * 60);
  }
  server.signal("SIGKILL");
  await Promise.all([server.ended, ...writers]);
  client.close();
  lookOver(files, ledger, server);
}

/** The copy is checked whole, its index and its rows; the original is left to the server. */
function lookOver({ database, copy }: Files, ledger: Ledger, { log }: Subject): void {
  copyDatabase(database, copy);
  if (existsSync(`${database}-wal`)) copyFileSync(`${database}-wal`, `${copy}-wal`);
  ledger.problems.push(...problemsOf(copy));
  ledger.check(copy);
  if (/"code":"internal"/.test(log())) ledger.problems.push(`the server met a defect: ${log()}`);
}

function sumOf(ledgers: readonly Ledger[]): Tally {
  const sum: Tally = { acknowledged: 0, unanswered: 0, kept: 0, dropped: 0, replayed: 0, applied: 0 };
  for (const { tally } of ledgers) {
    for (const name of Object.keys(sum) as (keyof Tally)[]) sum[name] += tally[name];
  }
  return sum;
}

function progress(done: number, all: number, ledgers: readonly Ledger[], moment: Moment): void {
  const problems = ledgers.reduce((sum, { problems }) => sum + problems.length, 0);
  const { acknowledged, unanswered } = sumOf(ledgers);
  const state = problems === 0 ? colors.green("all holds") : colors.red(`${problems} problems`);
  const line = `${done}/${all} killed (${moment}) · ${acknowledged.toLocaleString("en")} acknowledged · ${unanswered} unanswered · ${state}`;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${line}${done === all ? "\n" : ""}`);
  else if (done % 10 === 0 || done === all) say(line);
}

function verdict(report: Report): string {
  const word = report.ok ? colors.green("Holds.") : colors.red("Does not hold.");
  const { killed, acknowledged, unanswered, kept, dropped, replayed, applied } = report;
  return `${[
    `${word} Killed ${report.cycles} times in ${report.seconds} s: ${killed.load} under load, ${killed.start} at the start, ${killed.stop} while stopping.`,
    `  ${acknowledged.toLocaleString("en")} acknowledged, all of them there`,
    `  ${unanswered} unanswered: ${kept} whole, ${dropped} not at all`,
    `  repeated under their key: ${replayed} answered from what was stored, ${applied} applied then`,
    ...report.problems.map((problem) => `  ${colors.red("problem")} ${problem}`),
  ].join("\n")}\n`;
}

await runCommand(main);
