import type { DatabaseSize, IndexFacts, TableSize } from "../../shared/advice.ts";
import type { Connection } from "../../shared/database/sqlite.ts";
import { indexesIn, planOf } from "./plans.ts";
import { Tables } from "./tables.ts";

interface Btree {
  readonly name: string;
  readonly bytes: number;
  readonly unused: number;
  readonly pages: number;
  readonly jumps: number;
}

/** Fill ratio of pages after a VACUUM. */
const FILLED = 0.97;

/** Reads every page, so run it where nobody waits for it. */
function btreesOf(db: Connection): Map<string, Btree> {
  const sql = `SELECT name, sum(pgsize) AS bytes, sum(unused) AS unused, count(*) AS pages,
      sum(pageno <> before + 1) AS jumps
    FROM (SELECT name, pgsize, unused, pageno, lag(pageno) OVER (PARTITION BY name ORDER BY path) AS before FROM dbstat)
    GROUP BY name`;
  return new Map(
    db
      .prepare<[], Btree>(sql)
      .all()
      .map((btree) => [btree.name, btree]),
  );
}

const number = (db: Connection, pragma: string): number => db.pragma(pragma, { simple: true }) as number;

export function databaseSize(db: Connection): DatabaseSize {
  const btrees = btreesOf(db);
  const pageBytes = number(db, "page_size");
  const free_bytes = number(db, "freelist_count") * pageBytes;
  const all = [...btrees.values()];
  const closed = all.reduce((sum, { bytes, unused }) => sum + Math.max(0, unused - (1 - FILLED) * bytes), 0);
  return {
    bytes: number(db, "page_count") * pageBytes,
    free_bytes,
    vacuum_bytes: free_bytes + Math.floor(closed / pageBytes) * pageBytes,
    tables: tableSizes(db, btrees),
  };
}

function tableSizes(db: Connection, btrees: ReadonlyMap<string, Btree>): TableSize[] {
  const tables = new Tables(db);
  const names = db
    .prepare<[], { name: string; tbl: string }>(
      "SELECT name, tbl_name AS tbl FROM sqlite_schema WHERE rootpage > 0",
    )
    .all();
  const sizes = names
    .filter(({ name, tbl }) => name === tbl)
    .map(({ name }) => {
      const own = btrees.get(name);
      const indexes = names.filter(({ name: index, tbl }) => tbl === name && index !== name);
      return {
        name,
        rows: tables.rows(name.toLowerCase()),
        bytes: own?.bytes ?? 0,
        index_bytes: indexes.reduce((sum, index) => sum + (btrees.get(index.name)?.bytes ?? 0), 0),
        fragmentation: own === undefined || own.pages < 2 ? 0 : own.jumps / (own.pages - 1),
        unused_bytes: own?.unused ?? 0,
      };
    });
  return sizes.toSorted((a, b) => b.bytes + b.index_bytes - a.bytes - a.index_bytes);
}

interface IndexRow {
  readonly name: string;
  readonly tbl: string;
  readonly uniq: number;
  readonly origin: string;
  readonly partial: number;
  readonly columns: string;
}

const INDEXES = `SELECT l.name, t.name AS tbl, l."unique" AS uniq, l.origin, l.partial,
    (SELECT json_group_array(json_array(name, coll, "desc")) FROM (
      SELECT coalesce(x.name, '') AS name, x.coll, x."desc" FROM pragma_index_xinfo(l.name) x WHERE x.key ORDER BY x.seqno)) AS columns
  FROM pragma_table_list t, pragma_index_list(t.name) l
  WHERE t.schema = 'main' AND t.type = 'table'
  ORDER BY t.name, l.name`;

/** @param statements the known texts: an index unused by them may be used by others. */
export function indexFacts(db: Connection, statements: readonly string[]): IndexFacts[] {
  const tables = new Tables(db);
  const uses = new Map<string, number>();
  for (const sql of statements)
    for (const name of new Set(indexesIn(planOf(db, tables, sql)))) uses.set(name, (uses.get(name) ?? 0) + 1);
  const btrees = btreesOf(db);
  const rows = db.prepare<[], IndexRow>(INDEXES).all();
  return rows.map((row) => ({
    name: row.name,
    table: row.tbl,
    columns: columnsOf(row).map(([name]) => name || "(expression)"),
    unique: row.uniq === 1,
    partial: row.partial === 1,
    bytes: btrees.get(row.name)?.bytes ?? null,
    used_by: uses.get(row.name) ?? 0,
    needed_for: row.uniq === 1 ? "unique" : checksForeignKey(db, row) ? "foreign_key" : null,
    covered_by: rows.find((other) => covers(other, row))?.name ?? null,
  }));
}

type Column = readonly [name: string, collation: string, descending: number];

const columnsOf = ({ columns }: IndexRow): Column[] => JSON.parse(columns);

/**
 * Whether `long` begins with all of `short`, with the same properties. Expressions cannot be compared, so
 * they never match.
 */
function covers(long: IndexRow, short: IndexRow): boolean {
  if (
    long === short ||
    long.tbl !== short.tbl ||
    short.uniq === 1 ||
    long.partial === 1 ||
    short.partial === 1
  )
    return false;
  const [have, wanted] = [columnsOf(long), columnsOf(short)];
  // Of two identical ones the second is reported.
  if (have.length === wanted.length && long.name > short.name) return false;
  return wanted.every(([name, collation, descending], i) => {
    const [other, ...rest] = have[i] ?? [""];
    return name !== "" && name === other && collation === rest[0] && descending === rest[1];
  });
}

/** Deleting a row searches the referring columns for references to it. */
function checksForeignKey(db: Connection, row: IndexRow): boolean {
  const sql = `SELECT group_concat("from") FROM (SELECT id, "from" FROM pragma_foreign_key_list(?) ORDER BY id, seq) GROUP BY id`;
  const keys = db.prepare<[string], string>(sql).pluck().all(row.tbl);
  const columns = columnsOf(row).map(([name]) => name);
  return keys.some((key) => key.split(",").every((column, i) => columns[i] === column));
}
