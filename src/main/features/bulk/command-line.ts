import type { Command } from "commander";
import colors from "picocolors";
import { onDatabase, settingsOf, wholeNumber } from "../../cli/options.ts";
import { columns, print, progress, say } from "../../cli/output.ts";
import { type Filled, fill } from "./fill.ts";
import { openTarget } from "./target.ts";

const MAX_TRACKS = 5_000_000;

interface FillOptions {
  readonly json?: boolean;
  readonly replace?: boolean;
}

export function catalogueCommands(program: Command): void {
  onDatabase(program.command("import <file>"))
    .description("load an upstream Chinook SQLite file; again changes nothing")
    .option("--replace", "delete the catalogue that is there first")
    .action(importFile);
  onDatabase(program.command("generate"))
    .description("load a generated catalogue of any size; the same seed gives the same catalogue")
    .requiredOption("--tracks <number>", `how many tracks: 1 to ${MAX_TRACKS.toLocaleString("en")}`)
    .option("--seed <number>", "which catalogue", "1")
    .option("--replace", "delete the catalogue that is there first")
    .action(generate);
}

/** The file is opened and read through, every value checked, before the database is touched. */
async function importFile(file: string, options: FillOptions): Promise<void> {
  const { openUpstream } = await import("../../datasets/upstream.ts");
  const upstream = openUpstream(file, new Date());
  try {
    for (const _ of upstream.chunks());
    await load(options, "imported", () => ({ chunks: upstream.chunks(), rows: upstream.totalRows }));
  } finally {
    upstream.close();
  }
}

async function generate(options: FillOptions & { tracks: string; seed: string }): Promise<void> {
  const tracks = wholeNumber("--tracks", options.tracks, 1, MAX_TRACKS);
  const seed = wholeNumber("--seed", options.seed, 0, Number.MAX_SAFE_INTEGER);
  const { expectedRows, generateCatalogue, startOfDay } = await import("../../datasets/generate.ts");
  const request = { tracks, seed, now: startOfDay(new Date()) };
  await load(options, "generated", () => ({
    chunks: generateCatalogue(request),
    rows: expectedRows(request),
  }));
}

async function load(
  options: FillOptions,
  source: "imported" | "generated",
  catalogue: () => { chunks: Parameters<typeof fill>[1]; rows: number },
): Promise<void> {
  const target = await openTarget(settingsOf({ ...options }));
  try {
    const started = performance.now();
    const { chunks, rows } = catalogue();
    say(colors.dim(`Loading into ${target.name}`));
    const filled = await fill(target, chunks, source, options.replace ?? false, progress(rows));
    const seconds = (performance.now() - started) / 1_000;
    print(options.json, { ...filled, seconds }, () => describe(filled, source, seconds));
  } finally {
    await target.close();
  }
}

function describe({ rows, changed, tables, replaced }: Filled, source: string, seconds: number): string {
  const title = `${rows.toLocaleString("en")} rows ${source} in ${seconds.toFixed(1)} s`;
  const news =
    changed === 0 ? "; nothing was new" : `; ${changed.toLocaleString("en")} were new or different`;
  const note = replaced ? "; they replace the catalogue that was there" : changed === rows ? "" : news;
  return `${title}${note}\n${columns(Object.entries(tables))}`;
}
