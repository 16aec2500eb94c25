import { z } from "zod";
import { decodeCursor, type PageParams, pageOf } from "../../engine/reads/page.ts";
import { type Read, read } from "../../engine/reads/read.ts";
import { idText, limitText, pageParameters } from "../../http/fields.ts";
import { jsonOf, KINDS } from "../../model/kinds.ts";
import { PLAYED, windowOf } from "./totals.ts";

const HOUR = 3_600;

export interface ChartParams {
  /** Hours. */
  readonly window: number;
  readonly limit: number;
}

const chartParams = z.strictObject({
  window: z
    .string()
    .regex(/^([1-9]\d{0,3}h|[1-9]\d{0,2}d)$/, "must be a number of hours or days, such as 24h or 7d")
    .transform((text) => Number(text.slice(0, -1)) * (text.endsWith("d") ? 24 : 1))
    .default(7 * 24)
    .meta({
      override: { type: "string", pattern: "^([1-9]\\d{0,3}h|[1-9]\\d{0,2}d)$", default: "7d" },
      description: "The period whose plays count.",
    }),
  limit: limitText,
}) as unknown as z.ZodType<ChartParams>;

function chart(name: string, ranked: string, item: string): Read<ChartParams> {
  const sql = `
    WITH RECURSIVE ${PLAYED}, ranked AS MATERIALIZED (${ranked} ORDER BY plays DESC, key LIMIT likely(@limit))
    SELECT json_object('data', json((SELECT json_group_array(json(item)) FROM (${item}))), 'next', NULL), NULL, NULL`;
  return read({
    name: `charts.${name}`,
    lane: "scan",
    params: chartParams,
    statement: ({ window, limit }, now) => ({
      sql,
      // Excludes plays dated in the future, which would stay in every chart.
      params: { ...windowOf(new Date(now.getTime() - window * HOUR * 1_000), now), limit },
    }),
    cache: {
      table: "aggregations",
      lifetime: HOUR / 2,
      tags: () => ["charts"],
      joins: [],
      freshness: "lifetime",
    },
  });
}

/**
 * Joins the ranked keys to their entities, best first. Rank and plays are added to the entity's JSON as text:
 * json_patch would drop fields that are null.
 */
const items = (kind: (typeof KINDS)[keyof typeof KINDS]): string => `
  SELECT '{"rank":' || row_number() OVER (ORDER BY ranked.plays DESC, ranked.key) || ',"plays":' || ranked.plays ||
    ',' || substr(${jsonOf(kind)}, 2) AS item
  FROM ranked CROSS JOIN ${kind.from.replace(`${kind.table} t`, `${kind.table} t ON t.id = ranked.key`)}
  ORDER BY ranked.plays DESC, ranked.key`;

const byTrack = (key: string, joins: string): string =>
  `SELECT ${key} AS key, sum(plays) AS plays FROM played CROSS JOIN tracks t ON t.id = played.track_id ${joins}
   WHERE ${key} IS NOT NULL GROUP BY ${key}`;

export const CHART_READS = {
  tracks: chart(
    "tracks",
    "SELECT track_id AS key, plays FROM played WHERE EXISTS (SELECT 1 FROM tracks WHERE id = track_id)",
    items(KINDS.tracks),
  ),
  albums: chart("albums", byTrack("t.album_id", ""), items(KINDS.albums)),
  artists: chart(
    "artists",
    byTrack("al.artist_id", "CROSS JOIN albums al ON al.id = t.album_id"),
    items(KINDS.artists),
  ),
  genres: chart("genres", byTrack("t.genre_id", ""), items(KINDS.genres)),
};

export interface HistoryParams extends PageParams {
  readonly id: number;
}

const HISTORY_PAGE = (after: boolean): string => `
  SELECT json_object('id', p.id, 'track_id', p.track_id, 'user_id', p.user_id, 'played_at', p.played_at) AS item,
    p.played_at AS sort_key, p.id AS sort_id
  FROM plays p WHERE p.user_id = likely(@id) ${after ? "AND (p.played_at, p.id) < (likely(@after_key), likely(@after_id))" : ""}
  ORDER BY p.played_at DESC, p.id DESC LIMIT @limit + 1`;

/** A listener's plays, latest first: their session. The user's number comes from the client; none is unknown. */
export const HISTORY_READ: Read<HistoryParams> = read({
  name: "users.plays",
  lane: "point",
  params: z.strictObject({
    id: idText,
    ...pageParameters("-played_at"),
  }) as unknown as z.ZodType<HistoryParams>,
  statement: (params) => {
    const after = decodeCursor(params);
    const keys = after === undefined ? {} : { after_key: after[0], after_id: after[1] };
    return {
      sql: pageOf(HISTORY_PAGE(after !== undefined)),
      params: { id: params.id, limit: params.limit, sort: params.sort, ...keys },
    };
  },
  // No tag of tracks: the answer shows nothing of them, and deleting a track changes no play ("Deleted tracks").
  cache: {
    table: "sessions",
    lifetime: 2 * HOUR,
    tags: ({ id }) => [`users:${id}`],
    joins: [],
    freshness: "coherent",
  },
});
