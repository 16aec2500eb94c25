import { existsSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { AppError } from "../../shared/errors.ts";
import { type BulkTable, CHUNK_ROWS, type Chunk, type Value } from "../../shared/tables.ts";
import { UPSTREAM, type UpstreamTable } from "./upstream/mapping.ts";
import { resolveTable, type Source } from "./upstream/names.ts";
import { parentsFirst } from "./upstream/order.ts";
import { MAX_VALUE_BYTES } from "./upstream/row.ts";

export type UpstreamCounts = Readonly<Record<UpstreamTable, number>>;

/**
 * An open upstream Chinook database. `chunks` yields every row in the order of `BULK_TABLES` (without plays:
 * upstream has none), converted to our columns. Each call starts over. A value of the wrong type ends it with an
 * error that names table, row and column. Close it when done; closing is idempotent.
 */
export interface UpstreamCatalogue {
  readonly counts: UpstreamCounts;
  readonly totalRows: number;
  chunks(): Generator<Chunk>;
  close(): void;
}

const HINT =
  "Expected one of the Chinook SQLite files, such as Chinook_Sqlite.sqlite of github.com/lerocha/chinook-database.";
const TABLES = Object.keys(UPSTREAM) as UpstreamTable[];

/**
 * Opens a Chinook file with either naming, `MediaType.MediaTypeId` or `media_type.media_type_id`.
 *
 * @param now `created_at` and `updated_at` of every row: upstream has neither
 * @throws AppError `import_unreadable` with what was expected, what was found and what to do
 */
export function openUpstream(file: string, now: Date): UpstreamCatalogue {
  checkFile(file);
  const db = openReadOnly(file);
  try {
    return catalogueOf(db, file, now.toISOString());
  } catch (error) {
    db.close();
    throw unreadable(file, error);
  }
}

function catalogueOf(db: Database.Database, file: string, now: string): UpstreamCatalogue {
  const sources = TABLES.map((table) => resolveTable(db, table));
  const counts = Object.fromEntries(sources.map((source) => [source.table, countRows(db, source)]));
  return {
    counts: counts as UpstreamCounts,
    totalRows: Object.values(counts).reduce((sum, count) => sum + count, 0),
    *chunks() {
      try {
        for (const source of sources) yield* inChunks(source.table, rowsOf(db, source, now));
      } catch (error) {
        throw unreadable(file, error);
      }
    },
    close: () => void db.close(),
  };
}

/** SQLite's own messages for these cases ("unable to open database file") say too little. */
function checkFile(file: string): void {
  if (!existsSync(file)) {
    throw problem(file, "there is no such file. Check the path, or download a Chinook file first.");
  }
  const found = statSync(file);
  if (found.isDirectory()) throw problem(file, "it is a directory. Name the SQLite file inside it.");
  if (found.size === 0) throw problem(file, "the file is empty. Download it again.");
}

function openReadOnly(file: string): Database.Database {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true });
    return db;
  } catch (error) {
    throw unreadable(file, error);
  }
}

function countRows(db: Database.Database, { name }: Source): number {
  return db
    .prepare<[], number>(`SELECT count(*) FROM ${quoted(name)}`)
    .pluck()
    .get()!;
}

/** Converted rows of one table by id. Employees come after their managers. */
function* rowsOf(db: Database.Database, source: Source, now: string): Generator<readonly Value[]> {
  const { convert } = UPSTREAM[source.table];
  const columns = source.columns.map((column) => readable(quoted(column))).join(", ");
  const select = `SELECT ${columns} FROM ${quoted(source.name)} ORDER BY ${quoted(source.columns[0]!)}, ${quoted(source.columns[1]!)}`;
  const raw = db.prepare<[], Value[]>(select).raw().iterate();
  if (source.table !== "employees") {
    for (const values of raw) yield convert(source.row(values), now);
    return;
  }
  yield* parentsFirst(Array.from(raw, (values) => convert(source.row(values), now)));
}

/** A huge value is not read only to be refused: its first bytes, one more than the limit, represent it. */
const readable = (column: string): string =>
  `iif(octet_length(${column}) > ${MAX_VALUE_BYTES}, zeroblob(${MAX_VALUE_BYTES + 1}), ${column})`;

function* inChunks(table: BulkTable, source: Iterable<readonly Value[]>): Generator<Chunk> {
  let rows: (readonly Value[])[] = [];
  for (const row of source) {
    rows.push(row);
    if (rows.length === CHUNK_ROWS) {
      yield { table, rows };
      rows = [];
    }
  }
  if (rows.length > 0) yield { table, rows };
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function unreadable(file: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Database.SqliteError) {
    const notADatabase = error.code === "SQLITE_NOTADB";
    const found = notADatabase
      ? "it is not a SQLite database"
      : `SQLite says "${error.message}" (${error.code})`;
    return problem(file, `${found}. ${HINT}`, error);
  }
  return problem(file, `${error instanceof Error ? error.message : String(error)}. ${HINT}`, error);
}

function problem(file: string, detail: string, cause?: unknown): AppError {
  return new AppError("import_unreadable", { detail: `Cannot import ${file}: ${detail}`, cause });
}
