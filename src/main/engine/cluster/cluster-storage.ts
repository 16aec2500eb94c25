import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import PQueue from "p-queue";
import { WriterLock } from "../../../shared/database/lock.ts";
import {
  type Migration,
  migrationStatus,
  plan,
  readMigrations,
} from "../../../shared/database/migrations.ts";
import { framesIn } from "../../../shared/database/wal.ts";
import { AppError } from "../../../shared/errors.ts";
import type {
  AdoptReport,
  BatchReport,
  CheckpointReport,
  CopyReport,
  MigrationReport,
  MigrationStatus,
  Outcome,
  StatementCosts,
  WalState,
  Work,
} from "../../../shared/protocol.ts";
import type { Settings } from "../../../shared/settings.ts";
import { ROOT } from "../../../shared/version.ts";
import type { Committed } from "../commands/write-queue.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Storage } from "../storage/storage.ts";
import { type BatchId, BatchRequest, type Tagged } from "./batch.ts";
import { Follower } from "./follower.ts";
import { Heartbeat, POSITION_SQL } from "./heartbeat.ts";
import { ClusterLoading } from "./loading.ts";
import { failureOf, migrationRequest } from "./migrate.ts";
import { nodesOf } from "./nodes.ts";
import { furthest, NOWHERE, type Position } from "./position.ts";
import { Positions } from "./positions.ts";
import { Rqlite } from "./rqlite.ts";

/** Milliseconds until a batch that no leader answers is given up. */
const PATIENCE_MS = 10_000;
/** Milliseconds that an answer waits for this server's own node to show the write. */
const SHOWN_MS = 2_000;
/** Milliseconds without a leader after which this server is not ready: an election is no reason. */
const LEADERLESS_MS = 5_000;
/** Milliseconds of that after which the leader is given a reason to tell its followers. */
const NUDGE_MS = 2;
const NOTHING = '[["SELECT 1"]]';
const START_MS = 60_000;

export interface ClusterStorageOptions {
  readonly settings: Pick<Settings, "database" | "writer">;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Tags of a batch that appeared in the node's file. */
  readonly onChange: (tags: readonly string[]) => void;
  readonly whileReadersClosed: (action: () => Promise<void>) => Promise<void>;
  readonly beforeMigration: () => Promise<unknown>;
  /** False skips migrations. */
  readonly migrate?: boolean;
}

/**
 * Storage over a cluster of rqlite: batches go to its leader, and readers open this server's own node's file.
 *
 * - A batch is answered when the leader has committed it and this node's file shows it, or is late. So whoever asks this
 *   server again sees what it wrote, as on one machine.
 * - A batch whose answer was lost is sent again under the same number until somebody answers. It is applied once.
 * - A batch whose transaction ended in between (a full disk) is sent again, command by command, under the same numbers:
 *   a node that had committed it does nothing.
 */
export class ClusterStorage implements Storage {
  readonly jobs = new PQueue({ concurrency: 2 });
  readonly positions: Positions;
  readonly #rqlite: Rqlite;
  readonly #follower: Follower;
  readonly #heartbeat: Heartbeat;
  readonly #lock: WriterLock;
  readonly #options: ClusterStorageOptions;
  readonly #migrations: readonly Migration[];
  readonly #writer = randomUUID();
  readonly #unanswered = new Set<number>();
  #batches = 0;
  #acknowledged: Position = NOWHERE;
  #nudging: Promise<void> | undefined;
  #version = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: ClusterStorageOptions, rqlite: Rqlite, follower: Follower, lock: WriterLock) {
    this.#options = options;
    this.#rqlite = rqlite;
    this.#follower = follower;
    this.#lock = lock;
    this.#heartbeat = new Heartbeat(rqlite, follower);
    this.#migrations = readMigrations(fileURLToPath(new URL("migrations", ROOT)));
    this.positions = new Positions({
      current: () => {
        follower.look();
        return furthest(follower.position, this.#acknowledged);
      },
      reached: (position, ms) => follower.reached(position, ms),
      behindMs: () => this.#heartbeat.behindMs,
    });
  }

  /** @throws AppError `database_unusable`, `locked` or `migration_refused`. */
  static async open(options: ClusterStorageOptions): Promise<ClusterStorage> {
    const rqlite = new Rqlite(nodesOf(options.settings.writer));
    const lock = new WriterLock(options.settings.database);
    try {
      await nodeReady(rqlite, START_MS);
      const position = await positionOf(rqlite);
      const follower = await followerOf(options, rqlite, position);
      lock.opened();
      const storage = new ClusterStorage(options, rqlite, follower, lock);
      await storage.#bringUpToDate(options.migrate ?? true);
      return storage;
    } catch (error) {
      lock.release();
      rqlite.close();
      throw error;
    }
  }

