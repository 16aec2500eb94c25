import type { Settings } from "../../../shared/settings.ts";
import { progress, say } from "../../cli/output.ts";
import type { WriteSide } from "../../engine/storage/write-side.ts";
import { fill } from "./fill.ts";
import { localTarget, type Target } from "./target.ts";

/** As large as the upstream sample; always the same one. */
const DEMO = { tracks: 3_503, seed: 1 } as const;

export async function fillDemo(settings: Settings, writes: WriteSide): Promise<void> {
  if (settings.demo) await demoInto(localTarget(writes, settings.database));
}

/** Fills an empty database with the demo catalogue. @returns whether it was needed. */
export async function demoInto(target: Target): Promise<boolean> {
  const { source, empty } = await target.source();
  if (!empty || source !== null) return false;
  say("The database is empty: filling it with a generated demo catalogue.");
  // Imported here: its vocabulary is megabytes that a server with a catalogue need not carry.
  const { generateCatalogue, startOfDay } = await import("../../datasets/generate.ts");
  const bar = progress(DEMO.tracks * 7);
  await fill(target, generateCatalogue({ ...DEMO, now: startOfDay(new Date()) }), "demo", true, bar);
  return true;
}
