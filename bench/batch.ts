import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { migrate, readMigrations } from "../src/shared/database/migrations.ts";
import { type Connection, openForWriting } from "../src/shared/database/sqlite.ts";

/**
 * The gain of batches for one client: `node bench/batch.ts`. Adds artists one request at a time, against the
 * same in batches, in alternated rounds over one connection. Then the cost that the feed of changes adds to a
 * write.
 */

const ROUNDS = 5;
const SINGLE = 300;
const BATCH = 1_000;

const folder = mkdtempSync(join(tmpdir(), "chinook-batch-"));
const ROOT = resolve(import.meta.dirname, "..");

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function rate(count: number, action: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await action();
  return (count / (performance.now() - started)) * 1_000;
}

async function post(url: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok || text.includes('"status":4'))
    throw new Error(`${response.status}: ${text.slice(0, 200)}`);
}

const operations = Array.from({ length: BATCH }, (_, i) => ({
  method: "POST",
  path: "/v1/artists",
  body: { name: `Artist ${i}` },
}));

async function batches(): Promise<void> {
  const database = join(folder, "database.sqlite");
  const env = {
    ...process.env,
    CHINOOK_PORT: "0",
    CHINOOK_DEMO: "0",
    CHINOOK_DATABASE: database,
    CHINOOK_LOG: "silent",
  };
  const server = spawn(process.execPath, [join(ROOT, "bin/chinook.cjs"), "serve"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: server.stdout }), "line")) as [string];
  const url = /http:\/\/\S+/.exec(line)![0];
  const rates: Record<string, number[]> = { single: [], atomic: [], each: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    const single = await rate(SINGLE, async () => {
      for (let i = 0; i < SINGLE; i++) await post(`${url}/v1/artists`, { name: `Artist ${i}` });
    });
    const atomic = await rate(BATCH, () => post(`${url}/v1/batch`, { mode: "atomic", operations }));
    const each = await rate(BATCH, () => post(`${url}/v1/batch`, { mode: "each", operations }));
    // The first round warms up.
    if (round > 0)
      for (const [name, value] of Object.entries({ single, atomic, each })) rates[name]!.push(value);
  }
  server.kill();
  await once(server, "exit");
  for (const [name, values] of Object.entries(rates)) {
    const times = median(values.map((value, i) => value / rates.single![i]!));
    console.log(
      `${name.padEnd(7)} ${Math.round(median(values))} artists a second, ${times.toFixed(1)} times`,
    );
  }
}

/** Processor time in microseconds per insert or update, with many in a transaction. */
function writeCost(db: Connection): number {
  const insert = db.prepare(
    "INSERT INTO artists (public_id, slug, name, created_at, updated_at) VALUES (?, 's', ?, 't', 't')",
  );
  const update = db.prepare("UPDATE artists SET name = ?, version = version + 1 WHERE id = ?");
  const before = process.cpuUsage();
  db.transaction(() => {
    for (let i = 0; i < 5_000; i++) {
      const { lastInsertRowid } = insert.run(`${process.hrtime.bigint()}`, `n ${i}`);
      update.run(`m ${i}`, lastInsertRowid);
    }
  })();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 10_000;
}

function changes(): void {
  const db = openForWriting(join(folder, "changes.sqlite"), "normal");
  migrate(db, readMigrations(join(ROOT, "migrations")), "latest");
  const triggers = db
    .prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'changes_artists%'",
    )
    .all();
  const costs: [number[], number[]] = [[], []];
  for (let round = 0; round <= 2 * ROUNDS; round++) {
    costs[0].push(writeCost(db));
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
    costs[1].push(writeCost(db));
    for (const { sql } of triggers) db.exec(sql);
  }
  db.close();
  const [noted, plain] = costs.map((values) => median(values.slice(1))) as [number, number];
  console.log(
    `a write of an artist: ${plain.toFixed(1)} µs of the writer's processor time, ${noted.toFixed(1)} with changes noted`,
  );
}

try {
  changes();
  await batches();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
