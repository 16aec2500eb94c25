import { removeDatabase } from "../../../shared/database/replacement.ts";
import type { Settings } from "../../../shared/settings.ts";
import type { Chunk } from "../../../shared/tables.ts";
import { type Progress, progress, say } from "../../cli/output.ts";
import type { WriteSide } from "../../engine/write-side.ts";
import { fill } from "./fill.ts";
import { isLoading, lockLoading } from "./loading.ts";
import { discardStaged, stage } from "./stage.ts";
import { localTarget, type Target } from "./target.ts";

/** The size of the upstream sample; always the same catalogue. */
const DEMO = { tracks: 3_503, seed: 1 } as const;

export async function fillDemo(settings: Settings, writes: WriteSide): Promise<void> {
  if (settings.demo && settings.writer === "local") await demoInto(settings, localTarget(writes, settings));
}

/** Fills an empty database with the demo catalogue, unless another one is being loaded. @returns whether it did. */
export async function demoInto(settings: Settings, target: Target): Promise<boolean> {
  const { source, empty } = await target.source();
  if (!empty || source !== null || isLoading(settings.database)) return false;
  say("The database is empty: filling it with a generated demo catalogue.");
  // Imported on demand: its vocabulary is megabytes that a server with a catalogue does not need.
  const { generateCatalogue, startOfDay } = await import("../../datasets/generate.ts");
  const bar = progress(DEMO.tracks * 7);
  const chunks = generateCatalogue({ ...DEMO, now: startOfDay(new Date()) });
  using _ = lockLoading(settings.database);
  if (await target.begin()) await stageDemo(settings, target, chunks, bar);
  else await fill(target, chunks, "demo", bar);
  return true;
}

/** Atomic, as for every catalogue: after an interrupted start the database is still empty. */
async function stageDemo(
  settings: Settings,
  target: Target,
  chunks: Iterable<Chunk>,
  bar: Progress,
): Promise<void> {
  try {
    await stage(settings, chunks, "demo", bar);
    removeDatabase(await target.adopt());
  } finally {
    discardStaged(settings.database);
  }
}
