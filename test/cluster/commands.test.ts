import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClusterStorage } from "../../src/main/engine/cluster/cluster-storage.ts";
import { ClusterLoading } from "../../src/main/engine/cluster/loading.ts";
import type { AnyCommand } from "../../src/main/engine/commands/command.ts";
import { createLog } from "../../src/main/engine/log.ts";
import { createMetrics } from "../../src/main/engine/metrics.ts";
import { joinCluster } from "../../src/main/features/cluster/moving.ts";
import { COMMANDS } from "../../src/main/features/index.ts";
import { loadVectors } from "../../src/shared/database/sqlite.ts";
import { fromFailure } from "../../src/shared/errors.ts";
import type { Outcome } from "../../src/shared/protocol.ts";
import { INPUTS } from "../engine/refusals.inputs.ts";
import { dump, World } from "../engine/refusals.world.ts";
import { RQLITED, startRqlite, WITHOUT } from "../support/rqlite.ts";
import { temporaryFolder } from "../support/server.ts";

/** Every command there is, run by rqlite and by this server's own writer: outcomes, answers and tables are the same. */
describe.skipIf(RQLITED === undefined)(`commands on rqlite${WITHOUT}`, () => {
  const world = new World();
  let storage: ClusterStorage;
  let writer: string;

  beforeAll(async () => {
    const rqlite = await startRqlite(1);
    const node = rqlite.nodes[0]!;
    writer = rqlite.writerOf(node);
    const file = join(temporaryFolder(), "database.sqlite");
    writeFileSync(file, world.db.serialize());
    await joinCluster(file, writer, false);
    storage = await ClusterStorage.open({
      settings: { database: node.database, writer },
      log: createLog("silent"),
      metrics: createMetrics(),
      onChange: () => {},
      whileReadersClosed: (action) => action(),
      beforeMigration: async () => {},
    });
  });
  afterAll(async () => {
    await storage?.close();
    world.close();
  });

  test.each(COMMANDS)("$name", async (command) => {
    const calls = fc
      .sample(INPUTS[command.name]!, { numRuns: 12, seed: 3 })
      .map((call) => ({ name: command.name, ...call }));
    const before = world.ran.length;
    for (const call of calls) await world.commit([call]);
    const ran = world.ran.slice(before);
    const { outcomes } = await storage.batch(
      ran.map(({ command }) => command),
      () => ran.map(() => []),
    );
    const shown = shownBy(command);
    expect(outcomes.map(shown)).toEqual(ran.map(({ outcome }) => shown(outcome)));
  });

  test("leave the same tables", async () => {
    const copy = join(temporaryFolder(), "copy.sqlite");
    await new ClusterLoading(writer).backup(copy);
    const db = new Database(copy);
    loadVectors(db);
    expect(ownTables(dump(db))).toEqual(ownTables(dump(world.db)));
    db.close();
  });
});

/** A key's violation and another UNIQUE are one error: rqlite does not tell them apart. */
const shownBy =
  ({ answer }: AnyCommand) =>
  ({ failure, rows }: Outcome) => {
    if (failure !== undefined) return { code: fromFailure(failure).code, errors: failure.errors ?? [] };
    return answer === undefined ? {} : { body: rows[0]?.[0] ?? null, etag: rows[0]?.[1] ?? null };
  };

/** The demo's fingerprint differs between releases of SQLite. Only a load writes it, and a cluster takes none. */
const ownTables = ({ meta, ...tables }: Record<string, unknown>) => ({
  ...Object.fromEntries(Object.entries(tables).filter(([name]) => !/^(cluster_|sqlite_)/.test(name))),
  meta: (meta as string[]).filter((row) => !row.startsWith('["demo"')),
});
