import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { type Catalogue, DATABASES, type DatabaseName, type Title } from "./catalogue.ts";
import type { Options } from "./options.ts";
import { fillPlays } from "./plays.ts";
import { run, startServer } from "./processes.ts";
import { Executor, openDatabase } from "./servers/executor.ts";
import { readOf } from "./servers/reads.ts";
import { chinook, SERVERS } from "./servers/specs.ts";
import { TRAFFIC, type TrafficName } from "./traffic.ts";

/** Distinguishes databases with different schemas. */
const SCHEMA = `v${readdirSync(join(import.meta.dirname, "../migrations")).length / 2}`;

const MOST_EXAMINED = 20_000;

/** Creates each database on first use and keeps it: with `--catalogues` beyond this run. */
export class Databases {
  readonly #options: Options;
  readonly #folder: string;
  readonly #known = new Map<string, Promise<Catalogue>>();

  constructor(options: Options) {
    this.#options = options;
    this.#folder = options.catalogues ?? options.directory;
  }

  get(name: DatabaseName, pageBytes?: number): Promise<Catalogue> {
    const key = `${name}-${pageBytes ?? ""}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = this.#make(name, pageBytes).then(catalogueOf);
    this.#known.set(key, made);
    return made;
  }

  get origin(): "sample" | "generated" {
    return this.#options.sample === undefined ? "generated" : "sample";
  }

  async #make(name: DatabaseName, pageBytes: number | undefined): Promise<string> {
    const tracks = tracksOf(name, this.#options);
    const plays = name === "busy" ? `-${this.#options.plays}-plays` : "";
    const pages = pageBytes === undefined ? "" : `-${pageBytes}`;
    const origin = tracks === undefined ? "sample" : `${tracks}-tracks`;
    const vectors = name === "catalogue" || name === "busy" ? "-vectors" : "";
    const file = join(this.#folder, `${origin}${vectors}${plays}${pages}-${SCHEMA}.sqlite`);
    if (existsSync(file)) return file;
    const making = join(this.#folder, "making.sqlite");
    removeDatabase(making);
    if (pageBytes !== undefined) repage((await this.get(name)).file, making, pageBytes);
    else if (name === "busy") addPlays((await this.get("catalogue")).file, making, this.#options.plays);
    else await this.#fill(making, tracks, vectors !== "");
    renameSync(making, file);
    return file;
  }

  async #fill(file: string, tracks: number | undefined, vectors: boolean): Promise<void> {
    const command =
      tracks === undefined ? ["import", this.#options.sample!] : ["generate", "--tracks", String(tracks)];
    await run(chinook(...command), { CHINOOK_DATABASE: file });
    // Computed once here. Otherwise each fresh server would compute them during its trial.
    if (vectors) await run(chinook("vectors", "generate", "--neighbours"), { CHINOOK_DATABASE: file });
    await suggest(file);
    settle(file);
  }
}

/** Undefined for the upstream sample. */
function tracksOf(name: DatabaseName, { sample, tracks, smoke }: Options): number | undefined {
  if (name === "catalogue" || name === "busy") return sample === undefined ? tracks : undefined;
  return smoke ? tracks : DATABASES[name].tracks;
}

const SUGGESTED_MS = 120_000;

/** On its first run a server computes suggestions. This waits until there are some. */
async function suggest(file: string): Promise<void> {
  const settings = { CHINOOK_VECTOR_GENERATION: "0" };
  const place = { database: file, settings, tuning: {}, answer: "" };
  const server = await startServer(SERVERS.chinook.args(place), SERVERS.chinook.env!(place));
  try {
    const db = new Database(file, { readonly: true });
    const count = db.prepare<[], number>("SELECT count(*) FROM suggestions").pluck();
    for (let waited = 0; count.get() === 0 && waited < SUGGESTED_MS; waited += 100) await delay(100);
    db.close();
  } finally {
    await server.stop();
  }
}

/** Updates the planner's statistics and removes the WAL. */
function settle(file: string): void {
  const db = openDatabase(file);
  // As the server does it. A plain ANALYZE takes samples; DESIGN.md describes their cost.
  db.pragma("analysis_limit = 1000");
  db.pragma("optimize = 0x10002");
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
}

/** Changes the page size, which is possible only outside of WAL mode. */
function repage(from: string, to: string, bytes: number): void {
  copyDatabase(from, to);
  const db = openDatabase(to);
  db.pragma("journal_mode = DELETE");
  db.pragma(`page_size = ${bytes}`);
  db.exec("VACUUM");
  db.pragma("journal_mode = WAL");
  db.close();
}

function addPlays(from: string, to: string, count: number): void {
  copyDatabase(from, to);
  const db = openDatabase(to);
  fillPlays(db, count);
  db.close();
  settle(to);
}

function catalogueOf(file: string): Catalogue {
  const db = openDatabase(file, { readonly: true });
  const count = db.prepare<[], number>("SELECT count(*) FROM tracks").pluck().get()!;
  const step = Math.max(1, Math.floor(count / MOST_EXAMINED));
  const titles = db
    .prepare<[number], Title>(
      "SELECT id, name, coalesce(album_id, 1) AS album FROM tracks WHERE id % ? = 0 OR id = 1 ORDER BY id",
    )
    .all(step);
  const executor = new Executor(db, { json: true, hidden: true });
  const answers = new Map<string, string>();
  const read = (path: string, now?: Date) => {
    const { name, params } = readOf(path);
    return executor.read(name, params, now) as string;
  };
  const answer = (path: string): string => {
    const known = answers.get(path);
    if (known !== undefined) return known;
    const text = read(path);
    answers.set(path, text);
    return text;
  };
  return {
    file,
    count,
    titles,
    answer,
    answerAt: read,
    bytes: statSync(file).size,
    tracks: titles.map(({ id }) => id),
  };
}

/** Copies and syncs. Otherwise the copy's pages would be written during the first commits of the trial. */
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

/** The number of plays, and whether the given ids are among them. */
export function playsIn(file: string, ids: readonly number[]): { count: number; missing: number } {
  const db = new Database(file);
  const count = db.prepare<[], number>("SELECT count(*) FROM plays").pluck().get()!;
  const found = db
    .prepare<[string], number>("SELECT count(*) FROM plays WHERE id IN (SELECT value FROM json_each(?))")
    .pluck()
    .get(JSON.stringify(ids))!;
  db.close();
  return { count, missing: ids.length - found };
}

/** The requests of a traffic, for load generators and checks. */
export const requestsOf = (traffic: TrafficName, catalogue: Catalogue) => TRAFFIC[traffic](catalogue);
