import { mkdtempSync, rmSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { cpuSeconds, type RunningServer, startServer } from "./processes.ts";
import { SEARCHES, type SearchName, type SearchScenario } from "./searches.ts";
import { chinook } from "./support/database.ts";

/**
 * Search speed without the cache: the scenarios of `searches.ts` against one server per catalogue.
 *
 * node bench/search.ts [--only sample-text,million-text] [--seconds 5] [--million FILE] [--json]
 *
 * The sample is CHINOOK_SAMPLE; without it its scenarios are omitted. Generating a million tracks takes minutes, so
 * an existing database can be given with `--million`. It is served as it is.
 */
const BIN = join(import.meta.dirname, "../bin/chinook.cjs");
const WARM_UP_SECONDS = 2;

interface Figures {
  readonly scenario: string;
  readonly title: string;
  readonly requests_per_second: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly errors: number;
  /** Processor time of all the server's threads, in microseconds per request. */
  readonly cpu_us: number;
  readonly target: SearchScenario["target"];
}

/** Clients on keep-alive connections. A request that finds none free waits, and its wait counts. */
class Clients {
  readonly #agent: Agent;
  readonly #url: string;
  readonly #paths: readonly string[];
  #sent = 0;
  ms: number[] = [];
  errors = 0;

  constructor(url: string, { paths, connections }: SearchScenario) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#url = url;
    this.#paths = paths;
  }

  ask(since = performance.now()): Promise<void> {
    const path = this.#paths[this.#sent++ % this.#paths.length]!;
    return new Promise((resolve) => {
      const settle = (ok: boolean) => {
        this.ms.push(performance.now() - since);
        if (!ok) this.errors++;
        resolve();
      };
      get(new URL(path, this.#url), { agent: this.#agent }, (response) =>
        response.resume().once("end", () => settle(response.statusCode === 200)),
      ).once("error", () => settle(false));
    });
  }

  forget(): void {
    [this.ms, this.errors] = [[], 0];
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Closed loop: each client sends its next request after the last answer. */
async function closedLoop(clients: Clients, connections: number, until: number): Promise<void> {
  const client = async () => {
    while (performance.now() < until) await clients.ask();
  };
  await Promise.all(Array.from({ length: connections }, client));
}

/** Open loop: requests are sent at their due time, regardless of earlier ones. */
async function steadily(clients: Clients, rate: number, until: number): Promise<void> {
  const began = performance.now();
  const asked: Promise<void>[] = [];
  for (let now = began; now < until; now = performance.now()) {
    while (asked.length < ((now - began) / 1_000) * rate) asked.push(clients.ask(now));
    await delay(1);
  }
  await Promise.all(asked);
}

async function measure(name: SearchName, server: RunningServer, seconds: number): Promise<Figures> {
  const scenario: SearchScenario = SEARCHES[name];
  const clients = new Clients(server.url, scenario);
  const run = (length: number) => {
    const until = performance.now() + length * 1_000;
    return scenario.rate === undefined
      ? closedLoop(clients, scenario.connections, until)
      : steadily(clients, scenario.rate, until);
  };
  await run(WARM_UP_SECONDS);
  clients.forget();
  const [began, cpu] = [performance.now(), cpuSeconds(server.pid) ?? 0];
  await run(seconds);
  const took = (performance.now() - began) / 1_000;
  const used = (cpuSeconds(server.pid) ?? 0) - cpu;
  clients.close();
  return figuresOf(name, clients, took, used);
}

function figuresOf(name: SearchName, { ms, errors }: Clients, seconds: number, cpu: number): Figures {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const { title, target }: SearchScenario = SEARCHES[name];
  return {
    ...{ scenario: name, title, requests_per_second: ms.length / seconds },
    ...{ p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99), max_ms: at(1) },
    ...{ errors, cpu_us: (cpu / ms.length) * 1e6, target },
  };
}

function line({
  title,
  requests_per_second,
  p50_ms,
  p95_ms,
  p99_ms,
  cpu_us,
  errors,
  target,
}: Figures): string {
  const times = [p50_ms, p95_ms, p99_ms].map((ms) => ms.toFixed(1).padStart(7)).join(" ");
  const wanted = Object.entries(target ?? {}).map(([what, value]) => `${what} ${value}`);
  const failed = errors === 0 ? "" : `  ${errors} ERRORS`;
  return `${title.padEnd(50)} ${requests_per_second.toFixed(0).padStart(6)}/s ${times} ms ${cpu_us.toFixed(0).padStart(6)} µs  ${wanted.join(", ")}${failed}`;
}

async function onCatalogue(file: string, names: readonly SearchName[], seconds: number): Promise<Figures[]> {
  const settings = { CHINOOK_CACHE_MB: "0", CHINOOK_VECTOR_GENERATION: "0", CHINOOK_LOG: "silent" };
  const server = await startServer([BIN, "serve"], {
    ...settings,
    CHINOOK_DATABASE: file,
    CHINOOK_PORT: "0",
  });
  try {
    const found: Figures[] = [];
    for (const name of names) {
      found.push(await measure(name, server, seconds));
      console.error(line(found.at(-1)!));
    }
    return found;
  } finally {
    await server.stop();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      seconds: { type: "string", default: "5" },
      million: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const names = (values.only?.split(",") ?? Object.keys(SEARCHES)) as SearchName[];
  const folder = mkdtempSync(join(tmpdir(), "chinook-search-"));
  try {
    const figures: Figures[] = [];
    for (const catalogue of new Set(names.map((name) => SEARCHES[name].catalogue))) {
      const file = prepare(catalogue, folder, values.million);
      const of = names.filter((name) => SEARCHES[name].catalogue === catalogue);
      if (file !== undefined) figures.push(...(await onCatalogue(file, of, Number(values.seconds))));
    }
    if (values.json) process.stdout.write(`${JSON.stringify({ scenarios: figures })}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the database; undefined without the sample. */
function prepare(catalogue: "sample" | number, folder: string, million?: string): string | undefined {
  if (catalogue !== "sample" && million !== undefined) return million;
  const file = join(folder, `${catalogue}.sqlite`);
  const sample = process.env.CHINOOK_SAMPLE;
  if (catalogue !== "sample")
    chinook(["generate", "--tracks", String(catalogue), "--seed", "7", "--database", file]);
  else if (sample === undefined) return undefined;
  else chinook(["import", sample, "--database", file]);
  return file;
}

if (import.meta.main) await main();
