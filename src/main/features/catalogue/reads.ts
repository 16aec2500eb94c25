import { z } from "zod";
import type { Param } from "../../../shared/protocol.ts";
import { type After, decodeCursor, pageOf } from "../../engine/reads/page.ts";
import { inTime, type Read, read } from "../../engine/reads/read.ts";
import { cursorText, idText, limitText, totalText } from "../../http/fields.ts";
import {
  ALL_KINDS,
  etagOf,
  type Filter,
  jsonOf,
  KINDS,
  type Kind,
  type KindPath,
} from "../../model/kinds.ts";

const MINUTE = 60;
const QUERIES = { table: "queries", lifetime: 5 * MINUTE, freshness: "coherent" } as const;

export interface EntityParams {
  readonly id: number;
}

export interface ListParams {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly sort: string;
  readonly total: "0" | "1";
  /** Filters by their parameter's name; for a nested list also the parent's id. */
  readonly [filter: string]: string | number | undefined;
}

export interface KindReads {
  readonly entity: Read<EntityParams>;
  readonly list: Read<ListParams>;
  /** The list with `total`. */
  readonly counted: Read<ListParams>;
}

const entity = (kind: Kind): Read<EntityParams> => {
  const sql = `SELECT ${jsonOf(kind)}, ${etagOf(kind)}, ${kind.rowTags} FROM ${kind.from} WHERE t.id = likely(@id)`;
  return read({
    name: `${kind.path}.get`,
    lane: "point",
    params: z.strictObject({ id: idText }),
    statement: ({ id }) => ({ sql, params: { id } }),
    cache: { ...QUERIES, tags: ({ id }) => [`${kind.path}:${id}`], joins: kind.joins },
  });
};

/** The query parameters of a kind's list. */
export function listParams(kind: Kind): z.ZodType<ListParams> {
  const sorts = Object.keys(kind.sorts).flatMap((name) => [name, `-${name}`]);
  const filters = kind.filters.map(({ parameter, schema }) => [parameter, schema.optional()] as const);
  return z.strictObject({
    limit: limitText,
    cursor: cursorText,
    sort: z.enum(sorts).default("id").meta({ description: "A leading minus sorts downwards." }),
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
    statement: (params) => listStatement(kind, params),
    cache: { ...QUERIES, tags: () => [kind.path, ...kind.joins], joins: [] },
  });
}

/** A page and how many rows there are in all, in one statement, so of one snapshot: a scan, and on the lane of such. */
function counted(kind: Kind): Read<ListParams> {
  return read({
    ...list(kind),
    name: `${kind.path}.list_counted`,
    lane: "scan",
    statement: (params) => listStatement(kind, params, totalOf(kind, params)),
  });
}

const totalOf = (kind: Kind, params: ListParams): string =>
  `SELECT count(*) FROM ${kind.table} t ${where(filterConditions(kind, params))}`;

function listStatement(kind: Kind, params: ListParams, total?: string) {
  const after = decodeCursor(params);
  const column = kind.sorts[params.sort.replace("-", "")]!;
  const down = params.sort.startsWith("-");
  const key = sortKey(kind, params, column);
  const conditions = [...filterConditions(kind, params), ...keysetCondition(key, down, after)];
  const page = `SELECT ${jsonOf(kind)} AS item, ${column} AS sort_key, t.id AS sort_id
    FROM ${kind.from} ${where(conditions)}
    ORDER BY ${orderBy(key, down)} LIMIT @limit + 1`;
  return {
    sql: pageOf(page, "", total),
    params: { ...filterValues(kind, params), ...afterValues(column, down, after), ...paging(params) },
  };
}

const paging = ({ limit, sort }: ListParams) => ({ limit, sort });

/** What a list is ordered by, as it stands in the conditions and the ORDER BY: the sort's column, then the id. */
interface SortKey {
  readonly column: string;
  readonly id: string;
}

/** Filters with an index for each sort within them. All others that drive a list leave few rows to be sorted. */
const SORTED_WITHIN = new Set(["genre_id"]);

