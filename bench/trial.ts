import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { answerFile, writeRequests } from "./artefacts.ts";
import { checkOnce, type Subject, watchAnswers } from "./checks.ts";
import { type Catalogue, copyDatabase, countPlays, removeDatabase } from "./databases.ts";
import { paced } from "./load/child.ts";
import type { Clients, Generator } from "./load/generator.ts";
import { busyCount, watchWal } from "./metrics.ts";
import type { Options } from "./options.ts";
import { cpuSeconds, type RunningServer, residentBytes, startServer } from "./processes.ts";
import { type Findings, type Round, roundOf, type Trial } from "./rounds.ts";
import { type Load, SCENARIOS, type Scenario } from "./scenarios.ts";
import { SERVERS, type ServerName, type ServerSpec } from "./servers.ts";
import { median } from "./targets.ts";

export interface Bench {
  readonly options: Options;
  readonly catalogue: Catalogue;
  readonly generator: Generator;
}

const STARTS = 5;

/** Runs one trial with a fresh process on a fresh copy of the database, and leaves neither behind. */
export async function runTrial(bench: Bench, trial: Trial): Promise<Round> {
  const database = join(bench.options.directory, "trial.sqlite");
  const scenario: Scenario = SCENARIOS[trial.scenario];
  copyDatabase(bench.catalogue.files[scenario.database], database);
  try {
    const { load } = scenario;
    if (load === undefined) return await startTrial(bench, trial, database);
    return await loadTrial(bench, trial, scenario, load, database);
  } finally {
    removeDatabase(database);
  }
}

async function launch(bench: Bench, { server, scenario }: Trial, database: string): Promise<RunningServer> {
  const spec: ServerSpec = SERVERS[server];
  const { settings } = SCENARIOS[scenario];
  const answer = spec.constant ? await answerFile(bench, settings) : "";
  const place = { database, settings, answer };
  return startServer(spec.args(place), spec.env?.(place) ?? {});
}

async function startTrial(bench: Bench, trial: Trial, database: string): Promise<Round> {
  const times: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const server = await launch(bench, trial, database);
    times.push(server.readyMs);
    await server.stop();
  }
  times.sort((a, b) => a - b);
  const [p50, max, total] = [median(times), times.at(-1)!, times.reduce((a, b) => a + b, 0)];
  const tail = { p90_ms: max, p99_ms: max, p999_ms: max, max_ms: max };
  const shot = {
    requests: STARTS,
    seconds: total / 1_000,
    errors: 0,
    unanswered: null,
    p50_ms: p50,
    ...tail,
    cpu_seconds: null,
  };
  return roundOf(trial, { shot });
}

async function loadTrial(
  bench: Bench,
  trial: Trial,
  scenario: Scenario,
  load: Load,
  database: string,
): Promise<Round> {
  const playsBefore = load.traffic === "plays" ? countPlays(database) : 0;
  const server = await launch(bench, trial, database);
  let found: Findings & { answered: number };
  try {
    found = await underLoad(bench, trial, scenario, load, server);
  } finally {
    await server.stop();
  }
  const counts = load.traffic === "plays" && stores(trial.server);
  const added = counts ? countPlays(database) - playsBefore : found.answered;
  return roundOf(trial, { ...found, lost: Math.max(0, found.answered - added) });
}

const stores = (server: ServerName): boolean => (SERVERS[server] as ServerSpec).stores ?? false;

async function underLoad(
  bench: Bench,
  trial: Trial,
  scenario: Scenario,
  load: Load,
  server: RunningServer,
): Promise<Findings & { answered: number }> {
  const constant = (SERVERS[trial.server] as ServerSpec).constant ?? false;
  const subject = { url: server.url, constant, catalogue: bench.catalogue };
  await checkOnce({ ...subject, traffic: load.traffic });
  if (scenario.beside) await checkOnce({ ...subject, traffic: scenario.beside.traffic });
  await using stack = new AsyncDisposableStack();
  const clients = await openClients(bench, load, server, stack);
  const end = Promise.withResolvers<void>();
  const beside =
    scenario.beside && (await openClients(bench, scenario.beside, server, stack)).shoot(end.promise);
  beside?.catch(() => {});
  const warmed = await warmUp(bench, scenario, clients);
  const found = await measure(bench, trial, scenario, { ...subject, traffic: load.traffic }, clients, server);
  end.resolve();
  return { ...found, beside: await beside, answered: warmed + found.shot.requests - found.shot.errors };
}

async function openClients(
  { generator, options, catalogue }: Bench,
  { traffic, connections, rate }: Load,
  { url }: RunningServer,
  stack: AsyncDisposableStack,
): Promise<Clients> {
  const requests = writeRequests(options.directory, traffic, catalogue);
  const capped = Math.min(connections, options.connections ?? connections);
  const job = { url, requests, connections: capped, ...(rate === undefined ? {} : { rate }) };
  const started = await (rate === undefined ? generator : paced).start(job);
  return stack.adopt(started, (clients) => clients.stop());
}

/** A steady rate is a slow way to warm a server up. */
const STEADY_WARM_UPS = 3;

/** @returns how many requests were answered. */
async function warmUp({ options }: Bench, { after = 0, load }: Scenario, clients: Clients): Promise<number> {
  let answered = 0;
  const ms = options.warmMs * (load?.rate === undefined ? 1 : STEADY_WARM_UPS);
  do {
    const { requests, errors } = await clients.shoot(delay(ms));
    answered += requests - errors;
    if (requests === errors) break;
  } while (answered < after);
  return answered;
}

async function measure(
  { options }: Bench,
  { server }: Trial,
  { watchesWal = false }: Scenario,
  subject: Subject,
  clients: Clients,
  { url, pid }: RunningServer,
): Promise<Findings> {
  const time = delay(watchesWal ? options.walMs : options.measureMs);
  const before = cpuSeconds(pid);
  const [shot, checks, wal] = await Promise.all([
    clients.shoot(time).then((shot) => ({ ...shot, after: cpuSeconds(pid) })),
    watchAnswers(subject, time),
    watchesWal ? watchWal(url, time) : undefined,
  ]);
  const serverCpu = before === null || shot.after === null ? null : shot.after - before;
  const busy = server === "chinook" ? await busyCount(url) : 0;
  return { shot, checks, wal, serverCpu, rss: residentBytes(pid), busy };
}
