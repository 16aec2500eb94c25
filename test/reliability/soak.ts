import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import colors from "picocolors";
import { cpuSeconds } from "../../bench/processes.ts";
import { problemsOf } from "./harness/checks.ts";
import { Client } from "./harness/client.ts";
import { helpOf, type NumberFlag, numbersOf, ownFolder, runCommand, say } from "./harness/command.ts";
import { randomOf } from "./harness/random.ts";
import { runChinook, type Subject, serve, vitalsOf } from "./harness/server.ts";
import { growthOf, type Sample } from "./soak/growth.ts";
import { Live } from "./soak/live.ts";
import { Pace } from "./soak/pace.ts";
import { World } from "./soak/world.ts";

/** `npm run soak`: mixed load for as long as asked, invariants all along, a verdict at the end. */

const FLAGS = {
  minutes: { initial: 60, min: 0.05, max: 20_160, help: "how long" },
  rate: { initial: 120, min: 1, max: 5_000, help: "operations a second" },
  tracks: { initial: 5_000, min: 100, max: 1_000_000, help: "size of the catalogue" },
  seed: { initial: 1, min: 0, max: 4_294_967_295, help: "of the catalogue and the load" },
} as const satisfies Record<string, NumberFlag>;

const CONNECTIONS = 16;
const SAMPLE_MS = 2_000;
/** Every so many samples the file is counted, beside the server. */
const COUNT_EVERY = 15;
/** The share of operations that may be refused: at a moderate rate, moments in which the machine is not ours. */
const MOST_REFUSED = 0.001;
/** 24 MiB at which readers are held to start the WAL over, and a batch on top. */
const WAL_BOUND = 32 * 1_048_576;

async function main(): Promise<boolean> {
  const options = numbersOf(process.argv.slice(2), FLAGS);
  if (options === undefined) {
    process.stdout.write(helpOf("soak -- [options]", FLAGS));
    return true;
  }
  const database = join(ownFolder(), "database.sqlite");
  const { minutes, rate, tracks, seed } = options;
  await runChinook(database, "generate", "--tracks", String(tracks), "--seed", String(seed));
  const server = await serve(database, { CHINOOK_LOG: "json" });
  const client = new Client(server.url, CONNECTIONS);
  const random = randomOf(seed);
  const world = await World.create(client, random);
  const pace = new Pace(world.operations, random);
  const began = performance.now();
  const samples = await soak(server, world, pace, minutes * 60, rate);
  const seconds = (performance.now() - began) / 1_000;
  const cpu = cpuSeconds(server.pid);
  await settle(server, world, pace);
  const growth = growthOf(samples);
  for (const { what, early, late, ok } of growth) {
    if (!ok) pace.fail(`growth: ${what} from ${Math.round(early)} to ${Math.round(late)}`);
  }
  const refused = [...pace.refused.values()].reduce((sum, count) => sum + count, 0);
  if (refused > pace.done * MOST_REFUSED) pace.fail(`refused: ${refused} of ${pace.done} operations`);
  const ok = pace.failed === 0;
  const report = {
    ok,
    seconds: Math.round(seconds),
    operations: pace.done,
    plays: world.plays,
    failures: pace.failed,
    first_failures: pace.failures,
    refused: Object.fromEntries(pace.refused),
    held: pace.held,
    p50_ms: pace.latency.percentile(50) / 1_000,
    p99_ms: pace.latency.percentile(99) / 1_000,
    max_ms: pace.latency.max / 1_000,
    cpu_share: cpu === null ? null : cpu / seconds,
    wal_max_bytes: Math.max(...samples.map(({ wal_bytes }) => wal_bytes)),
    queue_max: Math.max(...samples.map(({ queue }) => queue)),
    growth,
    by_operation: Object.fromEntries(pace.counts),
  };
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(verdict(report));
  return ok;
}

/** Samples until the time is over, a signal comes, or the server is gone. */
async function soak(
  server: Subject,
  world: World,
  pace: Pace,
  seconds: number,
  rate: number,
): Promise<Sample[]> {
  const over = new AbortController();
  const end = () => over.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  void server.ended.then((how) => {
    if (!over.signal.aborted) pace.fail(`the server ended with ${how}: ${server.log()}`);
    end();
  });
  const timer = setTimeout(end, seconds * 1_000);
  const running = pace.run(rate, over.signal);
  const samples = await watch(server, world, pace, seconds, over.signal);
  clearTimeout(timer);
  await running;
  return samples;
}