  get alive(): boolean {
    return this.#heartbeat.attached && this.#heartbeat.leaderlessMs < LEADERLESS_MS;
  }

  get schemaVersion(): number {
    return this.#version;
  }

  /** How much of it is checkpointed is rqlite's affair. */
  get wal(): WalState {
    const bytes = statSync(`${this.#options.settings.database}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    const frames = framesIn(bytes, PAGE_BYTES);
    return { frames, checkpointed: frames, bytes };
  }

  /** Runs commands in one transaction and one entry of the log, each with its own outcome. */
  async batch(
    works: readonly Work[],
    tags: () => readonly (readonly string[])[],
  ): Promise<BatchReport & Committed> {
    const started = performance.now();
    const touched = tags();
    const commands = works.map((work, i) => ({ work, tags: touched[i] ?? [] }));
    const batch = ++this.#batches;
    this.#unanswered.add(batch);
    try {
      const { outcomes, position } = await this.#send(commands, await this.#idOf(batch));
      this.#acknowledged = furthest(this.#acknowledged, position);
      const ms = outcomes.reduce((sum, outcome) => sum + outcome.ms, 0);
      return {
        outcomes,
        commitMs: Math.max(0, performance.now() - started - ms),
        wal: this.wal,
        shown: this.#shown(position),
      };
    } finally {
      this.#unanswered.delete(batch);
    }
  }

  async #idOf(batch: number): Promise<BatchId> {
    const file = await this.#follower.file();
    return {
      writer: this.#writer,
      batch,
      low: Math.min(...this.#unanswered),
      at: new Date().toISOString(),
      columnsOf: (sql) => file.columnsOf(sql),
    };
  }

  async #send(
    commands: readonly Tagged[],
    id: BatchId,
  ): Promise<{ outcomes: Outcome[]; position: Position }> {
    const whole = await this.#once(commands, id, 0);
    if (whole !== undefined) return whole;
    const outcomes: Outcome[] = [];
    let position = NOWHERE;
    for (const [i, command] of commands.entries()) {
      const alone = await this.#once([command], id, i);
      outcomes.push(alone?.outcomes[0] ?? NOT_KEPT);
      position = furthest(position, alone?.position ?? NOWHERE);
    }
    return { outcomes, position };
  }

  async #once(commands: readonly Tagged[], id: BatchId, first: number) {
    const request = new BatchRequest(commands, id, first);
    const { metrics } = this.#options;
    return request.read(
      await this.#rqlite.execute(request.body, PATIENCE_MS, () => metrics.clusterRetries.inc()),
    );
  }

  /** A node that does not answer is not waited for. */
  async #shown(position: Position): Promise<void> {
    if (!this.#heartbeat.attached) return;
    const began = performance.now();
    if (!(await this.#follower.reached(position, NUDGE_MS))) {
      if (this.#unanswered.size === 0) this.#nudge();
      await this.#follower.reached(position, SHOWN_MS);
    }
    this.#options.metrics.clusterLag.observe((performance.now() - began) / 1_000);
  }

  /**
   * A follower hears with the leader's next message what was committed. When no write follows, that takes 50 to 100 ms;
   * so one is sent that does nothing.
   */
  #nudge(): void {
    this.#nudging ??= this.#rqlite
      .execute(NOTHING, SHOWN_MS, () => {})
      .catch(() => {})
      .then(() => {
        this.#nudging = undefined;
      });
  }

  async #bringUpToDate(wanted: boolean): Promise<void> {
    const { connection } = await this.#follower.file();
    const { ups } = plan(connection, this.#migrations, "latest");
    this.#version = this.#migrations.length - ups.length;
    if (!wanted || ups.length === 0) return;
    await this.#options.beforeMigration();
    await this.migrate("latest");
  }

  async migrate(target: number | "latest"): Promise<MigrationReport> {
    const { connection } = await this.#follower.file();
    const { ups, downs, version } = plan(connection, this.#migrations, target);
    for (const migration of ups) await this.#migrateOne(migration, "up");
    for (const migration of downs) await this.#migrateOne(migration, "down");
    this.#version = version;
    const names = (list: readonly Migration[]) => list.map(({ name }) => name);
    return { applied: names(ups), reverted: names(downs), version };
  }

  /** Another server may have been first: then the schema is as wanted, too. */
  async #migrateOne(migration: Migration, direction: "up" | "down"): Promise<void> {
    const body = migrationRequest(migration, direction, new Date().toISOString());
    const failure = failureOf(await this.#rqlite.execute(body, START_MS, () => {}));
    await this.#follower.reached(await positionOf(this.#rqlite), SHOWN_MS);
    const { connection } = await this.#follower.file();
    const status = migrationStatus(connection, this.#migrations)[migration.id - 1];
    if ((status?.appliedAt !== null) === (direction === "up")) return;
    throw new AppError("migration_refused", { detail: `${migration.name}: ${failure ?? "not applied"}` });
  }

  async migrations(): Promise<readonly MigrationStatus[]> {
    const { connection } = await this.#follower.file();
    return migrationStatus(connection, this.#migrations);
  }

  /** Refreshes the query planner's statistics, which every node then has. */
  async optimize(): Promise<{ ms: number }> {
    const started = performance.now();
    const sql = ["PRAGMA analysis_limit = 1000", "ANALYZE", "DELETE FROM sqlite_stat1 WHERE tbl = 'changes'"];
    await this.#rqlite.execute(JSON.stringify(sql.map((each) => [each])), PATIENCE_MS, () => {});
    return { ms: performance.now() - started };
  }

  /** What statements cost is known where they run: `rqlited` does not tell. */
  async statements(): Promise<readonly StatementCosts[]> {
    return [];
  }

  /** @throws AppError `in_use`. */
  async checkpoint(): Promise<CheckpointReport> {
    throw new AppError("in_use", { detail: "rqlite runs the checkpoints of its file (CHINOOK_WRITER)" });
  }

  /** @throws AppError `in_use`. */
  async adopt(): Promise<AdoptReport> {
    const detail = "a cluster takes no catalogue: load it on one machine, then run `chinook cluster join`";
    throw new AppError("in_use", { detail });
  }

  /** Copies the database by rqlite's own backup, which its leader makes. */
  async copy(to: string): Promise<CopyReport> {
    const at = new Date().toISOString();
    const loading = new ClusterLoading(this.#options.settings.writer);
    try {
      await loading.backup(to);
    } finally {
      loading.close();
    }
    return { at, pages: Math.floor(statSync(to).size / PAGE_BYTES), longestMs: 0, lastMs: 0 };
  }

  async cancelCopy(): Promise<void> {}

  async announce(url: string): Promise<void> {
    this.#lock.announce(url);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.jobs.onIdle();
    this.#heartbeat.close();
    await this.#follower.close();
    this.#rqlite.close();
    this.#lock.release();
  }
}

const PAGE_BYTES = 4_096;

/** Its transaction ended and nothing of it was kept. */
const NOT_KEPT: Outcome = {
  rows: [],
  changes: 0,
  failure: { code: "io_failed", message: "the leader could not commit it" },
  ms: 0,
};

/** Resolves when the own node has applied all that its cluster had committed. @throws AppError `database_unusable`. */
async function nodeReady(rqlite: Rqlite, patienceMs: number): Promise<void> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const ready = await rqlite
      .ask(rqlite.own, "/readyz?sync&timeout=2s", { method: "GET", ms: 3_000 })
      .catch(() => undefined);
    if (ready?.status === 200) return;
    if (performance.now() > end) {
      const detail = `rqlite at ${rqlite.own} is not ready: ${ready?.text.trim() ?? "it does not answer"}`;
      throw new AppError("database_unusable", { detail });
    }
    await delay(100);
  }
}

/** @throws AppError `database_unusable` if the cluster is empty. */
async function positionOf(rqlite: Rqlite): Promise<Position> {
  const { rows } = await rqlite.query(POSITION_SQL, 3_000).catch((cause) => {
    if (cause instanceof AppError && cause.code === "writer_lost") throw cause;
    return { rows: [] };
  });
  const [epoch, seq] = (rows[0] ?? []) as number[];
  if (epoch !== undefined && seq !== undefined) return { epoch, seq };
  const detail = `the cluster at ${rqlite.own} holds no database of this server`;
  throw new AppError("database_unusable", { detail: `${detail}: load one with \`chinook cluster join\`` });
}

async function followerOf(
  { settings, log, onChange, whileReadersClosed, metrics }: ClusterStorageOptions,
  rqlite: Rqlite,
  position: Position,
): Promise<Follower> {
  const file = settings.database;
  try {
    const follower = Follower.open({
      ...{ file, log, whileReadersClosed },
      onChange: (change) => {
        onChange(change?.tags ?? ["*"]);
        if (change !== undefined)
          metrics.clusterAge.observe(Math.max(0, Date.now() - Date.parse(change.at)) / 1_000);
      },
      nodeReady: () => nodeReady(rqlite, START_MS),
    });
    if (await follower.reached(position, START_MS)) return follower;
    await follower.close();
  } catch (cause) {
    throw notTheFile(file, rqlite, cause);
  }
  throw notTheFile(file, rqlite);
}

const notTheFile = (file: string, { own }: Rqlite, cause?: unknown) =>
  new AppError("database_unusable", {
    detail: `${file} is not the file of the rqlite node ${own}, the first of CHINOOK_WRITER`,
    cause,
  });
