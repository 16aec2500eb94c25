import type Database from "better-sqlite3";
import { UPSTREAM, type UpstreamTable } from "./mapping.ts";
import { SourceRow } from "./row.ts";

/** A table as it is in the file: the names to select by, and the wrapper of its rows. */
export interface Source {
  readonly table: UpstreamTable;
  readonly name: string;
  readonly columns: readonly string[];
  row(values: readonly unknown[]): SourceRow;
}

/**
 * Finds a table and its columns under any of the usual spellings: `MediaType`, `media_type`, `MediaTypes` and
 * `media_types` are equal without case, underscores and plural.
 */
export function resolveTable(db: Database.Database, table: UpstreamTable): Source {
  const { name: wanted, columns } = UPSTREAM[table];
  const names = tableNames(db);
  const name = find(names, wanted);
  if (name === undefined) throw missing(`a table ${wanted}`, names, "an empty schema");
  const given = db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(name);
  const resolved = columns.map((column) => {
    const found = find(given, column);
    if (found === undefined) throw missing(`a column ${column} in table ${name}`, given, "no columns");
    return found;
  });
  return { table, name, columns: resolved, row: (values) => new SourceRow(name, columns, values) };
}

/** Ordinary tables only: a view or a virtual table could generate endless rows. */
function tableNames(db: Database.Database): string[] {
  const select = `SELECT s.name FROM sqlite_schema s JOIN pragma_table_list t ON t.name = s.name AND t.schema = 'main'
    WHERE t.type = 'table' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY s.rowid`;
  return db.prepare<[], string>(select).pluck().all();
}

function find(names: readonly string[], wanted: string): string | undefined {
  return names.find((name) => normal(name) === normal(wanted));
}

const normal = (name: string): string => name.toLowerCase().replaceAll("_", "").replace(/s$/, "");

function missing(expected: string, found: readonly string[], nothing: string): Error {
  const shown = found.slice(0, 20).join(", ") + (found.length > 20 ? ", …" : "");
  return new Error(`expected ${expected}, found ${found.length === 0 ? nothing : shown}`);
}
