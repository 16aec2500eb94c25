import { z } from "zod";
import { type OwnPageParams, type PageParams, pageOf } from "../../../engine/reads/page.ts";
import { QUERIES, type Read, read, UNCACHED } from "../../../engine/reads/read.ts";
import { keptTexts } from "../../../engine/reads/texts.ts";
import { type Principal, userIn } from "../../../http/access.ts";
import { cursorText, idText, limitText, pageParameters, totalText } from "../../../http/fields.ts";
import { etagOf, jsonOf, KINDS } from "../../../model/kinds.ts";
import { nameOf, type Order, orderOf, sortText } from "../reads.ts";
import { type Asker, askerOf, OWN } from "./access.ts";
import { MAX_ENTRIES } from "./commands.ts";

const { playlists: KIND, tracks: TRACKS } = KINDS;

/**
 * A public playlist has one answer for everybody, cached once. A private one has a read of its own, tried if the
 * first finds nothing: the same with the principal as a parameter.
 */
type Owned<P> = P & Asker;
const ownedShape = { user: z.int().nullable(), editor: z.int() };
const EVERYBODYS = KIND.shown!.byId;

/** Used if the public read found nothing and the principal may have playlists. */
export const ownOf =
  <P>(read: Read<Owned<P>>) =>
  (params: P, principal: Principal) =>
    principal.permissions.has("library") ? { read, params: { ...params, ...askerOf(principal) } } : undefined;

const OWN_ENTITY: Read<Owned<{ readonly id: number }>> = read({
  name: "playlists.own",
  lane: "point",
  params: z.strictObject({ id: idText, ...ownedShape }) as never,
  statement: (params) => ({
    sql: `SELECT ${jsonOf(KIND)}, ${etagOf(KIND)}, ${KIND.rowTags} FROM ${KIND.from} WHERE t.id = likely(@id) AND ${OWN}`,
    params: { ...params },
  }),
  cache: { ...QUERIES, tags: ({ id }) => [`playlists:${id}`], joins: KIND.joins },
});

/** One owner's playlists, public and private, latest first. */
const OWN_LIST: Read<OwnPageParams> = read({
  name: "playlists.mine",
  lane: "point",
  audience: "principal",
  params: z.strictObject({
    ...pageParameters("-id"),
  }) as unknown as z.ZodType<OwnPageParams>,
  statement: (params) => {
    const order = orderOf({ column: "t.id", id: "t.id" }, params, false);
    const page = `SELECT ${jsonOf(KIND)} AS item, t.id AS sort_key, t.id AS sort_id FROM ${KIND.from}
      WHERE t.owner_id IS likely(@user) AND ${order.conditions.join(" AND ")} ORDER BY ${order.by} LIMIT @limit + 1`;
    return { sql: pageOf(page), params: { ...order.values, user: userIn(params.principal) } };
  },
  cache: {
    ...QUERIES,
    tags: ({ principal }) => {
      const user = userIn(principal);
      return [...(user === null ? ["playlists"] : [`playlists-of:${user}`]), ...KIND.joins];
    },
    joins: [],
  },
});

export interface TracksParams extends PageParams {
  readonly id: number;
  readonly total: "0" | "1";
}

const SORTS: Readonly<Record<string, string>> = { position: "item.position", ...TRACKS.sorts };
const FROM = TRACKS.from.replace("tracks t", "tracks t ON t.id = item.track_id");
const ALL = "playlist_tracks p WHERE p.playlist_id = likely(@id)";

/**
 * Entries of a page in their order, each with its position; with any other sort, all entries with their positions.
 */
function entriesOf(params: TracksParams): string {
  if (nameOf(params.sort) !== "position")
    return `SELECT p.*, row_number() OVER (ORDER BY p.position, p.id) AS place FROM ${ALL}`;
  const { by, conditions } = orderOf({ column: "p.position", id: "p.id" }, params, false);
  const page = `SELECT * FROM ${[ALL, ...conditions].join(" AND ")} ORDER BY ${by} LIMIT @limit + 1`;
  return `SELECT part.*, ${placeOf(params, by.replaceAll("p.", "part."))} AS place FROM (${page}) part`;
}

