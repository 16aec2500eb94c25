import type { Command } from "commander";
import colors from "picocolors";
import { onDatabase, settingsOf, wholeNumber, withSettings } from "../../cli/options.ts";
import { columns, print, progress, say } from "../../cli/output.ts";
import { merge } from "./fill.ts";
import { lockLoading } from "./loading.ts";
import { type Catalogue, type Replaced, replaceCatalogue } from "./replace.ts";
import { type Target, withTarget } from "./target.ts";

const MAX_TRACKS = 5_000_000;

interface FillOptions {
  readonly json?: boolean;
  readonly replace?: boolean;
}

export function catalogueCommands(program: Command): void {
  const loading = (usage: string) =>
    withSettings(onDatabase(program.command(usage)), ["backupDir"]).option(
      "--replace",
      "replace the existing catalogue; a backup is made first",
    );
  loading("import <file>")
    .description("load an upstream Chinook SQLite file; loading it again changes nothing")
    .action(importFile);
  loading("generate")
    .description("load a generated catalogue of any size; the same seed gives the same catalogue")
    .requiredOption("--tracks <number>", `how many tracks: 1 to ${MAX_TRACKS}`)
    .option("--seed <number>", "which catalogue", "1")
    .action(generate);
}

/** Validates the whole file before the database is opened. */
async function importFile(file: string, options: FillOptions): Promise<void> {
  const { openUpstream } = await import("../../datasets/upstream.ts");
  const upstream = openUpstream(file, new Date());
  try {
    for (const _ of upstream.chunks());
    const { totalRows: rows } = upstream;
    await load(options, { source: "imported", rows, chunks: () => upstream.chunks() });
  } finally {
    upstream.close();
  }
}

async function generate(options: FillOptions & { tracks: string; seed: string }): Promise<void> {
  const tracks = wholeNumber("--tracks", options.tracks, 1, MAX_TRACKS);
  const seed = wholeNumber("--seed", options.seed, 0, Number.MAX_SAFE_INTEGER);
  const { expectedRows, generateCatalogue, startOfDay } = await import("../../datasets/generate.ts");
  const request = { tracks, seed, now: startOfDay(new Date()) };
  await load(options, {
    source: "generated",
    rows: expectedRows(request),
    chunks: () => generateCatalogue(request),
  });
}

/** One load at a time. A second one is refused before anything is changed. */
async function load(options: FillOptions, catalogue: Catalogue): Promise<void> {
  const settings = settingsOf({ ...options });
  using _ = lockLoading(settings.database);
  const started = performance.now();
  const found = await withTarget(settings, (target) => {
    say(colors.dim(`Loading into ${target.name}`));
    return target.source();
  });
  const again = found.source === "imported" && catalogue.source === "imported" && !options.replace;
  const loaded: Replaced = again
    ? await withTarget(settings, (target) => over(target, catalogue))
    : await replaceCatalogue(settings, found, catalogue, options.replace ?? false);
  const seconds = (performance.now() - started) / 1_000;
  print(options.json, { ...loaded, seconds }, () => describe(loaded, catalogue.source, seconds));
}

async function over(target: Target, { chunks, rows }: Catalogue): Promise<Replaced> {
  const merged = await merge(target, chunks(), progress(rows));
  return { ...merged, replaced: false, backup: null, kept: null };
}

function describe(loaded: Replaced, source: string, seconds: number): string {
  const { rows, changed, tables, replaced, backup, kept } = loaded;
  const title = `${rows.toLocaleString("en")} rows ${source} in ${seconds.toFixed(1)} s`;
  const news =
    changed === 0 ? "; nothing was new" : `; ${changed.toLocaleString("en")} were new or different`;
  const note = replaced ? "; they replace the previous catalogue" : changed === rows ? "" : news;
  const before = backup === null ? [] : [`The previous content is in backup ${backup}`];
  const since = kept === null ? [] : [`and, with later writes, in ${kept}: delete it when it is not needed`];
  return [`${title}${note}`, columns(Object.entries(tables)), ...before, ...since].join("\n");
}
