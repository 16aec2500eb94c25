import type { Connection } from "../../shared/database/sqlite.ts";

/** Rows are counted no further than this. */
const COUNTED = 1_000_000;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The tables of a schema with their columns, and about how many rows they have. */
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

  /** By the planner's statistics, or counted where it has none. Null for what is no table of rows. */
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

  /** The column that is the rowid by another name. */
  rowid(table: string): string | undefined {
    const sql = `SELECT name FROM pragma_table_info(?) WHERE pk = 1 AND type = 'INTEGER' COLLATE NOCASE
      AND (SELECT count(*) FROM pragma_table_info(?) WHERE pk > 0) = 1`;
    return this.#db.prepare<[string, string], string>(sql).pluck().get(table, table);
  }
}
