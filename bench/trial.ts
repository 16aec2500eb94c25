import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { answerFile, writeRequests } from "./artefacts.ts";
import type { Catalogue } from "./catalogue.ts";
import { add, type Checked, checkOnce, type Subject, watchAnswers } from "./checks.ts";
import { copyDatabase, type Databases, playsIn, removeDatabase } from "./databases.ts";
import { paced, undici, users } from "./load/child.ts";
import type { Clients, Generator } from "./load/generator.ts";
import { processorTime } from "./machine.ts";
import { busyIn, Exposition, insideOf, watch } from "./metrics.ts";
import type { Options } from "./options.ts";
import { changeAt, databaseOf, measureMsOf, warmMsOf } from "./plan.ts";
import { bytesRead, cpuSeconds, type RunningServer, residentBytes, startServer } from "./processes.ts";
import { type Findings, isShare, isWhole, type Round, roundOf, type Trial } from "./rounds.ts";
import { scenarioOf } from "./scenarios/index.ts";
import type { Change, Load, Scenario } from "./scenarios/scenario.ts";
import { tokensOf } from "./servers/identity.ts";
import { type ServerSpec, specOf } from "./servers/specs.ts";
import { median } from "./statistics.ts";

export interface Bench {
  readonly options: Options;
  readonly databases: Databases;
  readonly generator: Generator;
  /** Maximum requests per second of the paced clients; undefined if unknown. */
  readonly capacityOf: (trial: Trial) => number | undefined;
}

/** A trial with all its parts. */
interface Setting {
  readonly bench: Bench;
  readonly trial: Trial;
  readonly scenario: Scenario;
  readonly spec: ServerSpec;
  readonly change: Change;
  readonly catalogue: Catalogue;
  /** The trial's own copy. */
  readonly database: string;
}

const STARTS = 5;

/** A server and the credentials for it. */
interface Launched extends RunningServer {
  readonly tokens: readonly string[];
}

/** Runs one trial with a fresh process on a fresh copy of the database, and removes both. */
export async function runTrial(bench: Bench, trial: Trial): Promise<Round> {
  const scenario = scenarioOf(trial.scenario);
  const spec = specOf(trial.server);
  const change = changeAt(scenario, trial.point);
  const catalogue = await bench.databases.get(databaseOf(scenario, trial.point), spec.pageBytes);
  const database = join(bench.options.directory, "trial.sqlite");
  const setting = { bench, trial, scenario, spec, change, catalogue, database };
  copyDatabase(catalogue.file, database);
  try {
    const { load } = scenario;
    return load === undefined ? await startTrial(setting) : await loadTrial(setting, load);
  } finally {
    removeDatabase(database);
  }
}

async function launch({ bench, scenario, spec, change, catalogue, database }: Setting): Promise<Launched> {
  const settings = { ...scenario.settings, ...change.settings };
  const answer = spec.constant ? await answerFile(bench.options.directory, catalogue, settings) : "";
  const place = { database, settings, answer, tuning: change.tuning ?? {} };
  const server = await startServer(spec.args(place), spec.env?.(place) ?? {});
  const tokens =
    spec.identity === undefined
      ? []
      : await tokensOf(server.url, database, spec.identity).catch(stopped(server));
  return { ...server, tokens };
}

/** Stops the server if the measurement fails. */
const stopped = (server: RunningServer) => async (error: unknown) => {
  await server.stop();
  throw error;
};

/** Measures from spawn to the first answer: a server that listens but is not ready is of no use. */
async function startTrial(setting: Setting): Promise<Round> {
  const times: number[] = [];
  const path = `/v1/tracks/${setting.catalogue.tracks[0]}`;
  for (let i = 0; i < STARTS; i++) {
    const started = performance.now();
    const server = await launch(setting);
    const { status } = await fetch(server.url + path).catch(() => ({ status: 0 }));
    times.push(performance.now() - started);
    await server.stop();
    if (status !== 200) throw new Error(`the first answer to ${path} was ${status}`);
  }
  return roundOf(setting.trial, { generator: null, connections: 0, rate: null, shot: shotOf(times) });
}

function shotOf(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  const [p50, max] = [median(sorted), sorted.at(-1)!];
  return {
    ...{ requests: times.length, seconds: times.reduce((a, b) => a + b, 0) / 1_000, errors: 0, refused: 0 },
    ...{ p50_ms: p50, p90_ms: max, p99_ms: max, p999_ms: max, max_ms: max },
    ...{ unanswered: null, dropped: null, late_p99_ms: null, curve: null, slices: null, kinds: null },
    cpu_seconds: null,
  };
}

/** The load of this trial. @throws Error for a share of an unmeasured capacity. */
function loadOf({ bench, trial, change }: Setting, load: Load): Load {
  const connections = Math.min(change.connections ?? load.connections, bench.options.connections);
  if (isWhole(trial)) return { ...load, connections, clients: "undici" };
  if (!isShare(trial)) return { ...load, connections };
  const capacity = bench.capacityOf(trial);
  if (capacity === undefined) throw new Error("the maximum throughput of its clients was not measured");
  return { ...load, connections, rate: Math.max(1, Math.round(capacity * trial.point!.value)) };
}

