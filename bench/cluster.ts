import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ClusterStorage } from "../src/main/engine/cluster/cluster-storage.ts";
import { createLog } from "../src/main/engine/log.ts";
import { createMetrics } from "../src/main/engine/metrics.ts";
import { LocalStorage } from "../src/main/engine/storage/local-storage.ts";
import type { Storage } from "../src/main/engine/storage/storage.ts";
import { WriteSide } from "../src/main/engine/write-side.ts";
import { joinCluster } from "../src/main/features/cluster/moving.ts";
import { COMMANDS } from "../src/main/features/index.ts";
import { SETTINGS } from "../src/shared/settings.ts";
import { TUNING } from "../src/shared/tuning.ts";
import { chinook } from "./support/database.ts";
import { endNodes, RQLITED, type RqliteCluster, type RqliteNode, startRqlite } from "./support/rqlite.ts";

/**
 * What a cluster costs and gains: plays recorded a second by 100 clients, through the server's own write side and by
 * rqlite used directly; the lag of a follower; the time without writes when the leader is killed.
 *
 * node bench/cluster.ts [--seconds 3] [--nodes 1,3] [--json]
 *
 * Skipped where rqlited is not installed. All nodes share this machine, its processors and its disk.
 */

const CLIENTS = 100;
const PLAY = COMMANDS.find(({ name }) => name === "plays.create")!;

interface Row {
  readonly what: string;
  readonly nodes: number;
  readonly writes_per_second?: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

const play = (n: number) => ({ track_id: (n % 100) + 1, user_id: (n % 50) + 1 });

/** 100 clients, each with one write at a time. */
async function load(
  seconds: number,
  write: (n: number) => Promise<unknown>,
): Promise<Omit<Row, "what" | "nodes">> {
  const ms: number[] = [];
  const end = performance.now() + seconds * 1_000;
  let n = 0;
  const client = async () => {
    while (performance.now() < end) {
      const started = performance.now();
      await write(n++);
      ms.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { writes_per_second: Math.round(ms.length / seconds), ...quantiles(ms) };
}

function quantiles(ms: number[]): { p50_ms: number; p99_ms: number } {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number) => Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2));
  return { p50_ms: at(0.5), p99_ms: at(0.99) };
}

const log = createLog("silent");

const openNode = (rqlite: RqliteCluster, node: RqliteNode): Promise<ClusterStorage> =>
  ClusterStorage.open({
    settings: { database: node.database, writer: rqlite.writerOf(node) },
    ...{ log, metrics: createMetrics(), onChange: () => {}, beforeMigration: async () => {} },
    whileReadersClosed: (action) => action(),
  });

/** Plays through the queue and the bus, as a server sends them. */
async function through(storage: Storage, writeBatch: number, seconds: number) {
  const writes = new WriteSide(storage, {
    ...{ log, metrics: createMetrics(), invalidate: () => {} },
    tuning: { ...TUNING, writeBatch },
  });
  const row = await load(seconds, (n) => writes.commands.execute(PLAY, play(n)));
  await writes.close();
  return row;
}

const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });

function ask(address: string, path: string, body: unknown): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { method: "POST", agent, headers: { "content-type": "application/json" } };
  request(`http://${address}${path}`, options, (answer) => {
    let text = "";
    answer.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    answer.on("end", () => (text.includes('"error"') ? reject(new Error(text)) : resolve(text)));
  })
    .on("error", reject)
    .end(JSON.stringify(body));
  return promise;
}

const INSERT = "INSERT INTO plays (track_id, user_id, played_at) VALUES (?, ?, ?)";

/** One INSERT a request: less than a command does, which also checks the track and reads its answer. */
const direct = (address: string, query: string, seconds: number) =>
  load(seconds, (n) => {
    const { track_id, user_id } = play(n);
    return ask(address, `/db/execute${query}`, [[INSERT, track_id, user_id, new Date().toISOString()]]);
  });

