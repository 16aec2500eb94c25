import type { Connection } from "../../shared/database/sqlite.ts";

/** Counting stops at this number of rows. */
const COUNTED = 1_000_000;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The tables of a schema, with columns and approximate numbers of rows. */
export class Tables {
  readonly #db: Connection;
  readonly #rows = new Map<string, number | null>();
  /** By their name in lower case. */
  readonly columns: ReadonlyMap<string, readonly string[]>;

  constructor(db: Connection) {
    this.#db = db;
    const sql = `SELECT lower(t.name) AS tbl, c.name FROM pragma_table_list t, pragma_table_info(t.name) c
      WHERE t.schema = 'main' AND t.type = 'table'`;
    const columns = new Map<string, string[]>();
    for (const { tbl, name } of db.prepare<[], { tbl: string; name: string }>(sql).all()) {
      const known = columns.get(tbl);
      if (known === undefined) columns.set(tbl, [name]);
      else known.push(name);
    }
    this.columns = columns;
  }

  /** From the planner's statistics, or counted if there are none. Null if it is no table with rows. */
  rows(table: string): number | null {
    const known = this.#rows.get(table);
    if (known !== undefined) return known;
    const rows = this.columns.has(table) ? (this.#analysed(table) ?? this.#count(table)) : null;
    this.#rows.set(table, rows);
    return rows;
  }

  #analysed(table: string): number | undefined {
    try {
      const sql = "SELECT CAST(stat AS INTEGER) FROM sqlite_stat1 WHERE tbl = ? AND idx IS NOT NULL LIMIT 1";
      return this.#db.prepare<[string], number>(sql).pluck().get(table);
    } catch {
      return undefined;
    }
  }

  #count(table: string): number | null {
    try {
      const sql = `SELECT count(*) FROM (SELECT 1 FROM ${quoted(table)} LIMIT ${COUNTED})`;
      return this.#db.prepare<[], number>(sql).pluck().get() ?? null;
    } catch {
      return null;
    }
  }

  /** The column that is an alias of the rowid. */
  rowid(table: string): string | undefined {
    const sql = `SELECT name FROM pragma_table_info(?) WHERE pk = 1 AND type = 'INTEGER' COLLATE NOCASE
      AND (SELECT count(*) FROM pragma_table_info(?) WHERE pk > 0) = 1`;
    return this.#db.prepare<[string, string], string>(sql).pluck().get(table, table);
  }
}
