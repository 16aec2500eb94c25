import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import colors from "picocolors";
import { Client } from "./harness/client.ts";
import { helpOf, type NumberFlag, numbersOf, ownFolder, runCommand, say } from "./harness/command.ts";
import { runChinook, type Subject, serve, vitalsOf } from "./harness/server.ts";
import { closedLoop, openLoop, type Shot, Tally } from "./overload/load.ts";

/** `npm run overload`: many times the load that the server can carry, and how it responds. */

const FLAGS = {
  seconds: { initial: 60, min: 1, max: 3_600, help: "how long the overload lasts, for each kind of load" },
  times: { initial: 10, min: 2, max: 100, help: "times the load it can carry" },
  tracks: { initial: 12_000, min: 100, max: 1_000_000, help: "size of the catalogue" },
  calibrate: { initial: 8, min: 1, max: 60, help: "seconds in which that is found out, and those after it" },
} as const satisfies Record<string, NumberFlag>;

const PLAYS = 30_000;
/** Clients that find out what the server can carry. */
const CLIENTS = 16;
/** Connections of the crowd: more than the server could serve within the time that it lets anybody wait. */
const CROWD = 4_000;
const GOODPUT = 0.8;

let shots = 0;
/** The artists with the most tracks. */
let busiest: readonly number[] = [];

/** Each expensive enough that a generator in JavaScript can offer ten times of what can be carried. */
const LOADS: Readonly<Record<string, Shot>> = {
  // No two alike, so that nothing can share one scan among many, nor come from the cache; and all equally dear.
  scans: (client) => {
    const n = shots++;
    const window = `window=${8_800 + (n % 1_000)}h&limit=${1 + (Math.floor(n / 1_000) % 100)}`;
    return client.send("GET", `/v1/charts/${CHARTS[n % 3]}?${window}`);
  },
  // The index follows the name of an artist in all of their tracks, so that a small request is a large write.
  writes: (client) => {
    const n = shots++;
    return client.send("PATCH", `/v1/artists/${busiest[n % busiest.length]}`, {
      body: { name: `Overloaded ${n}` },
    });
  },
};
const CHARTS = ["artists", "albums", "genres"] as const;

async function main(): Promise<boolean> {
  const options = numbersOf(process.argv.slice(2), FLAGS);
  if (options === undefined) {
    process.stdout.write(helpOf("overload -- [options]", FLAGS));
    return true;
  }
  const database = join(ownFolder(), "database.sqlite");
  await runChinook(database, "generate", "--tracks", String(options.tracks), "--seed", "1");
  addPlays(database, options.tracks);
  busiest = busiestOf(database);
  const settings = { CHINOOK_VECTOR_GENERATION: "0", CHINOOK_LOG: "silent" };
  const findings: Finding[] = [];
  for (const [name, shot] of Object.entries(LOADS)) {
    const server = await serve(database, settings);
    findings.push(await overload(server, name, shot, options));
    server.signal("SIGTERM");
    await server.ended;
  }
  const report = { ok: findings.every(({ ok }) => ok), findings };
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(findings.map(tell).join(""));
  return report.ok;
}

