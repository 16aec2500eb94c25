import { z } from "zod";
import type { Param } from "../../../shared/protocol.ts";
import { type After, decodeCursor, pageOf } from "../../engine/reads/page.ts";
import { inTime, QUERIES, type Read, read } from "../../engine/reads/read.ts";
import { keptTexts } from "../../engine/reads/texts.ts";
import { cursorText, idText, limitText, totalText } from "../../http/fields.ts";
import type { Filter } from "../../model/filters.ts";
import { ALL_KINDS, etagOf, jsonOf, KINDS, type Kind, type KindPath, type Walk } from "../../model/kinds.ts";
import { byIds, isByIds } from "./by-ids.ts";
import type { EntityParams, ListParams } from "./params.ts";

export interface KindReads {
  readonly entity: Read<EntityParams>;
  readonly list: Read<ListParams>;
  /** The list with a range that the sort knows nothing of. */
  readonly walked: Read<ListParams>;
  /** The list with `total`. */
  readonly counted: Read<ListParams>;
  /** The list of given ids, in their order. */
  readonly byIds: Read<ListParams>;
}

const entity = (kind: Kind): Read<EntityParams> => {
  const conditions = where(["t.id = likely(@id)", ...(kind.shown === undefined ? [] : [kind.shown.byId])]);
  const sql = `SELECT ${jsonOf(kind)}, ${etagOf(kind)}, ${kind.rowTags} FROM ${kind.from} ${conditions}`;
  return read({
    name: `${kind.path}.get`,
    lane: "point",
    params: z.strictObject({ id: idText }),
    statement: ({ id }) => ({ sql, params: { id } }),
    cache: { ...QUERIES, tags: ({ id }) => [`${kind.path}:${id}`], joins: kind.joins },
  });
};

export const sortText = (names: readonly string[], usual: string) =>
  z
    .enum(names.flatMap((name) => [name, `-${name}`]))
    .default(usual)
    .meta({ description: "A leading minus sorts downwards." });

/** The query parameters of a kind's list. */
export function listParams(kind: Kind): z.ZodType<ListParams> {
  const filters = kind.filters.flatMap(({ parameters }) =>
    Object.entries(parameters).map(([name, schema]) => [name, schema.optional()] as const),
  );
  return z.strictObject({
    limit: limitText,
    cursor: cursorText,
    sort: sortText(Object.keys(kind.sorts), kind.usual ?? "id"),
    total: totalText,
    ...Object.fromEntries(filters),
  }) as unknown as z.ZodType<ListParams>;
}

/**
 * A page of a kind, by keyset: the rows after the cursor in the sort's index, one more than asked for, so that
 * the last page is known without counting. The sort's column is followed by the id, which makes the order total.
 */
function list(kind: Kind): Read<ListParams> {
  return read({
    name: `${kind.path}.list`,
    lane: "point",
    params: listParams(kind),
    statement: listStatement(kind, false),
    cache: {
      ...QUERIES,
      tags: (params) => [kind.path, ...kind.joins, ...scanned(kind, params)],
      joins: [],
    },
  });
}

/**
 * A page of a range that the sort knows nothing of: of all that its index walks few may pass, so it runs where scans
 * keep nobody waiting.
 */
const walked = (kind: Kind): Read<ListParams> =>
  read({ ...list(kind), name: `${kind.path}.list_walked`, lane: "scan" });

/** A page and how many rows there are in all, in one statement, so of one snapshot: a scan, and on the lane of such. */
function counted(kind: Kind): Read<ListParams> {
  return read({
    ...list(kind),
    name: `${kind.path}.list_counted`,
    lane: "scan",
    statement: listStatement(kind, true),
  });
}

/** Cache tags of what the filters look through beside the list's own rows. */
const scanned = (kind: Kind, params: ListParams): string[] =>
  givenFilters(kind, params).flatMap(({ scans }) => scans ?? []);

/** Which of its reads answers a list that is asked for so. */
export function listRead(kind: Kind, params: ListParams): Read<ListParams> {
  const { list, walked, counted, byIds } = CATALOGUE_READS[kind.path];
  if (params.total === "1") return counted;
  if (isByIds(kind, params)) return byIds;
  if (scanned(kind, params).length > 0) return walked;
  const passesBy = givenFilters(kind, params).some(
    (filter) => (isRange(filter) || walkOf(kind, params) !== undefined) && !sortServes(kind, params, filter),
  );
  return !isDriven(kind, params) && (passesBy || sortsWithin(kind, params)) ? walked : list;
}

/** Whether a filter leaves few rows, to be sorted; otherwise an index is walked in the order of the sort. */
function isDriven(kind: Kind, params: ListParams): boolean {
  const driver = driverOf(kind, params);
  return driver !== undefined && !isSortedWithin(driver);
}

/** Where a list that is sorted by another entity's name stands in that order. */
const walkOf = (kind: Kind, params: ListParams): Walk | undefined =>
  isDriven(kind, params) ? undefined : kind.walks?.[nameOf(params.sort)];

