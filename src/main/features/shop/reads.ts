import { z } from "zod";
import type { Param } from "../../../shared/protocol.ts";
import { decodeCursor, type PageParams, pageOf } from "../../engine/reads/page.ts";
import { inTime, QUERIES, type Read, read } from "../../engine/reads/read.ts";
import { keptTexts } from "../../engine/reads/texts.ts";
import { cursorText, idText, limitText, pageParameters, totalText } from "../../http/fields.ts";
import type { Filter } from "../../model/filters.ts";
import { idParameter, jsonOf, LINE_JSON, SHOP_KINDS, type ShopKind } from "./kinds.ts";

export interface EntityParams {
  readonly id: number;
}

export interface ListParams extends PageParams {
  readonly total: "0" | "1";
  /** Filters by name of their parameter. */
  readonly [filter: string]: string | number | undefined;
}

const entity = (kind: ShopKind): Read<EntityParams> =>
  read({
    name: `${kind.path}.get`,
    lane: "point",
    params: idParameter as unknown as z.ZodType<EntityParams>,
    statement: ({ id }) => ({
      sql: `SELECT ${jsonOf(kind)}, NULL, NULL FROM ${kind.path} t WHERE t.id = likely(@id)`,
      params: { id },
    }),
    cache: { ...QUERIES, tags: ({ id }) => [`${kind.path}:${id}`], joins: [] },
  });

function listParams(kind: ShopKind): z.ZodType<ListParams> {
  const filters = kind.filters.flatMap(({ parameters }) =>
    Object.entries(parameters).map(([name, schema]) => [name, schema.optional()] as const),
  );
  const sorts = Object.keys(kind.sorts).flatMap((name) => [name, `-${name}`]);
  return z.strictObject({
    limit: limitText,
    cursor: cursorText,
    sort: z.enum(sorts).default("id").meta({ description: "A leading minus sorts downwards." }),
    total: totalText,
    ...Object.fromEntries(filters),
  }) as unknown as z.ZodType<ListParams>;
}

const givenFilters = (kind: ShopKind, params: ListParams): readonly Filter[] =>
  kind.filters.filter(({ parameters }) => Object.keys(parameters).some((name) => params[name] !== undefined));

const driverOf = (kind: ShopKind, params: ListParams): Filter | undefined =>
  givenFilters(kind, params).find(({ drives }) => drives);

const nameOf = (sort: string): string => sort.replace("-", "");

/** Whether the sort's index lacks a filter's column, so that few of many scanned rows may match. */
const walks = (kind: ShopKind, params: ListParams): boolean =>
  driverOf(kind, params) === undefined &&
  givenFilters(kind, params).some(({ sort }) => sort !== nameOf(params.sort));

/**
 * The first filter that can drive the query finds few rows, which are then sorted; a unary plus hides the
 * other columns from the planner. Without such a filter, the sort's index is scanned, or searched for a range
 * of the sort's column.
 */
function conditionsOf(kind: ShopKind, params: ListParams): string[] {
  const driver = driverOf(kind, params);
  const served = (filter: Filter) =>
    filter === driver || (driver === undefined && filter.sort === nameOf(params.sort));
  const filters = givenFilters(kind, params).map((filter) =>
    filter.condition((served(filter) ? "" : "+") + filter.column),
  );
  return filters.length === 0 ? [] : [...filters, inTime("t.id")];
}

function keyset(column: string, few: boolean, params: ListParams): { where: string[]; by: string } {
  const [past, direction] = params.sort.startsWith("-") ? ["<", " DESC"] : [">", ""];
  const plus = few ? "+" : "";
  if (column === "t.id")
    return { where: [`${plus}t.id ${past} likely(@after_id)`], by: `${plus}t.id${direction}` };
  const pair = `(${plus}${column}, ${plus}t.id) ${past} (likely(@after_key), likely(@after_id))`;
  return {
    where: params.cursor === undefined ? [] : [pair],
    by: `${plus}${column}${direction}, ${plus}t.id${direction}`,
  };
}

