import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { progress } from "../../src/main/cli/output.ts";
import { generateCatalogue, startOfDay } from "../../src/main/datasets/generate.ts";
import { bulk } from "../../src/main/features/bulk/feature.ts";
import { fill } from "../../src/main/features/bulk/fill.ts";
import { AppError, type ErrorCode } from "../../src/shared/errors.ts";
import { resolveSettings } from "../../src/shared/settings.ts";
import { newFile } from "../engine/support.ts";
import { chinook, temporaryFolder } from "../support/server.ts";

/** A load retries after temporary refusals. */

const TRACKS = 30;

/** Loads into a new database of which the first chunks are refused so. @returns how many tracks there are then. */
async function loadRefused(codes: ErrorCode[]): Promise<number> {
  const database = newFile();
  const target = await bulk.openTarget(resolveSettings({ CHINOOK_DATABASE: database }));
  onTestFinished(() => target.close());
  const load: typeof target.load = async (chunk) => {
    const code = codes.shift();
    if (code !== undefined) throw new AppError(code);
    return target.load(chunk);
  };
  const chunks = generateCatalogue({ tracks: TRACKS, seed: 1, now: startOfDay(new Date()) });
  const { tables } = await fill({ ...target, load }, chunks, "generated", progress(TRACKS));
  const db = new Database(database, { readonly: true });
  onTestFinished(() => void db.close());
  expect(db.prepare("SELECT count(*) FROM plays").pluck().get()).toBe(tables.plays);
  return db.prepare<[], number>("SELECT count(*) FROM tracks").pluck().get()!;
}

test.each(["write_timeout", "overloaded", "wal_full", "busy", "writer_lost"] as const)(
  "a chunk refused with %s is retried",
  async (code) => {
    expect(await loadRefused([code, code])).toBe(TRACKS);
  },
);

test("a chunk with an unknown outcome ends the load", async () => {
  await expect(loadRefused(["outcome_unknown"])).rejects.toMatchObject({ code: "outcome_unknown" });
});

/** Whether chunks are being loaded into it. */
function isLoading(file: string): boolean {
  if (!existsSync(`${file}-wal`)) return false;
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare("SELECT value FROM meta WHERE key = 'source'").pluck().get() === "loading";
  } catch {
    return false;
  } finally {
    db.close();
  }
}

test("another process that locks the file beyond the write timeout only delays a load", async () => {
  const database = `${temporaryFolder()}/database.sqlite`;
  const staged = `${database}.loading/database.sqlite`;
  const loading = chinook(["generate", "--tracks", "5000", "--database", database, "--json"]);
  while (!isLoading(staged)) await delay(2);
  const other = new Database(staged, { timeout: 10_000 });
  onTestFinished(() => void other.close());
  other.exec("BEGIN IMMEDIATE");
  await delay(3_000);
  other.exec("ROLLBACK");
  other.close();
  const { code, stdout, stderr } = await loading;
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout).tables.tracks).toBe(5_000);
}, 60_000);
