import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { CATALOGUE_TABLES, TABLES_SQL } from "../../src/shared/database/catalogue.ts";
import { openForReading, openForWriting } from "../../src/shared/database/sqlite.ts";
import { startWriter } from "../engine/support.ts";
import {
  chinook,
  copyOf,
  get,
  type Json,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";

/** Replacing the catalogue: atomic, one at a time, and without loss of users' data. */
vi.setConfig({ testTimeout: 240_000 });

const OLD = 500;
const NEW = 700;
const BIN = resolve(import.meta.dirname, "../../bin/chinook.cjs");
const HOOK = resolve(import.meta.dirname, "hooks/exchange.cjs");

/** A catalogue of 500 tracks, with users' data beside it. */
async function oldDatabase(): Promise<string> {
  const database = copyOf(await makeCatalogue(OLD));
  const db = openForWriting(database, "full");
  db.exec(`INSERT INTO search_statistics VALUES ('2026-11-21', 'mine', 3);
    INSERT INTO meta VALUES ('mine', 'kept');
    UPDATE users SET email = 'a@example.com', email_key = 'a@example.com' WHERE id = (SELECT min(id) FROM users);
    INSERT INTO users (id, email, email_key, customer_id, created_at, updated_at)
      VALUES (1000001, 'b@example.com', 'b@example.com', 1, '2026-11-21T00:00:00.000Z', '2026-11-21T00:00:00.000Z');
    INSERT INTO sessions (user_id, token_hash, created_at, last_seen_at, expires_at)
      SELECT id, 'hash ' || id, created_at, '2999-01-01T00:00:00.000Z', '2999-01-01T00:00:00.000Z'
      FROM users WHERE email IS NOT NULL;
    INSERT INTO audit (id, at, principal, command) VALUES (1, '2026-11-21T00:00:00.000Z', 'user:1', 'mine')`);
  db.close();
  return database;
}

function look<T>(file: string, sql: string): T {
  const db = openForReading(file);
  try {
    return db.prepare(sql).pluck().get() as T;
  } finally {
    db.close();
  }
}

const tracksIn = (file: string): number => look(file, "SELECT count(*) FROM tracks");

/** Expects the complete old or new catalogue, consistent, with the users' data. @returns how many tracks. */
function wholeCatalogue(file: string): number {
  const tracks = tracksIn(file);
  expect([OLD, NEW]).toContain(tracks);
  expect(look(file, "SELECT value FROM meta WHERE key = 'source'")).toBe("generated");
  expect(look(file, "SELECT count(*) FROM track_documents")).toBe(tracks);
  expect(look(file, "PRAGMA integrity_check")).toBe("ok");
  expect(look(file, "SELECT count(*) FROM pragma_foreign_key_check")).toBe(0);
  expect(look(file, "SELECT value FROM meta WHERE key = 'mine'")).toBe("kept");
  expect(look(file, "SELECT searches FROM search_statistics WHERE query = 'mine'")).toBe(3);
  expect(
    look(file, "SELECT count(*) FROM users JOIN sessions ON user_id = users.id WHERE email IS NOT NULL"),
  ).toBe(2);
  expect(look(file, "SELECT command FROM audit WHERE principal = 'user:1'")).toBe("mine");
  expect(look(file, "SELECT count(*) FROM plays WHERE user_id NOT IN (SELECT id FROM users)")).toBe(0);
  const customer = look(file, "SELECT customer_id FROM users WHERE id = 1000001");
  expect(customer, "an account is no customer of another catalogue").toBe(tracks === OLD ? 1 : null);
  return tracks;
}

const generating = (database: string, tracks = NEW): string[] => [
  "generate",
  "--replace",
  "--tracks",
  `${tracks}`,
  "--database",
  database,
  "--json",
];

/** A running command that the test ends. */
function begin(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** The next process that opens the file completes the exchange: here a command. */
async function recovered(database: string): Promise<void> {
  const { code, stderr } = await chinook(["migrate", "up", "--database", database]);
  expect(code, stderr).toBe(0);
}

test("a replacement killed at random moments, without a server, leaves the complete old or new catalogue", async () => {
  const found = new Set<number>();
  for (const share of [0.2, 0.6, 0.9]) {
    const database = await oldDatabase();
    const child = begin(generating(database));
    // By what can be seen of it: the backup, the folder that it loads in, how much is loaded.
    await moment(database, child, share);
    child.kill("SIGKILL");
    await recovered(database);
    found.add(wholeCatalogue(database));
    const again = await chinook(generating(database));
    expect(again.code, again.stderr).toBe(0);
    expect(wholeCatalogue(database)).toBe(NEW);
    expect(readdirSync(dirname(database)).filter((name) => name.endsWith(".loading"))).toEqual([]);
  }
  expect(found).toContain(OLD);
});

/** Resolves when so much of a load is done: a fifth is the backup, the rest what is staged, by its size. */
async function moment(database: string, child: ChildProcess, share: number): Promise<void> {
  const staged = join(`${database}.loading`, "database.sqlite");
  const wanted = (share - 0.2) * NEW * 1.25;
  while (child.exitCode === null) {
    if (share <= 0.2 && existsSync(join(dirname(database), "backups"))) return;
    if (existsSync(staged) && stagedTracks(staged) >= wanted) return;
    await delay(2);
  }
}

function stagedTracks(file: string): number {
  try {
    return tracksIn(file);
  } catch {
    return -1;
  }
}

const ADOPT = resolve(import.meta.dirname, "hooks/adopt.ts");

test("a replacement killed at each step of the exchange leaves the complete old or new catalogue", async () => {
  const outcomes: number[] = [];
  const [old, fresh] = [await oldDatabase(), await makeCatalogue(NEW)];
  for (let step = 1, done = false; !done; step++) {
    const [database, staged] = [copyOf(old), copyOf(fresh)];
    const env = { ...process.env, NODE_OPTIONS: `--require ${HOOK}`, FAULT_STEP: String(step) };
    const args = [ADOPT, database, staged];
    const { signal, status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
    done = signal === null;
    if (done) expect(status, stderr).toBe(0);
    const next = await startWriter({ file: database, migrate: false });
    outcomes.push(wholeCatalogue(database));
    await next.close();
  }
  const decided = outcomes.indexOf(NEW);
  expect(outcomes.length).toBeGreaterThan(8);
  expect(decided).toBeGreaterThan(0);
  expect(outcomes).toEqual(outcomes.map((_, i) => (i < decided ? OLD : NEW)));
});

const total = async (server: TestServer): Promise<number> =>
  (await get(server, "/v1/tracks?limit=1&total=1")).json.total;

const readiness = async (server: TestServer): Promise<Json> => {
  const { status, json } = await get(server, "/readyz");
  expect(status).toBe(200);
  return json.catalogue ?? json.status;
};

async function until(server: TestServer, state: "loading" | "ready"): Promise<void> {
  while ((await readiness(server)) !== state) await delay(5);
}

test("a replacement through a server serves the old catalogue until the new one, and reports loading", async () => {
  const database = await oldDatabase();
  await using server = await startServer({}, { database });
  expect(await total(server)).toBe(OLD);

  const killed = begin(generating(database, 20_000));
  await until(server, "loading");
  expect((await get(server, "/health")).json.catalogue).toBe("loading");
  const second = await chinook(generating(database));
  expect(second.code).toBe(1);
  expect(JSON.parse(second.stdout).error.code).toBe("import_running");
  expect(second.stdout).toContain(`process ${killed.pid}`);
  expect(await total(server)).toBe(OLD);
  killed.kill("SIGKILL");
  await until(server, "ready");
  expect(await total(server)).toBe(OLD);
  expect(server.stderr()).toContain("loading: a catalogue is being loaded");

  const own = await post(server, "/v1/artists", { name: "Mine" });
  expect(own.status).toBe(201);
  const loading = begin(generating(database));
  const [stdout, ended] = [text(loading.stdout!), once(loading, "close")];
  await until(server, "loading");
  // Once it loads, its backup is made: what is written from here on is not in that.
  while (!existsSync(`${database}.loading`)) await delay(5);
  loading.kill("SIGSTOP");
  expect((await post(server, "/v1/genres", { name: "Written meanwhile" })).status).toBe(201);
  const seen = new Set([await total(server)]);
  loading.kill("SIGCONT");
  for (let limit = 1, over = false; !over; limit = (limit % 100) + 1) {
    over = (await Promise.race([ended, delay(10)])) !== undefined;
    seen.add(await total(server));
    seen.add((await get(server, `/v1/tracks?limit=${limit}&total=1`)).json.total);
  }
  expect(await ended).toEqual([0, null]);
  expect([...seen].toSorted()).toEqual([OLD, NEW]);
  expect(await total(server)).toBe(NEW);
  await until(server, "ready");
  expect((await get(server, "/health")).json.catalogue).toBe("ready");

  const { backup, kept } = JSON.parse(await stdout);
  expect((await get(server, "/v1/artists?limit=100&name=Mine")).text).not.toContain('"Mine"');
  const copy = join(temporaryFolder(), "copy.sqlite");
  const from = ["--backup-dir", join(dirname(database), "backups"), "--database", copy];
  expect((await chinook(["backup", "restore", backup, ...from])).code).toBe(0);
  expect(look(copy, "SELECT count(*) FROM artists WHERE name = 'Mine'")).toBe(1);
  // What came before the fingerprint is in the backup, and the old file is not kept; what came after it is in that.
  expect(look(kept ?? copy, "SELECT count(*) FROM genres WHERE name = 'Written meanwhile'")).toBe(1);

  expect((await post(server, "/v1/artists", { name: "After" })).status).toBe(201);
  expect(await server.stop()).toBe(0);
  expect(wholeCatalogue(database)).toBe(NEW);
  expect(look(database, "SELECT count(*) FROM artists WHERE name = 'After'")).toBe(1);
});

test("a server killed during the exchange recovers the complete old or new catalogue", async () => {
  for (const step of [1, 3]) {
    const database = await oldDatabase();
    const settings = { NODE_OPTIONS: `--require ${HOOK}`, FAULT_STEP: String(step) };
    await using server = await startServer(settings, { database });
    expect((await chinook(generating(database))).code).toBe(1);
    while (server.child.signalCode === null) await delay(5);
    await recovered(database);
    expect(wholeCatalogue(database)).toBe(step === 1 ? OLD : NEW);
  }
});

test("a catalogue is not replaced while checkpoints are external", async () => {
  const database = await oldDatabase();
  await using _ = await startServer({ CHINOOK_CHECKPOINTS: "external" }, { database });
  const { code, stdout } = await chinook(generating(database));
  expect([code, JSON.parse(stdout).error.code]).toEqual([1, "import_refused"]);
  expect(tracksIn(database)).toBe(OLD);
});

test("an unchanged demo is replaced without --replace; a changed one is not", async () => {
  const database = join(temporaryFolder(), "demo.sqlite");
  expect((await chinook(["setup", "--database", database])).code).toBe(0);
  const demo = copyOf(database);
  const backups = () => readdirSync(join(dirname(database), "backups"));
  const first = backups();
  const plain = await chinook(["generate", "--tracks", "20", "--database", database, "--json"]);
  expect(JSON.parse(plain.stdout)).toMatchObject({ replaced: true, backup: null, kept: null });
  const left = readdirSync(dirname(database)).filter((name) => !name.endsWith(".lock"));
  expect(left).toEqual(["backups", basename(database)]);
  expect(backups()).toEqual(first);

  for (const change of [
    { method: "/v1/artists", body: { name: "Mine" } },
    { method: "/v1/playlists", body: { name: "Mine" } },
    { method: "/v1/plays", body: { track_id: 1 } },
  ]) {
    const own = copyOf(demo);
    await using server = await startServer({}, { database: own });
    expect((await post(server, change.method, change.body)).status).toBe(201);
    const refused = await chinook(["generate", "--tracks", "20", "--database", own, "--json"]);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout).error).toMatchObject({ code: "import_refused" });
    expect(await total(server)).toBe(3_503);
    expect(await server.stop()).toBe(0);
  }
});

/** Tables of users' data: every new table is either in this list or replaced with the catalogue. */
const KEPT = [
  ...["identity", "meta", "schema_history", "schema_migrations", "search_statistics"],
  ...["users", "sessions", "api_keys", "one_time_tokens", "identities", "audit"],
  ...["saved_searches", "changes", "jobs"],
  // Empty without a cluster, which takes no catalogue.
  ...["cluster_applied", "cluster_changes", "cluster_commits", "cluster_writers", "refusals"],
];

test("each table is either replaced or kept, and no kept table refers to a replaced one", async () => {
  const db = openForReading(await makeCatalogue(OLD));
  onTestFinished(() => void db.close());
  const tables = db.prepare<[], string>(TABLES_SQL).pluck().all();
  expect(tables.filter((table) => !CATALOGUE_TABLES.has(table))).toEqual(KEPT.toSorted());
  expect([...CATALOGUE_TABLES].filter((table) => !tables.includes(table))).toEqual([]);
  for (const table of KEPT) {
    const parents = db.prepare<[string], string>(`SELECT "table" FROM pragma_foreign_key_list(?)`).pluck();
    expect(parents.all(table).filter((parent) => CATALOGUE_TABLES.has(parent))).toEqual([]);
  }
});
