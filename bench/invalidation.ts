import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Cache } from "../src/main/engine/cache/cache.ts";

/**
 * How long an invalidation blocks the event loop: one write invalidates many cached lists, in a full cache, and the
 * dead entries are then collected. The loop's delay is what clients wait for; the slices' processor time is the
 * cache's share of it. Prints the maximum of each, in milliseconds.
 */
const MEBIBYTE = 1_048_576;
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
const BODY = "x".repeat(600);
/** Interval of the delay histogram, in milliseconds. Anything beyond it is delay. */
const RESOLUTION = 1;
const MIN_SLICES = 300;

interface Case {
  readonly name: string;
  readonly lists: number;
  readonly megabytes: number;
}

const CASES: readonly Case[] = [
  { name: "20,000 cached lists", lists: 20_000, megabytes: 256 },
  { name: "a full cache of 32 MiB", lists: 40_000, megabytes: 32 },
];

function filled({ lists, megabytes }: Case): Cache {
  const cache = new Cache({ maxBytes: megabytes * MEBIBYTE });
  for (let i = 0; i < lists; i++) {
    const answer = { body: BODY, etag: `"${i}"`, lifetime: 300 };
    cache.fill("queries", `list ${i}`, answer, ["tracks", `albums:${i}`, `artists:${i >> 3}`], cache.moment);
    // A hit makes the entry move to the database when the hot tier evicts it.
    cache.get("queries", `list ${i}`);
  }
  return cache;
}

/** The loop's maximum delay during the action, in milliseconds. */
async function loopDelay(action: () => Promise<void>): Promise<number> {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION });
  loop.enable();
  await delay(20);
  await action();
  await delay(20);
  loop.disable();
  return Math.max(0, loop.max / 1e6 - RESOLUTION);
}

/** Collects until nothing is left, one slice per turn of the loop. @returns the maximum processor time of a slice. */
async function collectAll(cache: Cache): Promise<number> {
  let longest = 0;
  for (let slices = 0; slices < MIN_SLICES || cache.entries("queries") > 0; slices++) {
    await delay(1);
    longest = Math.max(
      longest,
      processorTime(() => cache.collect()),
    );
  }
  return longest;
}

function processorTime(action: () => void): number {
  const before = process.threadCpuUsage();
  action();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

async function measure(name: string, wanted: Case, act: (cache: Cache) => void) {
  const cache = filled(wanted);
  const entries = cache.entries("queries");
  // The garbage of filling it is not the invalidation's.
  collectGarbage();
  const figures = { invalidate_ms: 0, slice_ms: 0 };
  const loop_ms = await loopDelay(async () => {
    figures.invalidate_ms = processorTime(() => act(cache));
    figures.slice_ms = await collectAll(cache);
  });
  // The same with nothing to collect: the noise of the machine.
  const quiet_loop_ms = await loopDelay(async () => void (await collectAll(cache)));
  cache.close();
  return { scenario: `${wanted.name}: ${name}`, entries, ...figures, loop_ms, quiet_loop_ms };
}

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
// Once for nothing: a server that has run for a while has compiled this.
await measure("warm-up", { name: "", lists: 2_000, megabytes: 32 }, (cache) => cache.invalidate(["tracks"]));
const figures = [];
for (const wanted of CASES) {
  figures.push(await measure("one tag", wanted, (cache) => cache.invalidate(["tracks:1", "tracks"])));
  figures.push(await measure("everything", wanted, (cache) => cache.invalidate(["*"])));
}
if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
else
  for (const { scenario, entries, ...ms } of figures) {
    const times = Object.entries(ms).map(([name, value]) => `${name} ${value.toFixed(2)}`);
    process.stdout.write(`${scenario}: ${entries} entries, ${times.join(", ")}\n`);
  }
