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
 * Loads a catalogue into a database of its own, beside the one that it is for, by the same writer. That one is not
 * touched and goes on being served; see `Target.adopt` for what comes then. The caller has the right to load.
 *
 * Syncs are left to checkpoints: what a crash leaves of it is thrown away. Closed, it is on the disk.
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

/** What a load leaves behind, done or not. */
export const discardStaged = (database: string): void =>
  rmSync(loadingFolder(database), { recursive: true, force: true });