function pageSql(kind: ShopKind, params: ListParams): string {
  const column = kind.sorts[nameOf(params.sort)]!;
  const filters = conditionsOf(kind, params);
  const { where, by } = keyset(column, driverOf(kind, params) !== undefined, params);
  const all = (conditions: readonly string[]) =>
    conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const items = `SELECT ${jsonOf(kind)} AS item, ${column} AS sort_key, t.id AS sort_id
    FROM ${kind.path} t ${all([...filters, ...where])} ORDER BY ${by} LIMIT @limit + 1`;
  const total = `SELECT count(*) FROM ${kind.path} t ${all(filters)}`;
  return pageOf(items, "", params.total === "1" ? total : undefined);
}

function valuesOf(kind: ShopKind, params: ListParams): Record<string, Param> {
  const after = decodeCursor(params);
  const down = params.sort.startsWith("-");
  const start = nameOf(params.sort) === "id" ? { after_id: down ? Number.MAX_SAFE_INTEGER : 0 } : {};
  const filters = givenFilters(kind, params).flatMap(({ parameters, open = {} }) =>
    Object.keys(parameters).map((name) => [name, params[name] ?? open[name]!] as const),
  );
  return {
    ...Object.fromEntries(filters),
    ...(after === undefined ? start : { after_key: after[0], after_id: after[1] }),
    limit: params.limit,
    sort: params.sort,
  };
}

function list(kind: ShopKind): Read<ListParams> {
  const kept = keptTexts();
  return read({
    name: `${kind.path}.list`,
    lane: "point",
    params: listParams(kind),
    statement: (params) => {
      const filters = givenFilters(kind, params).flatMap(({ parameters }) => Object.keys(parameters));
      const shape = [params.sort, params.cursor === undefined, params.total, ...filters].join(" ");
      return { sql: kept(shape, () => pageSql(kind, params)), params: valuesOf(kind, params) };
    },
    cache: { ...QUERIES, tags: () => [kind.path], joins: [] },
  });
}

/**
 * The same list for the scan lane, if it may read many rows: with a count, or with a filter that the sort's
 * index lacks.
 */
const scanned = (kind: ShopKind): Read<ListParams> =>
  read({ ...list(kind), name: `${kind.path}.list_scanned`, lane: "scan" });

const readsOf = (kind: ShopKind) => ({ entity: entity(kind), list: list(kind), scanned: scanned(kind) });

export const SHOP_READS = {
  customers: readsOf(SHOP_KINDS.customers),
  employees: readsOf(SHOP_KINDS.employees),
  invoices: readsOf(SHOP_KINDS.invoices),
} as const;

/** Selects the list's read by its parameters. */
export function listRead(kind: ShopKind, params: ListParams): Read<ListParams> {
  const { list, scanned } = SHOP_READS[kind.path];
  return params.total === "1" || walks(kind, params) ? scanned : list;
}

interface LinesParams extends EntityParams, PageParams {}

/** The lines of one invoice; no row if the invoice does not exist. */
export const LINES_READ: Read<LinesParams> = read({
  name: "invoices.lines",
  lane: "point",
  params: z.strictObject({
    id: idText,
    ...pageParameters("id"),
  }) as unknown as z.ZodType<LinesParams>,
  statement: (params) => ({
    sql: pageOf(
      `SELECT ${LINE_JSON} AS item, l.id AS sort_key, l.id AS sort_id
       FROM invoice_lines l CROSS JOIN tracks t ON t.id = l.track_id
       WHERE l.invoice_id = likely(@id) AND l.id > likely(@after_id) ORDER BY l.id LIMIT @limit + 1`,
      "WHERE EXISTS (SELECT 1 FROM invoices WHERE id = likely(@id))",
    ),
    params: {
      id: params.id,
      limit: params.limit,
      sort: params.sort,
      after_id: decodeCursor(params)?.[1] ?? 0,
    },
  }),
  cache: { ...QUERIES, tags: ({ id }) => [`invoices:${id}`, "tracks"], joins: [] },
});

/** `{"customer_id"}` of a user; null if the user is no customer. */
export const CUSTOMER_OF_READ: Read<{ readonly user: number }> = read({
  name: "customers.of_user",
  lane: "point",
  params: z.strictObject({ user: z.int() }),
  statement: ({ user }) => ({
    sql: `SELECT json_object('customer_id', customer_id), NULL, NULL FROM users
      WHERE id = likely(@user) AND status = 'active'`,
    params: { user },
  }),
  cache: { ...QUERIES, tags: ({ user }) => [`accounts:${user}`, "customers"], joins: [] },
});
