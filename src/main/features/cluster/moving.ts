import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { WriterLock } from "../../../shared/database/lock.ts";
import { type Connection, loadVectors, openForReading } from "../../../shared/database/sqlite.ts";
import { AppError } from "../../../shared/errors.ts";
import { ClusterLoading } from "../../engine/cluster/loading.ts";
import { NOWHERE, type Position } from "../../engine/cluster/position.ts";

/** Milliseconds until every node must have what was loaded. */
const SPREAD_MS = 60_000;

export interface Moved {
  readonly tables: number;
  readonly rows: number;
  /** SHA-256 over every row of every table. */
  readonly sha256: string;
}

export interface Joined extends Moved {
  readonly epoch: number;
  /** Nodes whose own copy was read back and compared. */
  readonly nodes: readonly string[];
}

/**
 * Loads a database of one machine into a cluster, then reads every node's own copy back and compares it.
 *
 * @param replace whether a database that the cluster holds may go.
 * @throws AppError `locked` if a server holds the file; `import_refused` if the cluster holds a database, or a node got
 * another content.
 */
export async function joinCluster(file: string, writer: string, replace: boolean): Promise<Joined> {
  const loading = new ClusterLoading(writer);
  using folder = workingFolder(dirname(file));
  try {
    const held = await loading.position();
    if (held !== NOWHERE && !replace)
      throw new AppError("import_refused", { detail: "the cluster holds a database: --replace gives it up" });
    const copy = join(folder.path, "join.sqlite");
    const position = { epoch: held.epoch + 1, seq: 1 };
    const moved = await prepared(file, copy, position);
    await loading.load(copy);
    await loading.everywhere(position, SPREAD_MS);
    const nodes = (await loading.states()).map(({ node }) => node);
    for (const node of nodes) await compared(loading, node, moved, folder.path);
    return { ...moved, epoch: position.epoch, nodes };
  } finally {
    loading.close();
  }
}

/** A checkpointed copy with the cluster's row, which tells it from a database of one machine. */
async function prepared(file: string, copy: string, { epoch, seq }: Position): Promise<Moved> {
  const lock = new WriterLock(file);
  try {
    using source = { db: openForReading(file), [Symbol.dispose]: () => source.db.close() };
    await source.db.backup(copy);
  } finally {
    lock.release();
  }
  const db = openCopy(copy);
  try {
    if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'cluster_commits'").get() === undefined)
      throw new AppError("import_refused", {
        detail: `${file} is of an older release: run \`chinook migrate up\``,
      });
    forget(db);
    db.prepare("INSERT INTO cluster_commits VALUES (1, @epoch, @seq, @at)").run({
      ...{ epoch, seq },
      at: new Date().toISOString(),
    });
    db.pragma("journal_mode = WAL");
    db.pragma("wal_checkpoint(TRUNCATE)");
    return contentOf(db);
  } finally {
    db.close();
  }
}

/** A backup of the leader without what belongs to the cluster, as a database of one machine. */
export async function exportTo(file: string, writer: string): Promise<Moved> {
  if (existsSync(file)) throw new AppError("usage", { detail: `${file} exists` });
  const loading = new ClusterLoading(writer);
  using folder = workingFolder(dirname(file));
  try {
    const copy = join(folder.path, "export.sqlite");
    await loading.backup(copy);
    const db = openCopy(copy);
    const before = contentOf(db);
    forget(db);
    const damage = db.pragma("integrity_check(1)", { simple: true });
    db.close();
    if (damage !== "ok") throw new AppError("backup_damaged", { detail: String(damage) });
    renameSync(copy, file);
    return before;
  } finally {
    loading.close();
  }
}

const OF_CLUSTER = ["cluster_commits", "cluster_changes", "cluster_writers", "cluster_applied"];

function forget(db: Connection): void {
  for (const table of OF_CLUSTER) db.exec(`DELETE FROM ${table}`);
}

async function compared(
  loading: ClusterLoading,
  node: string,
  expected: Moved,
  folder: string,
): Promise<void> {
  const copy = join(folder, "node.sqlite");
  await loading.backup(copy, node);
  const db = openCopy(copy);
  const found = contentOf(db);
  db.close();
  for (const part of ["", "-wal", "-shm"]) rmSync(copy + part, { force: true });
  if (found.sha256 === expected.sha256) return;
  throw new AppError("import_refused", {
    detail: `${node} holds ${found.rows} rows of ${found.tables} tables, expected ${expected.rows} of ${expected.tables}`,
  });
}

/** Of every table, those of indexes included; not of what SQLite and the cluster keep for themselves. */
export function contentOf(db: Connection): Moved {
  const names = db
    .prepare<[], string>(
      `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
    )
    .pluck()
    .all()
    .filter((name) => !OF_CLUSTER.includes(name));
  const hash = createHash("sha256");
  let rows = 0;
  for (const name of names) {
    hash.update(`\n${name}\n`);
    for (const row of db.prepare<[], unknown[]>(`SELECT * FROM "${name}"`).raw().safeIntegers().iterate()) {
      hash.update(JSON.stringify(row, asText));
      rows++;
    }
  }
  return { tables: names.length, rows, sha256: hash.digest("hex") };
}

const asText = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? `${value}` : value instanceof Buffer ? value.toString("base64") : value;

function openCopy(file: string): Connection {
  const db = new Database(file, { fileMustExist: true });
  loadVectors(db);
  return db;
}

/** Beside the file, so that a result is moved into place in one step. */
function workingFolder(beside: string): { readonly path: string } & Disposable {
  if (statSync(beside, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new AppError("database_unusable", { detail: `${beside} is no folder` });
  const path = mkdtempSync(join(beside, ".cluster-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