/** Whether rows of one name are many and have to be sorted by their ids: an album's index knows no artist's name. */
const sortsWithin = (kind: Kind, params: ListParams): boolean => walkOf(kind, params)?.id === "t.id";

const totalOf = (kind: Kind, params: ListParams): string =>
  `SELECT count(*) FROM ${kind.table} t ${where([...listed(kind), ...filterConditions(kind, params)])}`;

const listed = ({ shown }: Kind): string[] => (shown === undefined ? [] : [shown.listed]);

/** Its text hangs on the sort, on which filters are given and on whether there is a cursor. */
function listStatement(kind: Kind, counted: boolean): Read<ListParams>["statement"] {
  const kept = keptTexts();
  return (params) => {
    const key = walkOf(kind, params) ?? { column: kind.sorts[nameOf(params.sort)]!, id: "t.id" };
    const order = orderOf(key, params, isDriven(kind, params));
    const filters = givenFilters(kind, params).map(({ parameters }) => Object.keys(parameters));
    const sql = kept([params.sort, params.cursor === undefined, ...filters].join(" "), () => {
      const conditions = [...listed(kind), ...filterConditions(kind, params)];
      const page = pageSql(kind, fromOf(kind, params), conditions, order);
      return pageOf(page, "", counted ? totalOf(kind, params) : undefined);
    });
    return { sql, params: { ...filterValues(kind, params), ...order.values } };
  };
}

/**
 * A range is read in the sort's own index, which is called after table and sort: by what it knows of a catalogue, the
 * planner may take looking into each part of a genre's index for cheaper, and that needs sorting. So is a kind of which
 * not everybody sees all: its indexes hold what lists show, and nothing that they would walk past.
 */
function fromOf(kind: Kind, params: ListParams): string {
  const walk = walkOf(kind, params);
  if (walk !== undefined) return walk.from;
  const ranged = givenFilters(kind, params).some((filter) => sortServes(kind, params, filter));
  if (!(ranged || kind.shown) || driverOf(kind, params) !== undefined) return kind.from;
  const index = `${kind.table}_${nameOf(params.sort)}`;
  return kind.from.replace(`${kind.table} t`, `${kind.table} t INDEXED BY ${index}`);
}

export const nameOf = (sort: string): string => sort.replace("-", "");

/** How a page is ordered, where it begins, and the values of both. */
export interface Order {
  /** What a cursor takes from its row. */
  readonly key: string;
  readonly id: string;
  readonly conditions: readonly string[];
  readonly by: string;
  readonly values: Record<string, Param>;
}

/**
 * @param few whether a filter leaves few rows, to be sorted. Then a unary plus keeps the planner from walking the
 * sort's index past everything that the filter's would skip: by what it knows of a catalogue, it takes that for
 * cheaper as soon as there is a LIMIT.
 */
export function orderOf(
  { column, id }: SortKey,
  params: Pick<ListParams, "limit" | "cursor" | "sort">,
  few: boolean,
): Order {
  const after = decodeCursor(params);
  const down = params.sort.startsWith("-");
  const key = few ? { column: `+${column}`, id: `+${id}` } : { column, id };
  return {
    key: column,
    id,
    conditions: keysetCondition(key, down, after),
    by: orderBy(key, down),
    values: { ...afterValues(column === id, down, after), limit: params.limit, sort: params.sort },
  };
}

const pageSql = (kind: Kind, from: string, conditions: readonly string[], order: Order): string => `
  SELECT ${jsonOf(kind)} AS item, ${order.key} AS sort_key, ${order.id} AS sort_id
  FROM ${from} ${where([...conditions, ...order.conditions])}
  ORDER BY ${order.by} LIMIT @limit + 1`;

/** What a list is ordered by, as it stands in the conditions and the ORDER BY: the sort's column, then the id. */
interface SortKey {
  readonly column: string;
  readonly id: string;
}

/** Filters with an index for each sort within them. All others that drive a list leave few rows to be sorted. */
const SORTED_WITHIN = new Set(["t.genre_id"]);

const isSortedWithin = ({ column }: Filter): boolean => SORTED_WITHIN.has(column);

const orderBy = ({ column, id }: SortKey, down: boolean): string => {
  const direction = down ? " DESC" : "";
  return column === id ? `${id}${direction}` : `${column}${direction}, ${id}${direction}`;
};

const where = (conditions: readonly string[]): string =>
  conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;

/**
 * A unary plus keeps the planner from choosing the index of any filter but the first. Few rows may pass the filters
 * of all that are looked at, hence the deadline.
 */
function filterConditions(kind: Kind, params: ListParams): string[] {
  const driver = walkOf(kind, params) === undefined ? driverOf(kind, params) : undefined;
  const conditions = givenFilters(kind, params).map((filter) =>
    filter.condition((filter === driver || sortServes(kind, params, filter) ? "" : "+") + filter.column),
  );
  const looks = conditions.length > 0 || sortsWithin(kind, params);
  return looks ? [...conditions, inTime("t.id")] : [];
}

const isRange = ({ sort }: Filter): boolean => sort !== undefined;

