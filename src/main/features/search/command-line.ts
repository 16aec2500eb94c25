import type { Command } from "commander";
import colors from "picocolors";
import { connect } from "../../cli/database.ts";
import { onDatabase, settingsOf } from "../../cli/options.ts";
import { columns, print, rowsOf } from "../../cli/output.ts";
import { backups } from "../backups/feature.ts";
import { ftsThrough } from "./maintenance.ts";
import type { FtsAction, FtsStats, FtsValidation } from "./upkeep.ts";

interface Options {
  readonly json?: boolean;
}

export function ftsCommands(program: Command): void {
  const fts = program.command("fts").description("maintain the text index");
  const add = (action: FtsAction, description: string, act: (options: Options) => Promise<void>) =>
    onDatabase(fts.command(action)).description(description).action(act);
  add("rebuild", "rebuild the index from the catalogue", (options) => timed("rebuild", options));
  add("optimize", "merge the segments that writes have left", (options) => timed("optimize", options));
  add("validate", "compare index and catalogue; exit status 1 when they disagree", validate);
  add("stats", "show what is indexed", stats);
}

async function run<T>(action: FtsAction, options: Options): Promise<T> {
  const connected = await connect(settingsOf({ ...options }), backups.beforeMigration);
  try {
    return (await ftsThrough(connected, action)) as T;
  } finally {
    await connected.close();
  }
}

async function timed(action: "rebuild" | "optimize", options: Options): Promise<void> {
  const { ms } = await run<{ ms: number }>(action, options);
  const done = action === "rebuild" ? "rebuilt" : "optimized";
  print(options.json, { ms }, () => `${done} in ${(ms / 1_000).toFixed(2)} s`);
}

async function stats(options: Options): Promise<void> {
  const { highest_id: _, ...figures } = await run<FtsStats>("stats", options);
  const { tracks, indexed } = figures as FtsStats;
  const all = { ...figures, coverage: tracks === 0 ? 1 : indexed / tracks };
  print(options.json, all, () => columns(rowsOf(all)));
}

async function validate(options: Options): Promise<void> {
  const report = await run<FtsValidation>("validate", options);
  print(options.json, report, () => (report.ok ? colors.green("index and catalogue agree") : broken(report)));
  if (!report.ok) process.exitCode = 1;
}

const MEANINGS: Readonly<Record<keyof FtsValidation["defects"], string>> = {
  missing: "tracks without a document",
  orphaned: "documents without a track",
  stale: "documents that differ from the catalogue",
  unindexed: "documents that are not indexed",
  undocumented: "indexed rows without a document",
};

function broken({ index_agrees, defects }: FtsValidation): string {
  const rows = Object.entries(defects).filter(([, { count }]) => count > 0);
  return [
    colors.red("index and catalogue disagree; `chinook fts rebuild` repairs it"),
    ...(index_agrees ? [] : ["  the index does not hold the terms of its documents"]),
    ...rows.map(
      ([defect, { count, first }]) =>
        `  ${count} ${MEANINGS[defect as keyof typeof MEANINGS]}: ${first.join(", ")}${count > first.length ? ", …" : ""}`,
    ),
  ].join("\n");
}
