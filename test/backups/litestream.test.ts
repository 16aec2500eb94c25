import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import {
  copyOf,
  get,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";
import { columnOf } from "./support.ts";

/** Point-in-time recovery with the real replicator and the configuration that is shipped. */

const litestream = process.env.CHINOOK_LITESTREAM ?? "litestream";
const installed = spawnSync(litestream, ["version"]).error === undefined;
const reason = installed ? "" : " (skipped: no litestream on the PATH, none named by CHINOOK_LITESTREAM)";
const run = promisify(execFile);

/** The shipped configuration, with a control socket. */
class Replicator {
  readonly #folder = temporaryFolder();
  readonly #config = join(this.#folder, "litestream.yml");
  readonly #socket = join(this.#folder, "socket");
  readonly #database: string;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;

  constructor(database: string) {
    this.#database = database;
    const replica = `file://${join(this.#folder, "replica")}`;
    this.#env = { ...process.env, CHINOOK_DATABASE: database, LITESTREAM_REPLICA_URL: replica };
    const shipped = readFileSync(resolve(import.meta.dirname, "../../deploy/litestream.yml"), "utf8");
    writeFileSync(this.#config, `${shipped}\nsocket:\n  enabled: true\n  path: ${this.#socket}\n`);
  }

  async start(): Promise<void> {
    this.#child = spawn(litestream, ["replicate", "-config", this.#config], {
      env: this.#env,
      stdio: "ignore",
    });
    onTestFinished(() => void this.#child?.kill("SIGKILL"));
    while (
      !(await this.sync().then(
        () => true,
        () => false,
      ))
    )
      await delay(50);
  }

  /** Resolves when every earlier commit is in the replica. */
  async sync(): Promise<void> {
    await run(litestream, ["sync", "-wait", "-socket", this.#socket, this.#database], { env: this.#env });
  }

  async stop(): Promise<void> {
    this.#child?.kill("SIGTERM");
    if (this.#child !== undefined) await once(this.#child, "exit");
  }

  /** @returns the database as it was at the time. */
  async restore(time?: Date): Promise<string> {
    const to = join(temporaryFolder(), "restored.sqlite");
    const at = time === undefined ? [] : ["-timestamp", time.toISOString()];
    await run(litestream, ["restore", "-config", this.#config, ...at, "-o", to, this.#database], {
      env: this.#env,
    });
    return to;
  }
}

interface Write {
  readonly id: number;
  readonly sent: number;
  readonly answered: number;
}

/** Clients that write until stopped, and the responses they got. */
function load(server: TestServer) {
  const writes: Write[] = [];
  let writing = true;
  const clients = Array.from({ length: 8 }, async () => {
    while (writing) {
      const sent = Date.now();
      const { status, json } = await post(server, "/v1/plays", { track_id: 1 });
      expect(status).toBe(201);
      writes.push({ id: json.id, sent, answered: Date.now() });
    }
  });
  const reach = async (count: number) => {
    while (writes.length < count) await delay(10);
  };
  const stop = async () => {
    writing = false;
    await Promise.all(clients);
  };
  return { writes, reach, stop };
}

/** Resolves in the next millisecond: the resolution of a restore's time. */
async function nextMillisecond(): Promise<Date> {
  for (const now = Date.now(); Date.now() <= now + 1; ) await delay(1);
  return new Date();
}

const playsOf = (file: string): number[] => columnOf(file, "SELECT id FROM plays ORDER BY id");
const walOf = (file: string): number => statSync(`${file}-wal`).size;

test.skipIf(!installed)(
  `Litestream replicates a server under load, and restores the requested point in time${reason}`,
  async () => {
    const database = copyOf(await makeCatalogue(50));
    const server = await startServer({ CHINOOK_CHECKPOINTS: "external" }, { database });
    const replicator = new Replicator(database);
    await replicator.start();
    const before = playsOf(database);

    // During the writes: a prefix of them, with all that were answered before the last sync.
    const first = load(server);
    await first.reach(400);
    const synced = Date.now();
    await replicator.sync();
    const middle = await nextMillisecond();
    await first.reach(first.writes.length + 400);
    await first.stop();

    // While idle: exactly the writes answered before.
    await replicator.sync();
    const rest = await nextMillisecond();
    const atRest = playsOf(database);
    const second = load(server);
    await second.reach(400);
    await second.stop();
    await replicator.sync();

    const found = playsOf(await replicator.restore(middle));
    const last = found.at(-1)!;
    expect(found).toEqual(playsOf(database).slice(0, found.length));
    for (const { id, answered } of first.writes) if (answered < synced) expect(id).toBeLessThanOrEqual(last);
    for (const { id, sent } of first.writes) if (sent > middle.getTime()) expect(id).toBeGreaterThan(last);
    expect(found.length).toBeGreaterThanOrEqual(before.length + 400);

    const restored = await replicator.restore(rest);
    expect(playsOf(restored)).toEqual(atRest);
    expect(columnOf(restored, "PRAGMA integrity_check")).toEqual(["ok"]);

    // The server runs no checkpoint of its own, not even when it closes.
    expect((await get(server, "/metrics")).text).not.toMatch(/chinook_checkpoints_total\{/);
    expect((await post(server, "/admin/checkpoint", {})).json.code).toBe("in_use");
    const wal = walOf(database);
    expect(await server.stop()).toBe(0);
    expect(walOf(database)).toBeGreaterThanOrEqual(wal);
    await replicator.stop();
    expect(playsOf(await replicator.restore())).toEqual(playsOf(database));

    await using again = await startServer({}, { database: restored });
    expect((await get(again, "/readyz")).status).toBe(200);
    expect((await post(again, "/v1/plays", { track_id: 1 })).json.id).toBe(atRest.at(-1)! + 1);
    expect(await again.stop()).toBe(0);
  },
);

test.skipIf(!installed)(`the replicator keeps the WAL bounded${reason}`, async () => {
  const database = copyOf(await makeCatalogue(50));
  await using server = await startServer({ CHINOOK_CHECKPOINTS: "external" }, { database });
  const replicator = new Replicator(database);
  await replicator.start();
  const writing = load(server);
  const [page, most] = [4_096 + 24, 25_000];
  let [largest, written, previous] = [0, 0, walOf(database)];
  // Until more was written than the limit, or the WAL was restarted.
  for (let restarts = 0; restarts < 2; ) {
    await delay(100);
    const now = Number(/^chinook_wal_frames (\d+)/m.exec((await get(server, "/metrics")).text)?.[1]) * page;
    if (now < previous) restarts++;
    else written += now - previous;
    [largest, previous] = [Math.max(largest, now), now];
  }
  await writing.stop();
  expect(written).toBeGreaterThan(0);
  expect(largest).toBeLessThan(2 * most * page);
  expect(await server.stop()).toBe(0);
  await replicator.stop();
});
