import type { Tables } from "./tables.ts";
import { aliasesOf, isName, tokensOf } from "./tokens.ts";

/** An index that may help a statement. */
export interface Candidate {
  readonly table: string;
  /** Columns, or expressions of one column. */
  readonly columns: readonly string[];
}

/** How the columns of one table are used. */
interface Uses {
  readonly equal: Set<string>;
  readonly range: Set<string>;
  /** In the order of an ORDER BY or GROUP BY. */
  readonly order: string[];
}

const EQUAL = new Set(["=", "==", "is", "in"]);
const RANGE = new Set(["<", ">", "<=", ">=", "between", "glob"]);
const ORDER_ENDS = new Set([
  ")",
  "limit",
  ";",
  "union",
  "except",
  "intersect",
  "having",
  "window",
  "order",
  "where",
]);
/** Maximum candidates per table. */
const MAX_EACH = 12;

/**
 * Possible indexes, derived from the conditions and the order of a statement. They need not be right, since
 * each is tried: an SQL parser would find little more.
 */
export function candidatesOf(
  sql: string,
  tables: Tables,
  wanted: (name: string, ordered: boolean) => boolean,
): Candidate[] {
  const found = [...usesOf(tokensOf(sql), tables)].flatMap(([name, { table, uses }]) =>
    wanted(name, uses.order.length > 0) ? combine(table, uses, tables.rowid(table)) : [],
  );
  return [...new Map(found.map((candidate) => [keyOf(candidate), candidate])).values()];
}

export const keyOf = ({ table, columns }: Candidate): string =>
  `${table}(${columns.join(", ")})`.toLowerCase();

function combine(table: string, { equal, range, order }: Uses, rowid: string | undefined): Candidate[] {
  const equals = [...equal];
  // Simplest first, so that the limit never drops them.
  const lists = [
    ...(order.length > 0 ? [order] : []),
    ...equals.map((column) => [column]),
    ...[...range].map((column) => [column]),
    ...equals.flatMap((column) => (order.length > 0 ? [[column, ...order]] : [])),
    ...(equals.length > 1 ? [equals] : []),
    ...(equals.length > 1 && order.length > 0 ? [[...equals, ...order]] : []),
    ...[...range].flatMap((column) => (equals.length > 0 ? [[...equals, column]] : [])),
  ];
  return lists
    .map((columns) => withoutRowid([...new Set(columns)], rowid))
    .filter((columns) => columns.length > 0 && columns.length <= 4)
    .slice(0, MAX_EACH)
    .map((columns) => ({ table, columns }));
}

/** Every index ends in the rowid; one that begins with it is useless. */
function withoutRowid(columns: readonly string[], rowid: string | undefined): readonly string[] {
  const at = rowid === undefined ? -1 : columns.indexOf(rowid);
  return at === -1 ? columns : columns.slice(0, at);
}

function usesOf(tokens: readonly string[], tables: Tables) {
  const aliases = aliasesOf(tokens, tables);
  const all = new Map<string, { readonly table: string; readonly uses: Uses }>();
  let ordering = false;
  let depth = 0;
  for (let i = 0; i < tokens.length; i++) {
    const word = tokens[i]!.toLowerCase();
    if (word === "by" && /^(order|group)$/i.test(tokens[i - 1] ?? "")) [ordering, depth] = [true, 0];
    else if (ordering && word === "(") depth++;
    else if (ordering && word === ")" && depth > 0) depth--;
    else if (ordering && depth === 0 && ORDER_ENDS.has(word)) ordering = false;
    const named = columnAt(tokens, i, aliases, tables);
    if (named === undefined) continue;
    const { alias, table, end } = named;
    const known = all.get(alias) ?? { table, uses: { equal: new Set(), range: new Set(), order: [] } };
    all.set(alias, known);
    note(known.uses, termAround(tokens, i, end, named.column), ordering);
    i = end;
  }
  return all;
}

interface Named {
  readonly alias: string;
  readonly table: string;
  readonly column: string;
  /** Index of its last token. */
  readonly end: number;
}

function columnAt(
  tokens: readonly string[],
  i: number,
  aliases: ReadonlyMap<string, string>,
  { columns }: Tables,
): Named | undefined {
  const token = tokens[i]!;
  if (!isName(token) || tokens[i - 1] === "." || tokens[i + 1] === "(") return undefined;
  if (tokens[i + 1] === ".") {
    const alias = token.toLowerCase();
    const table = aliases.get(alias);
    const column =
      table && columns.get(table)!.find((name) => name.toLowerCase() === tokens[i + 2]?.toLowerCase());
    return column === undefined ? undefined : { alias, table: table!, column, end: i + 2 };
  }
  const of = [...aliases].flatMap(([alias, table]) =>
    columns
      .get(table)!
      .filter((name) => name.toLowerCase() === token.toLowerCase())
      .map((column) => ({ alias, table, column, end: i })),
  );
  return of.length === 1 ? of[0] : undefined;
}

interface Term {
  /** As it would be written in an index. */
  readonly text: string;
  readonly before: string;
  readonly after: string;
}

/** The column as an index needs it: with its collation, or `coalesce` with a constant. */
function termAround(tokens: readonly string[], start: number, end: number, column: string): Term {
  let [from, to, text] = [start, end, column];
  if (
    tokens[start - 1] === "(" &&
    /^(coalesce|ifnull|lower|upper|substr|date)$/i.test(tokens[start - 2] ?? "")
  ) {
    const close = tokens.indexOf(")", end);
    const inside = tokens.slice(end + 1, close);
    if (close !== -1 && inside.every((token) => /^(,|\d+|'.*')$/s.test(token)))
      [from, to, text] = [start - 2, close, `${tokens[start - 2]}(${column}${inside.join("")})`];
  }
  if (tokens[to + 1]?.toLowerCase() === "collate") {
    text = `${text} COLLATE ${tokens[to + 2]}`;
    to += 2;
  }
  const hidden =
    tokens[from - 1] === "+" && /^(where|and|or|on|\(|by|,|=|<|>)$/i.test(tokens[from - 2] ?? "");
  return {
    text: hidden ? "" : text,
    before: tokens[from - 1]?.toLowerCase() ?? "",
    after: comparisonAfter(tokens, to),
  };
}

/** Also of a row of values: `(a, b) > (…)`. */
function comparisonAfter(tokens: readonly string[], at: number): string {
  let i = at + 1;
  if (tokens[i] === "," || tokens[i] === ")") {
    while (tokens[i] === "," || tokens[i] === "." || (isName(tokens[i]) && tokens[i - 1] !== ")")) i++;
    if (tokens[i] !== ")") return "";
    i++;
    return RANGE.has(tokens[i] ?? "") ? tokens[i]! : "";
  }
  return tokens[i]?.toLowerCase() ?? "";
}

function note({ equal, range, order }: Uses, { text, before, after }: Term, ordering: boolean): void {
  if (text === "") return;
  if (ordering) {
    if (!order.includes(text)) order.push(text);
  } else if (EQUAL.has(after) || EQUAL.has(before)) equal.add(text);
  else if (RANGE.has(after) || RANGE.has(before)) range.add(text);
}
