import type { Param, Statement } from "../../../shared/protocol.ts";

/** A literal, a quoted name or a comment, which are skipped; or a parameter. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|@(\w+)/g;

const MOST_KEPT = 1_024;
const known = new Map<string, readonly string[]>();

/**
 * The parameters of a statement, in the order of their numbers: SQLite numbers a name at its first occurrence. rqlite
 * binds by number, and gives each statement of a text its share of one list.
 */
export function namesIn(sql: string): readonly string[] {
  const found = known.get(sql);
  if (found !== undefined) return found;
  const names = [...new Set([...sql.matchAll(TOKEN)].flatMap(([, name]) => name ?? []))];
  if (known.size >= MOST_KEPT) known.clear();
  known.set(sql, names);
  return names;
}

/** Replaces parameters by expressions. `undefined` leaves one as it is. */
export const replaceNames = (sql: string, expressionOf: (name: string) => string | undefined): string =>
  sql.replace(TOKEN, (token, name?: string) => (name === undefined ? token : (expressionOf(name) ?? token)));

/** Several statements as one text, which ends at the first that fails. */
export class SqlText {
  #sql = "";
  readonly #params: Param[] = [];

  add({ sql, params }: Pick<Statement, "sql" | "params">): this {
    this.#sql += `${sql}\n;`;
    for (const name of namesIn(sql)) this.#params.push(params[name] ?? null);
    return this;
  }

  run(sql: string, params: Readonly<Record<string, Param>> = {}): this {
    return this.add({ sql, params });
  }

  /** As an item of a request: `["SQL", value, …]`. */
  toJson(): string {
    return `[${[JSON.stringify(this.#sql), ...this.#params.map(literalOf)].join(",")}]`;
  }
}

/** Numbers are bound as REAL, as by better-sqlite3: rqlite takes one without a point for an INTEGER. */
function literalOf(value: Param): string {
  const text = JSON.stringify(value);
  return typeof value === "number" && /^-?\d+$/.test(text) ? `${text}.0` : text;
}