/**
 * A unary plus keeps the planner from walking the sort's index past everything that the filter's would skip: by
 * what it knows of a catalogue, it takes that for cheaper as soon as there is a LIMIT.
 */
function sortKey(kind: Kind, params: ListParams, column: string): SortKey {
  const driver = driverOf(kind, params);
  const hidden = driver !== undefined && !SORTED_WITHIN.has(driver.parameter) ? "+" : "";
  return { column: hidden + column, id: `${hidden}t.id` };
}

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
  const driver = driverOf(kind, params);
  const conditions = givenFilters(kind, params).map(
    (filter) => `${filter === driver ? "" : "+"}${filter.column} ${filter.test}`,
  );
  return conditions.length === 0 ? [] : [...conditions, inTime("t.id")];
}

const givenFilters = (kind: Kind, params: ListParams): readonly Filter[] =>
  kind.filters.filter(({ parameter }) => params[parameter] !== undefined);

const driverOf = (kind: Kind, params: ListParams): Filter | undefined =>
  givenFilters(kind, params).find(({ drives }) => drives);

const filterValues = (kind: Kind, params: ListParams): Record<string, Param> =>
  Object.fromEntries(givenFilters(kind, params).map(({ parameter }) => [parameter, params[parameter]!]));

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

function afterValues(column: string, down: boolean, after: After): Record<string, Param> {
  if (after !== undefined) return { after_key: after[0], after_id: after[1] };
  return column === "t.id" ? { after_id: down ? Number.MAX_SAFE_INTEGER : 0 } : {};
}

export const CATALOGUE_READS = Object.fromEntries(
  ALL_KINDS.map((kind) => [kind.path, { entity: entity(kind), list: list(kind), counted: counted(kind) }]),
) as Readonly<Record<KindPath, KindReads>>;

interface NestedParams extends EntityParams {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly sort: string;
}

const nestedParams = z.strictObject({
  id: idText,
  limit: limitText,
  cursor: cursorText,
  sort: z.enum(["id", "-id"]).default("id").meta({ description: "A leading minus sorts downwards." }),
}) as unknown as z.ZodType<NestedParams>;

/** The children of one parent, by id; no row at all when there is no such parent. */
function nested(
  name: string,
  parent: KindPath,
  child: Kind,
  from: string,
  condition: string,
  key: string,
): Read<NestedParams> {
  return read({
    name,
    lane: "point",
    params: nestedParams,
    statement: (params) => {
      const down = params.sort === "-id";
      const after = decodeCursor(params);
      const page = `SELECT ${jsonOf(child)} AS item, ${key} AS sort_key, ${key} AS sort_id FROM ${from}
        WHERE ${condition} AND ${key} ${down ? "<" : ">"} likely(@after_id)
        ORDER BY ${key}${down ? " DESC" : ""} LIMIT @limit + 1`;
      const exists = `WHERE EXISTS (SELECT 1 FROM ${KINDS[parent].table} WHERE id = likely(@id))`;
      return {
        sql: pageOf(page, exists),
        params: {
          id: params.id,
          limit: params.limit,
          sort: params.sort,
          ...afterValues("t.id", down, after),
        },
      };
    },
    cache: {
      ...QUERIES,
      tags: ({ id }) => [`${parent}:${id}`, child.path, ...child.joins],
      joins: [],
    },
  });
}

export const NESTED_READS = {
  artistAlbums: nested(
    "artists.albums",
    "artists",
    KINDS.albums,
    KINDS.albums.from,
    "t.artist_id = likely(@id)",
    "t.id",
  ),
  albumTracks: nested(
    "albums.tracks",
    "albums",
    KINDS.tracks,
    KINDS.tracks.from,
    "t.album_id = likely(@id)",
    "t.id",
  ),
  playlistTracks: nested(
    "playlists.tracks",
    "playlists",
    KINDS.tracks,
    `playlist_tracks p CROSS JOIN ${KINDS.tracks.from.replace("tracks t", "tracks t ON t.id = p.track_id")}`,
    "p.playlist_id = likely(@id)",
    "p.track_id",
  ),
};