/** Spread over tracks and over the last year. */
function addPlays(database: string, tracks: number): void {
  const db = new Database(database);
  db.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @count)
     INSERT INTO plays (track_id, user_id, played_at)
     SELECT 1 + (i * 7919) % @tracks, 1 + i % 997, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || (i * 31536000 / @count) || ' seconds') FROM n`,
  ).run({ count: PLAYS, tracks });
  db.close();
}

function busiestOf(database: string): number[] {
  const db = new Database(database, { readonly: true });
  const sql = `SELECT artist_id FROM tracks JOIN albums ON albums.id = album_id
    GROUP BY artist_id ORDER BY count(*) DESC, artist_id LIMIT 4`;
  const ids = db.prepare<[], number>(sql).pluck().all();
  db.close();
  return ids;
}

interface Options {
  readonly seconds: number;
  readonly times: number;
  readonly calibrate: number;
}

type Finding = Awaited<ReturnType<typeof overload>>;

/** Measures the capacity, then overloads it, then checks the recovery. */
async function overload(server: Subject, load: string, shot: Shot, { seconds, times, calibrate }: Options) {
  say(`${load}: finding out what the server can carry …`);
  const client = new Client(server.url, CROWD);
  await closedLoop(client, shot, CLIENTS, calibrate / 2);
  const capacity = await closedLoop(client, shot, CLIENTS, calibrate);
  say(`${load}: ${Math.round(capacity.perSecond)} a second; offering ${times} times that for ${seconds} s …`);
  const stop = new AbortController();
  const watching = watch(server, stop.signal);
  const { tally, offered } = await openLoop(client, shot, capacity.perSecond * times, seconds);
  stop.abort();
  const { memory, cheap } = await watching;
  await delay(1_000);
  const after = await closedLoop(client, shot, CLIENTS, calibrate);
  client.close();
  // On both sides of the overload, so that a machine that others use as well is not taken for the server.
  const carried = (capacity.perSecond + after.perSecond) / 2;
  const share = tally.perSecond / carried;
  const clean = tally.unexpected + after.unexpected + capacity.unexpected === 0;
  return {
    ok: clean && share >= GOODPUT && after.codes.size === 0,
    load,
    capacity_per_second: carried,
    capacity_before: capacity.perSecond,
    capacity_after: after.perSecond,
    offered_per_second: offered,
    served_per_second: tally.perSecond,
    goodput_share: share,
    alone: latency(capacity.served),
    served: latency(tally.served),
    refused: latency(tally.refused),
    refusals: Object.fromEntries(tally.codes),
    refusals_after: Object.fromEntries(after.codes),
    unexpected: tally.unexpected,
    memory_max_bytes: memory,
    cheap_read: latency(cheap.served),
    cheap_read_refusals: Object.fromEntries(cheap.codes),
  };
}

/** Memory, and a cheap read now and then: it must not wait for the expensive ones. */
async function watch(server: Subject, signal: AbortSignal): Promise<{ memory: number; cheap: Tally }> {
  const client = new Client(server.url, 1);
  let memory = 0;
  const cheap = new Tally();
  for (let n = 0; !signal.aborted; n++) {
    memory = Math.max(memory, vitalsOf(server.pid)?.anonymousBytes ?? 0);
    cheap.note(await client.send("GET", `/v1/tracks/${1 + (n % 1_000)}`));
    await delay(50, undefined, { signal }).catch(() => {});
  }
  client.close();
  return { memory, cheap };
}

const latency = (histogram: Tally["served"]) => ({
  count: histogram.count,
  p50_ms: histogram.count === 0 ? 0 : histogram.percentile(50) / 1_000,
  p99_ms: histogram.count === 0 ? 0 : histogram.percentile(99) / 1_000,
  max_ms: histogram.count === 0 ? 0 : histogram.max / 1_000,
});

function tell(finding: Finding): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const times = ({ count, p50_ms, p99_ms, max_ms }: Finding["served"]) =>
    `${count.toLocaleString("en")} in p50 ${p50_ms.toFixed(1)} ms, p99 ${p99_ms.toFixed(0)} ms, max ${max_ms.toFixed(0)} ms`;
  return `${[
    `${finding.ok ? colors.green("Holds:") : colors.red("Does not hold:")} ${finding.load}`,
    `  can carry   ${finding.capacity_per_second.toFixed(0)}/s; offered ${finding.offered_per_second.toFixed(0)}/s`,
    `  served      ${finding.served_per_second.toFixed(0)}/s, ${percent(finding.goodput_share)} of that: ${times(finding.served)} (${finding.alone.p50_ms.toFixed(1)} ms alone)`,
    `  refused     ${times(finding.refused)}: ${JSON.stringify(finding.refusals)}`,
    `  beside it   a cheap read: ${times(finding.cheap_read)}`,
    `  afterwards  ${finding.capacity_after.toFixed(0)}/s (${finding.capacity_before.toFixed(0)}/s before), refused ${JSON.stringify(finding.refusals_after)}`,
    `  memory      ${(finding.memory_max_bytes / 1_048_576).toFixed(0)} MiB at most`,
  ].join("\n")}\n`;
}

await runCommand(main);