/** Positions count from the cursor; when descending, from the end. */
function placeOf({ sort, cursor }: TracksParams, by: string): string {
  const down = sort.startsWith("-");
  const past = `AND (p.position, p.id) ${down ? "<" : "<="} (likely(@after_key), likely(@after_id))`;
  const nth = `row_number() OVER (ORDER BY ${by})`;
  if (down) return `(SELECT count(*) FROM ${ALL} ${cursor === undefined ? "" : past}) + 1 - ${nth}`;
  return cursor === undefined ? nth : `(SELECT count(*) FROM ${ALL} ${past}) + ${nth}`;
}

/** @param shown the visibility condition. If it is false, there is no answer. */
const tracksPage = (params: TracksParams, order: Order, shown: string): string =>
  pageOf(
    `SELECT '{"entry_id":' || item.id || ',"position":' || item.place || ',"added_at":' || json_quote(item.added_at)
       || ',' || substr(${jsonOf(TRACKS)}, 2) AS item, ${order.key} AS sort_key, item.id AS sort_id
     FROM (${entriesOf(params)}) item CROSS JOIN ${FROM}
     ${order.conditions.length === 0 ? "" : `WHERE ${order.conditions.join(" AND ")}`}
     ORDER BY ${order.by} LIMIT @limit + 1`,
    `WHERE EXISTS (SELECT 1 FROM playlists t WHERE t.id = likely(@id) AND ${shown})`,
    params.total === "1" ? `SELECT count(*) FROM ${ALL}` : undefined,
  );

function tracksStatement(shown: string) {
  const kept = keptTexts();
  return (params: TracksParams | Owned<TracksParams>) => {
    const { id, limit: _, cursor: __, sort, total, ...asker } = params;
    const order = orderOf({ column: SORTS[nameOf(sort)]!, id: "item.id" }, params, true);
    const shape = [sort, params.cursor === undefined, total].join(" ");
    const sql = kept(shape, () => tracksPage(params, order, shown));
    return { sql, params: { ...order.values, ...asker, id } };
  };
}

const tracksShape = {
  id: idText,
  limit: limitText,
  cursor: cursorText,
  sort: sortText(Object.keys(SORTS), "position"),
  total: totalText,
};
const tracksCache = {
  ...QUERIES,
  tags: ({ id }: { readonly id: number }) => [`playlists:${id}`, "tracks", "people", ...TRACKS.joins],
  joins: [],
};

const TRACKS_READ: Read<TracksParams> = read({
  name: "playlists.tracks",
  lane: "point",
  params: z.strictObject(tracksShape) as unknown as z.ZodType<TracksParams>,
  statement: tracksStatement(EVERYBODYS),
  cache: tracksCache,
});

const OWN_TRACKS = read<Owned<TracksParams>>({
  name: "playlists.own_tracks",
  lane: "point",
  params: z.strictObject({ ...tracksShape, ...ownedShape }) as never,
  statement: tracksStatement(OWN),
  cache: tracksCache,
});

/** The whole playlist in one answer, for a file: long, and rarely requested. */
const exportStatement = (shown: string) => `
  SELECT json_object('name', t.name, 'description', t.description, 'owner', u.name, 'tracks', json((
    SELECT json_group_array(json_array(t.id, t.public_id, t.name, ar.name, al.title, t.milliseconds, t.track_number)
      ORDER BY item.position, item.id)
    FROM (SELECT * FROM ${ALL} ORDER BY p.position, p.id LIMIT ${2 * MAX_ENTRIES}) item CROSS JOIN ${FROM}))), NULL, NULL
  FROM ${KIND.from} WHERE t.id = likely(@id) AND ${shown}`;

const EXPORT: Read<{ readonly id: number }> = read({
  name: "playlists.export",
  lane: "scan",
  params: z.strictObject({ id: idText }),
  statement: ({ id }) => ({ sql: exportStatement(EVERYBODYS), params: { id } }),
  cache: UNCACHED,
});

const OWN_EXPORT: Read<Owned<{ readonly id: number }>> = read({
  name: "playlists.own_export",
  lane: "scan",
  params: z.strictObject({ id: idText, ...ownedShape }) as never,
  statement: (params) => ({ sql: exportStatement(OWN), params: { ...params } }),
  cache: UNCACHED,
});

export const PLAYLIST_READS = {
  OWN_ENTITY,
  OWN_LIST,
  TRACKS: TRACKS_READ,
  OWN_TRACKS,
  EXPORT,
  OWN_EXPORT,
};
