import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { expect, vi } from "vitest";
import type { Manifest } from "../../src/main/features/backups/archive/manifest.ts";
import { chinook, get, type Json, post, type TestServer, temporaryFolder } from "../support/server.ts";

/** Backups run at low priority, so they are slow on a busy machine. */
vi.setConfig({ testTimeout: 240_000 });

/** The default backup folder of a database. */
export const backupsOf = (database: string): string => join(database, "../backups");

/** Everything in a backup folder, unfinished backups included. */
export const entriesOf = (folder: string): string[] => readdirSync(folder).toSorted();

/** A command that must succeed. @returns what it printed, as JSON. */
export async function run(args: readonly string[], settings: Record<string, string> = {}): Promise<Json> {
  const { code, stdout, stderr } = await chinook([...args, "--json"], settings);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** A command that must fail. @returns the error that it printed. */
export async function fail(args: readonly string[], settings: Record<string, string> = {}): Promise<Json> {
  const { code, stdout } = await chinook([...args, "--json"], settings);
  expect(code, stdout).toBe(1);
  return JSON.parse(stdout).error;
}

/** Polls a backup job until it ends. */
export async function settled(server: TestServer, id: number): Promise<Json> {
  for (;;) {
    const { json } = await get(server, `/admin/backups/jobs/${id}`);
    if (json.status !== "running") return json;
    await delay(20);
  }
}

/** A backup made through the server. */
export async function backUp(server: TestServer): Promise<Manifest> {
  const { status, json } = await post(server, "/admin/backups", {});
  expect(status).toBe(202);
  const job = await settled(server, json.id);
  expect(job.error).toBeNull();
  return job.backup;
}

/** A backup as a database of its own. */
export async function restoredCopy(folder: string, id: string): Promise<string> {
  const database = join(temporaryFolder(), "restored.sqlite");
  await run(["backup", "restore", id, "--database", database, "--backup-dir", folder]);
  return database;
}

/** The first column of a query over a file. */
export function columnOf<T = number>(file: string, sql: string): T[] {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare<[], T>(sql).pluck().all();
  } finally {
    db.close();
  }
}

export const artistsOf = (file: string): string[] =>
  columnOf<string>(file, "SELECT name FROM artists ORDER BY id");

export const addArtist = async (server: TestServer, name: string): Promise<void> =>
  expect((await post(server, "/v1/artists", { name })).status).toBe(201);
