import type { Settings } from "../../../shared/settings.ts";
import type { Chunk } from "../../../shared/tables.ts";
import { type Connected, connect, request } from "../../cli/database.ts";
import type { WriteSide } from "../../engine/write-side.ts";
import { backups } from "../backups/feature.ts";
import { search } from "../search/feature.ts";
import { BULK_COMMANDS, type CatalogueSource } from "./commands.ts";
import { adoptRequest } from "./loading.ts";

/** A database that a catalogue is loaded into. */
export interface Target {
  readonly name: string;
  /** @returns the number of new or changed rows. */
  load(chunk: Chunk): Promise<number>;
  source(): Promise<Found>;
  setSource(source: CatalogueSource): Promise<void>;
  /** Call it when everything is loaded: updates planner statistics and the text index. */
  settle(): Promise<void>;
  /**
   * Call it before a catalogue is loaded beside this one, with the right to load.
   *
   * @returns false if a replicator follows the file, which then can't be replaced.
   */
  begin(): Promise<boolean>;
  /** Serves the catalogue that was loaded beside it. @returns the path of the previous database. */
  adopt(): Promise<string>;
  close(): Promise<void>;
}

export interface Found {
  readonly source: CatalogueSource | null;
  readonly empty: boolean;
  /** False for the unchanged demo: it holds no user data. */
  readonly changed: boolean;
}

/** @throws AppError as {@link connect} does. */
export async function openTarget(settings: Settings): Promise<Target> {
  return targetOf(await connect(settings, backups.beforeMigration, true), settings);
}

/**
 * Opens it for one action. Each call decides anew whether to go through a server: one may start or end in
 * between.
 */
export async function withTarget<T>(settings: Settings, action: (target: Target) => Promise<T>): Promise<T> {
  const target = await openTarget(settings);
  try {
    return await action(target);
  } finally {
    await target.close();
  }
}

/** Uses this process's writer; the server fills its demo catalogue through it. */
export const localTarget = (writes: WriteSide, settings: Settings): Target =>
  targetOf({ name: settings.database, through: { writes }, close: () => writes.close() }, settings);

export function targetOf(connected: Connected, settings: Settings): Target {
  const { name, through } = connected;
  const basis = "server" in through ? remoteBasis(through.server) : localBasis(through.writes, settings);
  const settle = async () => {
    await search.optimize(connected);
    await search.fts(connected, "optimize");
  };
  return { name, ...basis, settle, close: () => connected.close() };
}

type Basis = Pick<Target, "load" | "source" | "setSource" | "begin" | "adopt">;

const localBasis = (writes: WriteSide, { database, checkpoints }: Settings): Basis => ({
  load: async (chunk) => changedOf((await writes.commands.execute(BULK_COMMANDS.load, chunk)).body!),
  setSource: async (source) => void (await writes.commands.execute(BULK_COMMANDS.source, { source })),
  source: async () => JSON.parse((await writes.commands.execute(BULK_COMMANDS.inspect, {})).body!),
  begin: async () => checkpoints === "managed",
  adopt: async () => (await writes.storage.adopt(adoptRequest(database))).kept,
});

function remoteBasis(server: string): Basis {
  const call = (method: string, path: string, body?: unknown) => request(server, method, path, body);
  return {
    load: async (chunk) => changedOf(await call("POST", "/admin/bulk", chunk)),
    setSource: async (source) => void (await call("POST", "/admin/bulk/source", { source })),
    source: async () => JSON.parse(await call("GET", "/admin/bulk/source")),
    begin: async () => JSON.parse(await call("POST", "/admin/bulk/begin")).replaceable,
    adopt: async () => JSON.parse(await call("POST", "/admin/bulk/adopt")).kept,
  };
}

const changedOf = (body: string): number => (JSON.parse(body) as { changed: number }).changed;
