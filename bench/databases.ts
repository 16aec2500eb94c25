import { closeSync, constants, copyFileSync, fsyncSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Options } from "./options.ts";
import { run } from "./processes.ts";
import { openDatabase, scanOf, trackSql } from "./servers/sql.ts";
import { chinook } from "./servers.ts";

/** The databases that every trial gets a copy of, and what they hold. */
export interface Catalogue {
  readonly origin: "sample" | "generated";
  /** Ids, ascending. */
  readonly tracks: readonly number[];
  readonly plays: number;
  readonly files: { readonly catalogue: string; readonly busy: string };
  readonly track: (id: number) => unknown;
  /** The answer of the heaviest scan on the busy database. */
  readonly chart: () => unknown;
}

/** Loads the sample of the environment, or a generated catalogue where there is none. */
export async function prepareCatalogue(options: Options): Promise<Catalogue> {
  const { directory, sample, tracks: size } = options;
  const files = { catalogue: join(directory, "catalogue.sqlite"), busy: join(directory, "busy.sqlite") };
  const command = sample === undefined ? ["generate", "--tracks", String(size)] : ["import", sample];
  await run(chinook(...command), { CHINOOK_DATABASE: files.catalogue });
  // Computed here once, or each fresh server would compute them all beside its trial.
  await run(chinook("vectors", "generate"), { CHINOOK_DATABASE: files.catalogue });
  copyDatabase(files.catalogue, files.busy);
  addPlays(files.busy, options.plays);
  const origin = sample === undefined ? "generated" : "sample";
  return { origin, plays: options.plays, files, ...answersOf(files) };
}

/** What the right answers are, read once and outside of any server. */
function answersOf(files: Catalogue["files"]): Pick<Catalogue, "tracks" | "track" | "chart"> {
  const db = openDatabase(files.catalogue, { readonly: true });
  const tracks = db.prepare<[], number>("SELECT id FROM tracks ORDER BY id").pluck().all();
  const one = db.prepare(trackSql("likely(@id)"));
  const rows = new Map(tracks.map((id) => [id, one.get({ id })]));
  db.close();
  let chart: unknown;
  return { tracks, track: (id) => rows.get(id), chart: () => (chart ??= chartOf(files.busy)) };
}

function chartOf(file: string): unknown {
  const db = openDatabase(file, { readonly: true });
  const { sql, params } = scanOf(365);
  const text = db.prepare<[object], string>(sql).pluck().get(params)!;
  db.close();
  return JSON.parse(text);
}

/**
 * Plays of the last three hundred days in the order of their times, replacing what there was. A multiplicative hash
 * spreads them over the tracks without a random number in sight: the same catalogue gives the same plays.
 */
function addPlays(file: string, count: number): void {
  const db = new Database(file);
  db.exec("DELETE FROM plays");
  db.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @count),
       track AS MATERIALIZED (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM tracks)
     INSERT INTO plays (track_id, user_id, played_at)
     SELECT track.id, 1 + i % 997, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-299 days', '+' || (i * 25747200 / @count) || ' seconds')
     FROM n CROSS JOIN track ON track.place = (i * 2654435761 >> 7) % (i % (SELECT count(*) FROM tracks) + 1)`,
  ).run({ count });
  db.exec("ANALYZE");
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
}

/** The copy is on disk before it returns, or its pages would be written beside the first commits of the trial. */
export function copyDatabase(from: string, to: string): void {
  removeDatabase(to);
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  const file = openSync(to, "r+");
  fsyncSync(file);
  closeSync(file);
}

export function removeDatabase(file: string): void {
  for (const suffix of ["", "-wal", "-shm", ".lock"]) rmSync(file + suffix, { force: true });
}

export function countPlays(file: string): number {
  const db = new Database(file);
  const count = db.prepare<[], number>("SELECT count(*) FROM plays").pluck().get()!;
  db.close();
  return count;
}