async function watch(
  server: Subject,
  world: World,
  pace: Pace,
  seconds: number,
  signal: AbortSignal,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const live = new Live(seconds);
  const began = performance.now();
  for (let i = 1; !signal.aborted; i++) {
    await delay(SAMPLE_MS, undefined, { signal }).catch(() => {});
    try {
      const sample = await look(server, (performance.now() - began) / 1_000);
      samples.push(sample);
      if (sample.wal_bytes > WAL_BOUND) pace.fail(`WAL: ${sample.wal_bytes} bytes, bound ${WAL_BOUND}`);
      if (i % COUNT_EVERY === 0) world.checkFile(server.database, false);
      live.show(sample, pace);
    } catch (error) {
      pace.fail(`look: ${(error as Error).message}`);
    }
  }
  live.end();
  return samples;
}

async function look(server: Subject, at: number): Promise<Sample> {
  const response = await fetch(`${server.url}/health`);
  const { queues, status } = (await response.json()) as { queues: Record<string, number>; status: string };
  if (status === "fail") throw new Error(`health is ${status}`);
  const vitals = vitalsOf(server.pid);
  return {
    at: Math.round(at),
    anonymous_bytes: vitals?.anonymousBytes ?? 0,
    handles: vitals?.handles ?? 0,
    threads: vitals?.threads ?? 0,
    queue: Object.values(queues).reduce((sum, length) => sum + length, 0),
    wal_bytes: walBytes(server.database),
  };
}

const walBytes = (database: string): number =>
  statSync(`${database}-wal`, { throwIfNoEntry: false })?.size ?? 0;

/** With nothing under way: totals are exact, the server stops in order, and the file is whole. */
async function settle(server: Subject, world: World, pace: Pace): Promise<void> {
  const checked = (action: () => void) => {
    try {
      action();
    } catch (error) {
      pace.fail((error as Error).message);
    }
  };
  checked(() => world.checkFile(server.database, true));
  server.signal("SIGTERM");
  const how = await server.ended;
  if (how !== 0) pace.fail(`expected exit status 0 on SIGTERM, got ${how}: ${server.log()}`);
  if (walBytes(server.database) > 0) pace.fail("a WAL was left by an orderly end");
  checked(() => world.checkFile(server.database, true));
  checked(() => {
    for (const problem of problemsOf(server.database)) pace.fail(problem);
  });
}

function verdict(report: {
  readonly ok: boolean;
  readonly seconds: number;
  readonly operations: number;
  readonly plays: number;
  readonly failures: number;
  readonly first_failures: readonly string[];
  readonly refused: Readonly<Record<string, number>>;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly wal_max_bytes: number;
  readonly queue_max: number;
  readonly growth: ReturnType<typeof growthOf>;
}): string {
  const word = report.ok ? colors.green("Holds.") : colors.red("Does not hold.");
  const count = (value: number) => Math.round(value).toLocaleString("en");
  return `${[
    `${word} ${count(report.operations)} operations in ${count(report.seconds)} s, ${count(report.plays)} plays, ${report.failures} failures.`,
    `  latency   p50 ${report.p50_ms.toFixed(1)} ms, p99 ${report.p99_ms.toFixed(1)} ms, max ${report.max_ms.toFixed(0)} ms`,
    `  refused   ${
      Object.entries(report.refused)
        .map(([code, times]) => `${times} ${code}`)
        .join(", ") || "nothing"
    }`,
    `  WAL       ${count(report.wal_max_bytes)} bytes at most; queue ${report.queue_max} at most`,
    ...report.growth.map(
      ({ what, early, late, allowed, ok }) =>
        `  ${ok ? "steady" : colors.red("grows")}    ${what}: ${count(early)} early, ${count(late)} late, ${count(allowed)} allowed`,
    ),
    ...report.first_failures.map((failure) => `  ${colors.red("failure")}   ${failure}`),
  ].join("\n")}\n`;
}

say("Mixed load, invariants all along; Ctrl-C ends it early, with its verdict.");
await runCommand(main);