/** Whether the index that the list is walked by is the range's own. */
function sortServes(kind: Kind, params: ListParams, filter: Filter): boolean {
  const driver = driverOf(kind, params);
  return filter.sort === nameOf(params.sort) && (driver === undefined || isSortedWithin(driver));
}

const givenFilters = (kind: Kind, params: ListParams): readonly Filter[] =>
  kind.filters.filter(({ parameters }) => Object.keys(parameters).some((name) => params[name] !== undefined));

const driverOf = (kind: Kind, params: ListParams): Filter | undefined =>
  givenFilters(kind, params).find(({ drives }) => drives);

function filterValues(kind: Kind, params: ListParams): Record<string, Param> {
  const names = givenFilters(kind, params).flatMap(({ parameters, open = {} }) =>
    Object.keys(parameters).map((name) => [name, params[name] ?? open[name]!] as const),
  );
  return Object.fromEntries(names);
}

/**
 * By id there is always a bound, so that even the first page is a search and not a scan. An index on an expression
 * is not searched by a pair of values: there the expression is bounded once more, alone.
 */
function keysetCondition({ column, id }: SortKey, down: boolean, after: After): string[] {
  const past = down ? "<" : ">";
  if (column === id) return [`${id} ${past} likely(@after_id)`];
  if (after === undefined) return [];
  const pair = `(${column}, ${id}) ${past} (likely(@after_key), likely(@after_id))`;
  return column.includes("(") ? [`${column} ${past}= likely(@after_key)`, pair] : [pair];
}

function afterValues(isId: boolean, down: boolean, after: After): Record<string, Param> {
  if (after !== undefined) return { after_key: after[0], after_id: after[1] };
  return isId ? { after_id: down ? Number.MAX_SAFE_INTEGER : 0 } : {};
}

export const CATALOGUE_READS = Object.fromEntries(
  ALL_KINDS.map((kind) => [
    kind.path,
    {
      ...{ entity: entity(kind), list: list(kind), walked: walked(kind), counted: counted(kind) },
      byIds: byIds(kind, list(kind)),
    },
  ]),
) as Readonly<Record<KindPath, KindReads>>;

interface NestedParams extends EntityParams {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly sort: string;
  readonly total: "0" | "1";
}

/** The children of one parent. */
interface Nesting {
  readonly name: string;
  readonly parent: KindPath;
  readonly child: Kind;
  /** The children's joins, the row that ties them to the parent first. */
  readonly from: string;
  /** Ties them to the parent, by the index that the list is read in. */
  readonly condition: string;
  /** What counts them. */
  readonly counted: string;
  /** The children's id, as that index has it. */
  readonly id: string;
  /** Sorts of their own; the first is the usual one. */
  readonly sorts?: Readonly<Record<string, string>>;
}

/**
 * A page of the children of one parent; no row at all when there is no such parent. By id it is read in the order of
 * the index that ties them; by anything else the parent's children, which are few, are sorted.
 */
function nested({
  name,
  parent,
  child,
  from,
  condition,
  counted,
  id,
  sorts = {},
}: Nesting): Read<NestedParams> {
  const all: Readonly<Record<string, string>> = { ...sorts, ...child.sorts, id };
  const exists = `WHERE EXISTS (SELECT 1 FROM ${KINDS[parent].table} WHERE id = likely(@id))`;
  const kept = keptTexts();
  return read({
    name,
    lane: "point",
    params: z.strictObject({
      id: idText,
      limit: limitText,
      cursor: cursorText,
      sort: sortText(Object.keys(all), Object.keys(sorts)[0] ?? "id"),
      total: totalText,
    }) as unknown as z.ZodType<NestedParams>,
    statement: (params) => {
      const column = all[nameOf(params.sort)]!;
      const order = orderOf({ column, id }, params, column !== id);
      const sql = kept([params.sort, params.cursor === undefined, params.total].join(" "), () => {
        const total = params.total === "1" ? `SELECT count(*) FROM ${counted}` : undefined;
        return pageOf(pageSql(child, from, [condition], order), exists, total);
      });
      return { sql, params: { id: params.id, ...order.values } };
    },
    cache: {
      ...QUERIES,
      tags: ({ id }) => [`${parent}:${id}`, child.path, ...child.joins],
      joins: [],
    },
  });
}

/** As they stand on the discs; what has no number comes last. */
const NUMBER = "ifnull(t.disc_number, 1) * 100000 + ifnull(t.track_number, 99999)";

export const NESTED_READS = {
  artistAlbums: nested({
    name: "artists.albums",
    parent: "artists",
    child: KINDS.albums,
    from: KINDS.albums.from,
    condition: "t.artist_id = likely(@id)",
    counted: "albums t WHERE t.artist_id = likely(@id)",
    id: "t.id",
  }),
  albumTracks: nested({
    name: "albums.tracks",
    parent: "albums",
    child: KINDS.tracks,
    from: KINDS.tracks.from,
    condition: "t.album_id = likely(@id)",
    counted: "tracks t WHERE t.album_id = likely(@id)",
    id: "t.id",
    sorts: { number: NUMBER },
  }),
};
