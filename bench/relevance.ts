import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServer } from "./processes.ts";
import { tracksIn } from "./relevance/catalogue.ts";
import { draw } from "./relevance/drawn.ts";
import { figuresOf, HAND, judge, type Outcome, table } from "./relevance/measure.ts";
import { BenchDatabase, chinook } from "./support/database.ts";

/**
 * Search relevance: mean reciprocal rank, and the shares of queries whose first correct hit is the first or among
 * the first five, by class of query.
 *
 * node bench/relevance.ts [Chinook_Sqlite.sqlite] [--mode text] [--missed tuning] [--json]
 *
 * The catalogue is the upstream sample (the argument, or CHINOOK_SAMPLE), or the generated demo. Queries are drawn
 * from its names by rule (`relevance/drawn.ts`); the sample also has hand-written ones. Tune by the output of
 * `--missed tuning`, and do not read the held-out half.
 */
const BIN = join(import.meta.dirname, "../bin/chinook.cjs");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mode: { type: "string" },
    missed: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const sample = positionals[0] ?? process.env.CHINOOK_SAMPLE;

using database = new BenchDatabase();
const source = sample === undefined ? ["generate", "--tracks", "3503", "--seed", "1"] : ["import", sample];
chinook([...source, "--database", database.file]);
const queries = [...draw(tracksIn(database.file)), ...(sample === undefined ? [] : HAND)];
const server = await startServer([BIN, "serve"], {
  CHINOOK_DATABASE: database.file,
  CHINOOK_PORT: "0",
  CHINOOK_LOG: "silent",
  CHINOOK_CACHE_MB: "0",
});
try {
  const outcomes = await judge(server.url, queries, values.mode);
  process.stdout.write(values.json ? `${JSON.stringify(table(outcomes))}\n` : report(outcomes));
} finally {
  await server.stop();
}

function report(outcomes: readonly Outcome[]): string {
  const missed = outcomes.filter(({ half, rank }) => half === values.missed && rank !== 1);
  const percent = (share: number) => (100 * share).toFixed(1).padStart(6);
  const rows = Object.entries(table(outcomes)).flatMap(([kind, halves]) =>
    Object.entries(halves).map(
      ([half, { queries, mrr, first, five }]) =>
        `${kind.padEnd(22)} ${half.padEnd(9)} ${String(queries).padStart(5)}  ${mrr.toFixed(3)} ${percent(first)} ${percent(five)}`,
    ),
  );
  const { queries, mrr, first } = figuresOf(outcomes);
  return [
    ...missed.map(({ kind, q, rank }) => `${kind}: ${rank === null ? "none" : `at ${rank}`}  ${q}`),
    `${"class".padEnd(22)} half      count    MRR first% five%`,
    ...rows,
    `all: ${queries} queries, MRR ${mrr.toFixed(3)}, ${percent(first)} % first`,
    "",
  ].join("\n");
}
