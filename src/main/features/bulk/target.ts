import type { Settings } from "../../../shared/settings.ts";
import type { Chunk } from "../../../shared/tables.ts";
import { type Connected, connect, request } from "../../cli/database.ts";
import type { Commands } from "../../engine/commands/command-bus.ts";
import type { WriteSide } from "../../engine/storage/write-side.ts";
import { search } from "../search/feature.ts";
import { BULK_COMMANDS, type CatalogueSource } from "./commands.ts";

/** A database that a catalogue is loaded into. */
export interface Target {
  readonly name: string;
  /** @returns how many rows are new or changed. */
  load(chunk: Chunk): Promise<number>;
  clear(): Promise<void>;
  source(): Promise<{ readonly source: CatalogueSource | null; readonly empty: boolean }>;
  setSource(source: CatalogueSource): Promise<void>;
  /** To be called when everything is loaded: planner statistics and the text index. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** @throws AppError as {@link connect} does. */
export async function openTarget(settings: Settings): Promise<Target> {
  return targetOf(await connect(settings));
}

/** The writer of this process; the server fills its demo catalogue through it. */
export const localTarget = (writes: WriteSide, name: string): Target =>
  targetOf({ name, through: { writes }, close: () => writes.close() });

function targetOf(connected: Connected): Target {
  const { name, through } = connected;
  const basis = "server" in through ? remoteBasis(through.server) : localBasis(through.writes.commands);
  const settle = async () => {
    await search.optimize(connected);
    await search.fts(connected, "optimize");
  };
  return { name, ...basis, settle, close: () => connected.close() };
}

type Basis = Pick<Target, "load" | "clear" | "source" | "setSource">;

const localBasis = (commands: Commands): Basis => ({
  load: async (chunk) => changedOf((await commands.execute(BULK_COMMANDS.load, chunk)).body!),
  clear: async () => void (await commands.execute(BULK_COMMANDS.clear, {})),
  setSource: async (source) => void (await commands.execute(BULK_COMMANDS.source, { source })),
  source: async () => JSON.parse((await commands.execute(BULK_COMMANDS.inspect, {})).body!),
});

function remoteBasis(server: string): Basis {
  const call = (method: string, path: string, body?: unknown) => request(server, method, path, body);
  return {
    load: async (chunk) => changedOf(await call("POST", "/admin/bulk", chunk)),
    clear: async () => void (await call("POST", "/admin/bulk/clear", {})),
    setSource: async (source) => void (await call("POST", "/admin/bulk/source", { source })),
    source: async () => JSON.parse(await call("GET", "/admin/bulk/source")),
  };
}

const changedOf = (body: string): number => (JSON.parse(body) as { changed: number }).changed;
