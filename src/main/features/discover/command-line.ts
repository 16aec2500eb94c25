import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { COMPUTED_KINDS, VECTOR_KINDS } from "../../../shared/embedders/embedder.ts";
import type { Settings } from "../../../shared/settings.ts";
import { assertDatabase, request, runningServer } from "../../cli/database.ts";
import { onDatabase, settingsOf } from "../../cli/options.ts";
import { columns, print, progress } from "../../cli/output.ts";
import { Cache } from "../../engine/cache/cache.ts";
import { createLog } from "../../engine/log.ts";
import { createMetrics } from "../../engine/metrics.ts";
import { ReadSide } from "../../engine/reads/read-side.ts";
import { WriteSide } from "../../engine/write-side.ts";
import { backups } from "../backups/feature.ts";
import { type Coverage, statsOf } from "./coverage.ts";
import { waiting } from "./follow.ts";
import { VectorGeneration } from "./generation.ts";
import { Sentences } from "./sentences.ts";
import { SPREAD_COMMANDS } from "./spread-commands.ts";
import type { VectorStats } from "./vector-reads.ts";

type Stats = VectorStats & { readonly coverage: Coverage };

/** Polling interval for progress. */
const POLL_MS = 200;

export function vectorCommands(program: Command): void {
  const vectors = program
    .command("vectors")
    .description("compute the tracks' vectors, or show their coverage");
  onDatabase(vectors.command("generate"))
    .description("compute missing and failed vectors, and wait for them")
    .option("--neighbours", "also wait for the precomputed neighbours of small catalogues")
    .action(generate);
  onDatabase(vectors.command("stats")).description("show the number of vectors of each kind").action(stats);
  program
    .command("verify-vector-extension")
    .description("check that the vector extension works on this machine; exit status 1 unless it does")
    .option("--json", "print the result as JSON on standard output")
    .action(verify);
}

/** Generates and counts vectors: in the server that holds the database, or in this process. */
interface Generator extends AsyncDisposable {
  start(): Promise<Stats>;
  stats(): Promise<Stats>;
}

async function generatorOf(settings: Settings): Promise<Generator> {
  const server = await runningServer(settings.database);
  return server === undefined ? openLocal(settings) : remote(server);
}

const remote = (server: string): Generator => ({
  start: async () => JSON.parse(await request(server, "POST", "/admin/vectors/generate")),
  stats: async () => JSON.parse(await request(server, "GET", "/admin/vectors")),
  [Symbol.asyncDispose]: async () => {},
});

/** The server's own code, without a cache and without pauses. */
async function openLocal(settings: Settings): Promise<Generator> {
  assertDatabase(settings.database);
  const common = { log: createLog("silent"), metrics: createMetrics() };
  const cache = new Cache({ maxBytes: 0 });
  let whileScansHeld = <T>(action: () => Promise<T>): Promise<T> => action();
  const writes = await WriteSide.open({
    ...common,
    settings,
    invalidate: () => {},
    beforeMigration: () => backups.beforeMigration(settings, common.log),
    whileScansHeld: (action) => whileScansHeld(action),
  });
  const one = { database: settings.database, pointReaders: 1, scanReaders: 1 };
  const reads = await ReadSide.open({ ...common, settings: one, cache });
  whileScansHeld = (action) => reads.whileScansHeld(action);
  const { answers } = reads;
  let generation: VectorGeneration | undefined;
  let sentences: Sentences | undefined;
  return {
    async start() {
      // Loaded only to compute locally: counting needs no model.
      sentences = await Sentences.open(settings.lyricModel);
      generation = new VectorGeneration({
        ...{ answers, commands: writes.commands, log: common.log, sentences },
        ...{ busy: () => false, polite: false },
      });
      await writes.commands.execute(SPREAD_COMMANDS.request, {});
      generation.poke();
      return statsOf(answers);
    },
    stats: () => statsOf(answers),
    async [Symbol.asyncDispose]() {
      await generation?.close();
      await sentences?.close();
      await reads.close();
      await writes.close();
      cache.close();
    },
  };
}

const made = ({ kinds }: Stats): number =>
  COMPUTED_KINDS.reduce((sum, kind) => sum + kinds[kind].completed, 0);

async function generate(options: { json?: boolean; neighbours?: boolean }): Promise<void> {
  await using generator = await generatorOf(settingsOf({ ...options }));
  const started = performance.now();
  let now = await generator.start();
  const before = made(now);
  const bar = progress(waiting(now), "vectors");
  const due = (stats: Stats) => waiting(stats) + (options.neighbours ? stats.similar.lacking : 0);
  for (let done = before; due(now) > 0; done = made(now)) {
    bar.advance(Math.max(0, made(now) - done), waiting(now) > 0 ? "computing" : "finding neighbours");
    await delay(POLL_MS);
    now = await generator.stats();
  }
  bar.done();
  const seconds = (performance.now() - started) / 1_000;
  const vectors = made(now) - before;
  print(options.json, { ...now, computed: vectors, seconds }, () =>
    [`${vectors.toLocaleString("en")} vectors computed in ${seconds.toFixed(1)} s`, table(now)].join("\n"),
  );
  if (COMPUTED_KINDS.some((kind) => now.kinds[kind].failed > 0)) process.exitCode = 1;
}

async function stats(options: { json?: boolean }): Promise<void> {
  await using generator = await generatorOf(settingsOf({ ...options }));
  const now = await generator.stats();
  print(options.json, now, () => table(now));
}

const table = ({ tracks, coverage, kinds }: Stats): string =>
  columns([
    ["tracks", tracks],
    ...VECTOR_KINDS.map((kind): [string, string] => {
      const { pending, processing, completed, failed } = kinds[kind];
      const share = `${(100 * coverage[kind]).toFixed(1)} %`;
      const due = `${(pending + processing).toLocaleString("en")} due, ${failed.toLocaleString("en")} failed`;
      return [kind, `${completed.toLocaleString("en")} (${share}), ${due}`];
    }),
  ]);

/** Loads the extension, fills a table and searches for the nearest of three vectors. */
async function verify(options: { json?: boolean }): Promise<void> {
  const { verifyVectors } = await import("./verify.ts");
  const found = verifyVectors();
  print(options.json, found, () => columns(Object.entries(found)));
}
