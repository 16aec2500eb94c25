import { mkdirSync, rmSync } from "node:fs";
import type { Settings } from "../../../shared/settings.ts";
import type { Chunk } from "../../../shared/tables.ts";
import { openLocal } from "../../cli/database.ts";
import type { Progress } from "../../cli/output.ts";
import { backups } from "../backups/feature.ts";
import type { CatalogueSource } from "./commands.ts";
import { type Filled, fill } from "./fill.ts";
import { loadingFolder, stagedFile } from "./loading.ts";
import { targetOf } from "./target.ts";

/**
 * Loads a catalogue into its own database beside the target, with the same writer code. The target is not touched
 * and is served meanwhile; `Target.adopt` then exchanges them. The caller has the right to load.
 *
 * Commits are not synced, because after a crash the staged database is discarded. It is synced when closed.
 */
export async function stage(
  settings: Settings,
  chunks: Iterable<Chunk>,
  source: CatalogueSource,
  progress: Progress,
): Promise<Filled> {
  discardStaged(settings.database);
  mkdirSync(loadingFolder(settings.database), { mode: 0o750 });
  const database = stagedFile(settings.database);
  const staged = { ...settings, database, synchronous: "normal", checkpoints: "managed" } as const;
  const target = targetOf(await openLocal(staged, backups.beforeMigration), staged);
  try {
    return await fill(target, chunks, source, progress);
  } finally {
    await target.close();
  }
}

/** Removes the staged database, complete or not. */
export const discardStaged = (database: string): void =>
  rmSync(loadingFolder(database), { recursive: true, force: true });