async function loadTrial(setting: Setting, given: Load): Promise<Round> {
  const { trial, spec, database } = setting;
  const load = loadOf(setting, given);
  const stores = (spec.stores ?? false) && spec.needs === undefined;
  const before = stores ? playsIn(database, []).count : 0;
  const server = await launch(setting);
  let found: Findings & { answered: number };
  try {
    found = await underLoad(setting, load, server);
  } finally {
    await server.stop();
  }
  if (!stores) return roundOf(trial, found);
  const { count, missing } = playsIn(database, found.checks?.plays ?? []);
  const short =
    load.traffic === "plays" || load.traffic === "own-plays"
      ? Math.max(0, found.answered - (count - before))
      : 0;
  return roundOf(trial, { ...found, lost: Math.max(short, missing) });
}

async function underLoad(
  setting: Setting,
  load: Load,
  server: Launched,
): Promise<Findings & { answered: number }> {
  const { bench, scenario, spec, catalogue } = setting;
  const { constant = false, ranksOtherwise = false } = spec;
  const [token] = server.tokens;
  const subject = { url: server.url, token, constant, ranksOtherwise, catalogue, traffic: load.traffic };
  const first = await checkOnce(subject);
  if (scenario.beside) await checkOnce({ ...subject, traffic: scenario.beside.traffic });
  await using stack = new AsyncDisposableStack();
  const clients = await openClients(setting, load, server, stack);
  const end = Promise.withResolvers<void>();
  const beside =
    scenario.beside && (await openClients(setting, scenario.beside, server, stack)).shoot(end.promise);
  beside?.catch(() => {});
  const warmed = await warmUp(warmMsOf(setting.trial, bench.options), scenario.after ?? 0, clients);
  const found = await measure(setting, subject, clients, server);
  add(found.checks, first);
  end.resolve();
  const { connections, rate = null } = load;
  const answered = warmed + found.shot.requests - found.shot.errors;
  const generator = generatorOf(load, bench).name;
  return { ...found, generator, connections, rate, beside: await beside, answered };
}

function generatorOf({ thinkMs, rate, clients }: Load, { generator }: Bench): Generator {
  if (thinkMs !== undefined) return users;
  if (rate !== undefined) return paced;
  return clients === "undici" ? undici : generator;
}

async function openClients(
  { bench, catalogue }: Setting,
  load: Load,
  { url, tokens }: Launched,
  stack: AsyncDisposableStack,
): Promise<Clients> {
  const { traffic, connections, rate, thinkMs } = load;
  const { options } = bench;
  const requests = writeRequests(join(options.directory, `${traffic}.requests`), traffic, catalogue);
  const job = {
    ...{ url, tokens, requests, connections: Math.min(connections, options.connections) },
    ...(rate === undefined ? {} : { rate }),
    ...(thinkMs === undefined ? {} : { thinkMs }),
  };
  return stack.adopt(await generatorOf(load, bench).start(job), (clients) => clients.stop());
}

/** @returns the number of answers. */
async function warmUp(ms: number, after: number, clients: Clients): Promise<number> {
  let answered = 0;
  do {
    const { requests, errors } = await clients.shoot(delay(ms));
    answered += requests - errors;
    if (requests === errors) break;
  } while (answered < after);
  return answered;
}

async function measure(
  { bench: { options }, scenario, spec, catalogue }: Setting,
  subject: Subject,
  clients: Clients,
  { url, pid }: RunningServer,
): Promise<Omit<Findings, "generator" | "connections" | "rate"> & { readonly checks: Checked }> {
  const { token } = subject;
  const inside = spec.ours ? await Exposition.from(url, token) : undefined;
  const before = stateOf(pid);
  const time = delay(measureMsOf(scenario, options));
  const [{ after, ...shot }, checks, watched] = await Promise.all([
    clients.shoot(time).then((shot) => ({ ...shot, after: stateOf(pid) })),
    watchAnswers(subject, time),
    spec.ours && (scenario.watched || scenario.sweep?.parameter.includes("log"))
      ? watch(url, token, time)
      : undefined,
  ]);
  const last = inside && (await Exposition.from(url, token));
  return {
    ...{ shot, checks, watched, rss: residentBytes(pid), databaseBytes: catalogue.bytes },
    ...spentBetween(before, after),
    inside: inside && insideOf(inside, last!),
    walBytes: last?.sum("chinook_wal_bytes") ?? null,
    busy: last === undefined ? 0 : busyIn(last),
  };
}

const stateOf = (pid: number) => ({ cpu: cpuSeconds(pid), read: bytesRead(pid), machine: processorTime() });

function spentBetween(before: ReturnType<typeof stateOf>, after: ReturnType<typeof stateOf>) {
  const grown = (a: number | undefined | null, b: number | undefined | null) =>
    a == null || b == null ? null : b - a;
  const passed = after.machine.all - before.machine.all;
  return {
    serverCpu: grown(before.cpu, after.cpu),
    asked: grown(before.read?.asked, after.read?.asked),
    fetched: grown(before.read?.fetched, after.read?.fetched),
    machine: passed === 0 ? null : ((after.machine.busy - before.machine.busy) / passed) * 100,
  };
}