async function measure(
  nodes: number,
  file: string,
  seconds: number,
  report: (row: Row) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "chinook-bench-"));
  try {
    const folders = Array.from({ length: nodes }, (_, i) => join(folder, String(i)));
    const rqlite = await startRqlite({ folders });
    await joinCluster(file, rqlite.writerOf(rqlite.nodes[0]!), false);
    const leader = await rqlite.leader();
    const batched = async () => through(await openNode(rqlite, leader), TUNING.writeBatch, seconds);
    report({ what: "server, batches", nodes, ...(await batched()) });
    report({
      what: "server, one request a write",
      nodes,
      ...(await through(await openNode(rqlite, leader), 1, seconds)),
    });
    report({ what: "rqlite, one request a write", nodes, ...(await direct(leader.address, "", seconds)) });
    report({
      what: "rqlite, queued, not waited for",
      nodes,
      ...(await direct(leader.address, "?queue", seconds)),
    });
    report({
      what: "rqlite, queued, waited for",
      nodes,
      ...(await direct(leader.address, "?queue&wait", seconds)),
    });
    if (nodes > 1) await measureFollower(rqlite, leader, seconds, report);
  } finally {
    endNodes();
    await delay(200);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureFollower(
  rqlite: RqliteCluster,
  leader: RqliteNode,
  seconds: number,
  report: (row: Row) => void,
): Promise<void> {
  const nodes = rqlite.nodes.length;
  const follower = rqlite.nodes.find(({ address }) => address !== leader.address)!;
  const behind = await openNode(rqlite, follower);
  const lone = async () => {
    const ms: number[] = [];
    for (let i = 0; i < 30; i++) {
      const started = performance.now();
      const { shown } = await behind.batch([[{ sql: INSERT.replaceAll("?", "1"), params: {} }]], () => [[]]);
      await shown;
      ms.push(performance.now() - started);
      await delay(100);
    }
    return quantiles(ms);
  };
  report({ what: "a lone write at a follower's server", nodes, ...(await lone()) });
  report({
    what: "server of a follower, batches",
    nodes,
    ...(await through(behind, TUNING.writeBatch, seconds)),
  });
  const watcher = await openNode(rqlite, follower);
  const writer = await openNode(rqlite, leader);
  const [, lag] = await Promise.all([
    through(writer, TUNING.writeBatch, seconds),
    lagOf(watcher, writer, seconds),
  ]);
  report({ what: "lag of a follower under full writes", nodes, ...lag });
  report({
    what: "from kill -9 of the leader to the next write",
    nodes,
    ...(await failover(watcher, rqlite)),
  });
  await watcher.close();
}

/** From when the leader's server shows a position until the follower's does. */
async function lagOf(follower: ClusterStorage, leader: ClusterStorage, seconds: number) {
  const ms: number[] = [];
  const end = performance.now() + seconds * 1_000 - 200;
  while (performance.now() < end) {
    const position = leader.positions.current;
    const started = performance.now();
    if (await follower.positions.reaches(position, 5_000)) ms.push(performance.now() - started);
    await delay(5);
  }
  return quantiles(ms);
}

/** Five times: the killed node comes back before the next is killed. */
async function failover(storage: ClusterStorage, rqlite: RqliteCluster) {
  const ms: number[] = [];
  for (let i = 0; i < 5; i++) {
    const leader = await rqlite.leader();
    await leader.end();
    const started = performance.now();
    await storage.batch([[{ sql: INSERT.replaceAll("?", "1"), params: {} }]], () => [[]]);
    ms.push(performance.now() - started);
    leader.start();
    await leader.ready();
  }
  return quantiles(ms);
}

/** The same writes on one machine, for comparison. */
async function local(file: string, seconds: number): Promise<Omit<Row, "what" | "nodes">> {
  const folder = mkdtempSync(join(tmpdir(), "chinook-bench-"));
  const database = join(folder, "database.sqlite");
  copyFileSync(file, database);
  const settings = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, { initial }]) => [name, initial()]),
  );
  const storage = await LocalStorage.open({
    settings: { ...(settings as never as Parameters<typeof LocalStorage.open>[0]["settings"]), database },
    ...{ log, metrics: createMetrics(), beforeMigration: async () => {} },
    whileScansHeld: (action) => action(),
  });
  const row = await through(storage, TUNING.writeBatch, seconds);
  rmSync(folder, { recursive: true, force: true });
  return row;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "3" },
      nodes: { type: "string", default: "1,3" },
      json: { type: "boolean", default: false },
    },
  });
  if (RQLITED === undefined) {
    process.stdout.write("skipped: rqlited is not installed\n");
    return;
  }
  const seconds = Number(values.seconds);
  const folder = mkdtempSync(join(tmpdir(), "chinook-bench-"));
  const file = join(folder, "catalogue.sqlite");
  chinook(["generate", "--tracks", "3503", "--seed", "1", "--database", file]);
  const rows: Row[] = [];
  const report = (row: Row) => {
    rows.push(row);
    const rate = row.writes_per_second === undefined ? "" : `${row.writes_per_second} a second, `;
    if (!values.json)
      process.stdout.write(
        `${row.nodes} nodes  ${row.what}: ${rate}p50 ${row.p50_ms} ms, p99 ${row.p99_ms} ms\n`,
      );
  };
  report({ what: "one machine, batches", nodes: 0, ...(await local(file, seconds)) });
  for (const nodes of values.nodes.split(",")) await measure(Number(nodes), file, seconds, report);
  if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  agent.destroy();
  rmSync(folder, { recursive: true, force: true });
}

await main();
