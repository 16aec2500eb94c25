import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { getLoadablePath } from "sqlite-vec";
import { findProgram } from "../../test/support/tools.ts";

/** Real rqlite nodes on this machine: processes of rqlited, each with ports and a folder of its own. */

/** rqlited, named by CHINOOK_RQLITED or on the PATH; undefined where it is not installed. */
export const RQLITED = findProgram("rqlited", "CHINOOK_RQLITED");

const PATIENCE_MS = 60_000;

const running = new Set<ChildProcess>();

/** Ends every node that still runs. */
export function endNodes(): void {
  for (const child of running) {
    child.kill("SIGCONT");
    child.kill("SIGKILL");
  }
}

export interface RqliteNode {
  /** `127.0.0.1:4001` */
  readonly address: string;
  /** The SQLite file that it keeps. */
  readonly database: string;
  readonly child: ChildProcess;
  /** SIGKILL, unless another signal is named. Resolves when it has ended. */
  end(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again, with its data. Resolves when it has started, not when it is ready. */
  start(): void;
  /** Resolves when it knows a leader and has applied what was committed. */
  ready(): Promise<void>;
  log(): string;
}

export interface RqliteCluster {
  readonly nodes: readonly RqliteNode[];
  /** CHINOOK_WRITER of the server beside a node: its own node first. */
  writerOf(node: RqliteNode): string;
  /** The node that leads. */
  leader(): Promise<RqliteNode>;
}

export interface ClusterOptions {
  /** Flags for each node. */
  readonly flags?: readonly string[];
  /** A folder for each node. */
  readonly folders: readonly string[];
}

export async function startRqlite({ folders, flags = [] }: ClusterOptions): Promise<RqliteCluster> {
  const size = folders.length;
  const ports = await freePorts(size * 2);
  const addresses = ports.slice(0, size).map((port) => `127.0.0.1:${port}`);
  const rafts = ports.slice(size).map((port) => `127.0.0.1:${port}`);
  const nodes = addresses.map((address, i) => {
    const joining = i === 0 ? [] : ["-join", rafts[0]!];
    return nodeOf(i, address, rafts[i]!, [...joining, ...flags], folders[i]!);
  });
  for (const node of nodes) {
    node.start();
    await node.ready();
  }
  return {
    nodes,
    writerOf: (node) =>
      `rqlite://${[node.address, ...addresses.filter((address) => address !== node.address)].join(",")}`,
    leader: () => leaderOf(nodes),
  };
}

function nodeOf(
  i: number,
  address: string,
  raft: string,
  flags: readonly string[],
  folder: string,
): RqliteNode {
  const database = join(folder, "db", "database.sqlite");
  mkdirSync(join(folder, "db"), { recursive: true });
  const log = join(folder, "rqlited.log");
  const args = [
    ...["-node-id", String(i + 1), "-http-addr", address, "-raft-addr", raft],
    ...["-fk", "-extensions-path", extensions(folder), "-on-disk-path", database],
    ...["-auto-optimize-int", "0h", ...flags, join(folder, "raft")],
  ];
  let child: ChildProcess | undefined;
  return {
    address,
    database,
    get child() {
      return child!;
    },
    start() {
      const out = openSync(log, "a");
      const started = spawn(RQLITED!, args, { stdio: ["ignore", out, out] });
      child = started;
      running.add(started);
      started.once("exit", () => running.delete(started));
    },
    async end(signal = "SIGKILL") {
      const ending = child!;
      if (ending.exitCode !== null || ending.signalCode !== null) return;
      const ended = once(ending, "exit");
      ending.kill(signal);
      await ended;
    },
    ready: async () => void (await eventually(`the node ${address}`, () => isReady(address), log)),
    log: () => readFileSync(log, "utf8"),
  };
}

/** A folder with nothing else in it: rqlited loads every file as an extension. */
function extensions(folder: string): string {
  const own = join(folder, "extensions");
  mkdirSync(own, { recursive: true });
  copyFileSync(getLoadablePath(), join(own, basename(getLoadablePath())));
  return own;
}

async function isReady(address: string): Promise<true | undefined> {
  const { status } = await fetch(`http://${address}/readyz?sync&timeout=2s`);
  return status === 200 ? true : undefined;
}

const leaderOf = (nodes: readonly RqliteNode[]): Promise<RqliteNode> =>
  eventually("a leader", async () => {
    for (const { address } of nodes) {
      const answer = await fetch(`http://${address}/nodes?ver=2&timeout=1s`, {
        signal: AbortSignal.timeout(2_000),
      }).catch(() => undefined);
      if (answer === undefined) continue;
      const { nodes: known } = (await answer.json()) as {
        nodes: { api_addr: string; leader: boolean; reachable: boolean }[];
      };
      const led = known.find(({ leader, reachable }) => leader && reachable)?.api_addr;
      const found = nodes.find((node) => led?.endsWith(node.address));
      if (found !== undefined) return found;
    }
    return undefined;
  });

/** Asks until the answer is there. @throws Error when it never is. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  log?: string,
): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (performance.now() > end)
      throw new Error(
        `waited for ${what}${log === undefined ? "" : `: ${readFileSync(log, "utf8").slice(-2_000)}`}`,
      );
    await delay(20);
  }
}

async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  const ports = await Promise.all(
    probes.map(async (probe) => {
      await once(probe, "listening");
      return (probe.address() as { port: number }).port;
    }),
  );
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}
